#include "weights.h"

#include <algorithm>
#include <cinttypes>
#include <cmath>

#include "report.h"

using external::entry;
using external::is_empty;
using external::refuse;

sotto_weights::sotto_weights(const sotto_group& g, const sotto_plan& plan)
    : group(g), table(external::copy_plan(plan).weights), numbers(table.size()) {
  for (auto& by_rank : numbers) by_rank.resize(group.ranks);
}

void sotto_weights::upload(uint32_t weight, uint32_t rank, const sotto_upload& data) {
  if (weight >= table.size() || rank >= group.ranks)
    refuse(SOTTO_INVALID_ARGUMENT, "weight %u of %zu for rank %u of %u", weight, table.size(), rank, group.ranks);
  if ((data.flags & ~SOTTO_UPLOAD_BORROW) != 0)
    refuse(SOTTO_UNSUPPORTED, "weight %u: flags %#x, known is BORROW", weight, data.flags);
  const external::Weight& w = table[weight];
  const sotto_slice& slice = w.slices[rank];
  if (is_empty(slice)) return;
  std::vector<float>& held = numbers[weight][rank];
  if (!held.empty()) refuse(SOTTO_INVALID_ARGUMENT, "%s for rank %u a second time", w.name.c_str(), rank);

  // Delivered rows begin with a whole block: skip_columns before the slice.
  const uint64_t row_bytes = external::stored_bytes(*w.type, slice.skip_columns + slice.columns);
  const bool is_whole = data.bytes != nullptr && data.byte_count >= row_bytes &&
                        (slice.rows == 1 ||
                         (data.row_stride >= row_bytes && data.row_stride <= (data.byte_count - row_bytes) / (slice.rows - 1)));
  if (!is_whole)
    refuse(SOTTO_INVALID_ARGUMENT,
           "%s for rank %u: %" PRIu64 " bytes, a row each %" PRIu64 ", do not hold %" PRIu64 " rows of %" PRIu64 " bytes",
           w.name.c_str(), rank, data.byte_count, data.row_stride, slice.rows, row_bytes);
  std::vector<float> made(slice.rows * slice.columns);
  for (uint64_t r = 0; r < slice.rows; ++r)
    external::decode_row(*w.type, static_cast<const uint8_t*>(data.bytes) + r * data.row_stride, slice.skip_columns,
                         slice.columns, made.data() + r * slice.columns);
  held = std::move(made);
}

void sotto_weights::check_serves(const external::Plan& plan) const {
  if (plan.weights.size() < table.size())
    refuse(SOTTO_MISMATCH, "the plan has %zu weights, uploaded are %zu", plan.weights.size(), table.size());
  for (size_t i = 0; i < table.size(); ++i) {
    const external::Weight &asked = plan.weights[i], &held = table[i];
    const auto is_same = [](const sotto_slice& a, const sotto_slice& b) {
      return a.first_row == b.first_row && a.rows == b.rows && a.first_column == b.first_column && a.columns == b.columns;
    };
    if (asked.type != held.type || asked.rows != held.rows || asked.columns != held.columns ||
        !std::equal(asked.slices.begin(), asked.slices.end(), held.slices.begin(), held.slices.end(), is_same))
      refuse(SOTTO_MISMATCH, "weight %zu of the plan is not %s, which was uploaded", i, held.name.c_str());
    for (uint32_t rank = 0; rank < group.ranks; ++rank)
      if (numbers[i][rank].empty() && !is_empty(held.slices[rank]))
        refuse(SOTTO_INVALID_ARGUMENT, "%s was not uploaded for rank %u", held.name.c_str(), rank);
  }
}

sotto_adapter::sotto_adapter(const sotto_weights& w, const sotto_adapter_pair* given, uint32_t count, uint32_t stride)
    : weights(w) {
  constexpr uint32_t kMostPairs = 1u << 20, kMostDims = 1u << 16;
  if (count > kMostPairs ||
      (count > 0 && (given == nullptr || stride < sizeof *given || stride % alignof(sotto_adapter_pair) != 0)))
    refuse(SOTTO_INVALID_ARGUMENT, "%u pairs, %u bytes apart; a pair takes %zu", count, stride, sizeof *given);
  for (uint32_t i = 0; i < count; ++i) {
    const sotto_adapter_pair& p = entry(given, stride, i);
    const auto* bytes = reinterpret_cast<const char*>(&p);
    if (p.reserved != 0 || std::any_of(bytes + sizeof p, bytes + stride, [](char c) { return c != 0; }))
      refuse(SOTTO_UNSUPPORTED, "pair %u says more than this backend knows", i);
    if (p.weight >= w.table.size() || find(p.weight) != nullptr || p.rank_dim == 0 || p.rank_dim > kMostDims ||
        !std::isfinite(p.scale))
      refuse(SOTTO_INVALID_ARGUMENT, "pair %u: weight %u of %zu (each once), %u dimensions, scale %g", i, p.weight,
             w.table.size(), p.rank_dim, static_cast<double>(p.scale));
    if ((w.table[p.weight].uses & SOTTO_USE_LINEAR) == 0)
      refuse(SOTTO_INVALID_ARGUMENT, "pair %u: no LINEAR multiplies by %s", i, w.table[p.weight].name.c_str());
    Pair pair{p.weight, p.rank_dim, p.scale, {}, {}};
    pair.a.resize(w.group.ranks);
    pair.b.resize(w.group.ranks);
    for (uint32_t r = 0; r < w.group.ranks; ++r) {
      const sotto_slice& slice = w.table[p.weight].slices[r];
      if (is_empty(slice)) continue;
      if (p.a == nullptr || p.b == nullptr || p.a[r] == nullptr || p.b[r] == nullptr)
        refuse(SOTTO_INVALID_ARGUMENT, "pair %u brings no numbers for rank %u", i, r);
      pair.a[r].assign(p.a[r], p.a[r] + p.rank_dim * slice.columns);
      pair.b[r].assign(p.b[r], p.b[r] + p.rank_dim * slice.rows);
    }
    pairs.push_back(std::move(pair));
  }
}

const sotto_adapter::Pair* sotto_adapter::find(uint32_t weight) const {
  for (const Pair& pair : pairs)
    if (pair.weight == weight) return &pair;
  return nullptr;
}

#include "weights.h"

#include <algorithm>
#include <cstring>

#include "common/plan_read.h"
#include "common/report.h"
#include "common/upload.h"
#include "memory.h"

namespace sotto::cpu {

using backend::fail;
using backend::is_empty;
using backend::weight_of;
namespace {

sotto_status check_bytes(const Weight& w, const WeightPart& part, uint32_t weight, const sotto_upload& data, sotto_error* err) {
  const uint64_t row = row_bytes(*w.type, part.slice);
  const uint64_t rows = part.slice.rows;
  if (data.bytes == nullptr || data.row_stride < row || data.byte_count < row ||
      (rows > 1 && (data.byte_count - row) / (rows - 1) < data.row_stride)) {
    return fail(err, SOTTO_INVALID_ARGUMENT, "cpu: weight %u: %llu bytes with stride %llu cannot hold %llu rows of %llu bytes",
                weight, static_cast<unsigned long long>(data.byte_count), static_cast<unsigned long long>(data.row_stride),
                static_cast<unsigned long long>(rows), static_cast<unsigned long long>(row));
  }
  if ((w.uses & SOTTO_USE_LINEAR) != 0 && data.row_stride > (uint64_t{1} << 27)) {
    return fail(err, SOTTO_UNSUPPORTED, "cpu: weight %u: rows %llu bytes apart, at most 2^27", weight,
                static_cast<unsigned long long>(data.row_stride));
  }
  return SOTTO_OK;
}

// What a part takes repacked; nothing where it is not.
struct PackedSize {
  uint64_t groups = 0;
  uint64_t first_byte = 0, columns = 0;  // of a row
  uint64_t group_stride = 0;
};
PackedSize packed_size(const sotto_group& group, const WeightType& type, uint32_t uses, const sotto_slice& slice) {
  const Packing* packing = group.kernels->packing[type.type];
  if (packing == nullptr || group.in_place || (uses & SOTTO_USE_LINEAR) == 0 || is_empty(slice)) return {};
  PackedSize size;
  size.groups = (slice.rows + group.kernels->lanes - 1) / group.kernels->lanes;
  // Columns that lie in front of the slice in its first block go along; without blocks there are none.
  size.first_byte = type.block == 1 ? slice.skip_columns * type.bytes : 0;
  size.columns = type.block == 1 ? slice.columns : slice.skip_columns + slice.columns;
  size.group_stride = (size.columns + packing->block_columns - 1) / packing->block_columns * packing->block_bytes;
  return size;
}

// Whether the stored rows are read after the upload.
bool stays(uint32_t uses, const PackedSize& packed) {
  return (uses & SOTTO_USE_TABLE) != 0 || ((uses & SOTTO_USE_LINEAR) != 0 && packed.groups == 0);
}

// On all threads; the upload's caller waits.
void repack(sotto_group& group, const Weight& w, const WeightPart& part, const PackedSize& size, const sotto_upload& data) {
  const Packing& packing = *group.kernels->packing[w.type->type];
  const uint32_t lanes = group.kernels->lanes;
  const uint8_t* first = static_cast<const uint8_t*>(data.bytes) + size.first_byte;
  StopWatch never(nullptr, nullptr);
  (void)group.pool->run(static_cast<uint32_t>(size.groups), never, [&](uint32_t item, uint32_t) {
    const uint64_t row = uint64_t{item} * lanes;
    const auto count = static_cast<uint32_t>(std::min<uint64_t>(lanes, part.slice.rows - row));
    packing.pack(first + row * data.row_stride, data.row_stride, count, size.columns, part.packed + item * size.group_stride);
  });
}

// Room for all repacked parts, which then know their places. Without the memory they stay where they lie.
void take_packed_memory(sotto_weights& weights) {
  const auto each = [&](auto body) {
    for (Weight& w : weights.weights) {
      for (WeightPart& part : w.parts) {
        const PackedSize size = packed_size(weights.group, *w.type, w.uses, part.slice);
        if (size.groups != 0) body(part, size, round_up(size.groups * size.group_stride, 64));
      }
    }
  };
  uint64_t bytes = 0;
  each([&](WeightPart&, const PackedSize&, uint64_t size) { bytes += size; });
  if (bytes == 0) return;
  weights.memory = allocate(bytes);
  if (!weights.memory) return;
  ask_for_large_pages(weights.memory.get(), bytes);
  uint8_t* at = weights.memory.get();
  each([&](WeightPart& part, const PackedSize& packed, uint64_t size) {
    part.packed = at;
    part.group_stride = packed.group_stride;
    at += size;
  });
}

}  // namespace

PartCost part_cost(const sotto_group& group, const WeightType& type, uint32_t uses, const sotto_slice& slice) {
  PartCost cost;
  if (is_empty(slice)) return cost;
  if ((uses & SOTTO_USE_VECTOR) != 0) cost.copied += slice.columns * sizeof(float);
  const PackedSize packed = packed_size(group, type, uses, slice);
  cost.copied += packed.groups * packed.group_stride;
  if (stays(uses, packed)) cost.borrowed += slice.rows * row_bytes(type, slice);
  return cost;
}

sotto_status create_weights(sotto_group& group, const sotto_plan& plan, sotto_weights** out, sotto_error* err) {
  if (plan.world != group.world) {
    return fail(err, SOTTO_MISMATCH, "cpu: a plan for %u ranks in a group of %u", plan.world, group.world);
  }
  auto made = std::make_unique<sotto_weights>(group);
  made->weights.resize(plan.weight_count);
  for (uint32_t i = 0; i < plan.weight_count; ++i) {
    const sotto_weight& from = weight_of(plan, i);
    Weight& to = made->weights[i];
    to.type = find_weight_type(from.type);
    if (to.type == nullptr) return fail(err, SOTTO_UNSUPPORTED, "cpu: weight %u has the unknown type %u", i, from.type);
    to.rows = from.rows;
    to.columns = from.columns;
    to.uses = from.uses;
    to.parts.resize(group.local_ranks);
    for (uint32_t r = 0; r < group.local_ranks; ++r) {
      to.parts[r].slice = from.slices[group.first_rank + r];
      to.parts[r].uploaded = is_empty(to.parts[r].slice);
    }
  }
  take_packed_memory(*made);
  *out = made.release();
  return SOTTO_OK;
}

sotto_status upload(sotto_weights& weights, uint32_t weight, uint32_t rank, const sotto_upload& data, sotto_error* err) {
  backend::ReleaseLater bytes{data};
  const sotto_group& group = weights.group;
  if (weight >= weights.weights.size() || rank < group.first_rank || rank - group.first_rank >= group.local_ranks) {
    return fail(err, SOTTO_INVALID_ARGUMENT, "cpu: upload of weight %u for rank %u, which is not here", weight, rank);
  }
  if ((data.flags & ~SOTTO_UPLOAD_BORROW) != 0) {
    return fail(err, SOTTO_UNSUPPORTED, "cpu: upload of weight %u with unknown flags %u", weight, data.flags);
  }
  Weight& w = weights.weights[weight];
  WeightPart& part = w.parts[rank - group.first_rank];
  if (is_empty(part.slice)) return SOTTO_OK;
  if (part.uploaded) return fail(err, SOTTO_INVALID_ARGUMENT, "cpu: weight %u of rank %u was uploaded before", weight, rank);
  if (const sotto_status s = check_bytes(w, part, weight, data, err); s != SOTTO_OK) return s;
  const uint8_t* first = static_cast<const uint8_t*>(data.bytes);
  if ((w.uses & SOTTO_USE_VECTOR) != 0) {
    part.vector.resize(part.slice.columns);
    group.kernels->decode(w.type->type, first, part.slice.skip_columns, static_cast<uint32_t>(part.slice.columns),
                          part.vector.data());
  }
  PackedSize packed;
  if (part.packed != nullptr) {
    packed = packed_size(group, *w.type, w.uses, part.slice);
    repack(weights.group, w, part, packed, data);
  }
  if (stays(w.uses, packed)) {
    part.stride = data.row_stride;
    if ((data.flags & SOTTO_UPLOAD_BORROW) != 0) {
      part.rows = first;
      part.release = data.release;
      part.user = data.user;
      bytes.kept = true;
    } else {
      const uint64_t row = row_bytes(*w.type, part.slice);
      part.stride = row;
      part.copy.resize(part.slice.rows * row);
      for (uint64_t r = 0; r < part.slice.rows; ++r) std::memcpy(part.copy.data() + r * row, first + r * data.row_stride, row);
      part.rows = part.copy.data();
    }
  }
  part.uploaded = true;
  return SOTTO_OK;
}

sotto_status create_adapter(const sotto_weights& weights, const sotto_adapter_pair* pairs, uint32_t count, uint32_t stride,
                            sotto_adapter** out, sotto_error* err) {
  auto made = std::make_unique<sotto_adapter>();
  made->weights = &weights;
  if (count != 0 && (pairs == nullptr || stride < sizeof(sotto_adapter_pair))) {
    return fail(err, SOTTO_INVALID_ARGUMENT, "cpu: adapter: %u pairs with stride %u", count, stride);
  }
  for (uint32_t i = 0; i < count; ++i) {
    const auto& from =
        *reinterpret_cast<const sotto_adapter_pair*>(reinterpret_cast<const uint8_t*>(pairs) + size_t{i} * stride);
    if (!backend::is_zero_behind(&from, sizeof from, stride))
      return fail(err, SOTTO_UNSUPPORTED, "cpu: adapter pair %u carries fields that this library is too old to know", i);
    if (from.weight >= weights.weights.size() || from.rank_dim == 0 || from.rank_dim > 65536 || from.a == nullptr ||
        from.b == nullptr || from.reserved != 0) {
      return fail(err, SOTTO_INVALID_ARGUMENT, "cpu: adapter pair %u: weight %u with rank %u", i, from.weight, from.rank_dim);
    }
    if (made->pair_of(from.weight) != nullptr) {
      return fail(err, SOTTO_INVALID_ARGUMENT, "cpu: adapter pair %u: weight %u has a pair already", i, from.weight);
    }
    const Weight& w = weights.weights[from.weight];
    if ((w.uses & SOTTO_USE_LINEAR) == 0)
      return fail(err, SOTTO_INVALID_ARGUMENT, "cpu: adapter pair %u: no LINEAR multiplies by weight %u", i, from.weight);
    sotto_adapter::Pair pair;
    pair.weight = from.weight;
    pair.rank_dim = from.rank_dim;
    pair.scale = from.scale;
    for (uint32_t r = 0; r < weights.group.local_ranks; ++r) {
      const sotto_slice& s = w.parts[r].slice;
      const uint64_t a_count = s.columns * from.rank_dim, b_count = s.rows * from.rank_dim;
      if ((a_count != 0 && from.a[r] == nullptr) || (b_count != 0 && from.b[r] == nullptr)) {
        return fail(err, SOTTO_INVALID_ARGUMENT, "cpu: adapter pair %u: no numbers for local rank %u", i, r);
      }
      pair.a.emplace_back(from.a[r], from.a[r] + a_count);
      pair.b.emplace_back(from.b[r], from.b[r] + b_count);
    }
    if (from.rank_dim > made->most_dims) made->most_dims = from.rank_dim;
    made->pairs.push_back(std::move(pair));
  }
  *out = made.release();
  return SOTTO_OK;
}

}  // namespace sotto::cpu

sotto_weights::~sotto_weights() {
  for (sotto::cpu::Weight& w : weights) {
    for (sotto::cpu::WeightPart& part : w.parts) {
      if (part.release != nullptr) part.release(part.user);
    }
  }
}

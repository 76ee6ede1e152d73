#include "weights.h"

#include <cinttypes>
#include <memory>

#include "common/plan_read.h"
#include "common/report.h"
#include "dequantize.h"

namespace sotto::reference {
namespace {

using backend::fail;

// Calls the host's release once, however upload ends, unless the bytes are kept.
struct ReleaseLater {
  const sotto_upload& data;
  bool kept = false;
  ~ReleaseLater() {
    if (!kept && data.release != nullptr) data.release(data.user);
  }
};

bool same_slice(const sotto_slice& a, const sotto_slice& b) {
  return a.first_row == b.first_row && a.rows == b.rows && a.first_column == b.first_column && a.columns == b.columns &&
         a.skip_columns == b.skip_columns;
}

uint64_t stored_row_bytes(const Weight& w, const WeightPart& part) {
  return backend::row_bytes(*w.type, part.slice.skip_columns + part.slice.columns);
}

sotto_status check_bytes(const Weight& w, const WeightPart& part, const sotto_upload& data, sotto_error* err) {
  const uint64_t row = stored_row_bytes(w, part), rows = part.slice.rows;
  const bool fits = data.bytes != nullptr && data.byte_count >= row &&
                    (rows == 1 || (data.row_stride >= row && (data.byte_count - row) / (rows - 1) >= data.row_stride));
  if (fits) return SOTTO_OK;
  return fail(err, SOTTO_INVALID_ARGUMENT,
              "reference: upload of '%s': %" PRIu64 " bytes with a stride of %" PRIu64 " do not hold %" PRIu64
              " rows of %" PRIu64 " bytes",
              w.name.c_str(), data.byte_count, data.row_stride, rows, row);
}

void keep_copy(const Weight& w, const sotto_upload& data, WeightPart& part) {
  const uint64_t row = stored_row_bytes(w, part);
  part.copy.resize(part.slice.rows * row);
  for (uint64_t r = 0; r < part.slice.rows; ++r)
    std::memcpy(part.copy.data() + r * row, static_cast<const uint8_t*>(data.bytes) + r * data.row_stride, row);
  part.bytes = part.copy.data();
  part.row_stride = row;
}

}  // namespace

void Weight::read_row(uint32_t local_rank, uint64_t row, float* out) const {
  const WeightPart& part = parts[local_rank];
  dequantize(type->type, part.bytes + row * part.row_stride, part.slice.skip_columns, part.slice.columns, out);
}

std::vector<float> Weight::read_vector(uint32_t local_rank) const {
  const WeightPart& part = parts[local_rank];
  if (part.bytes == nullptr) return {};
  std::vector<float> numbers(part.slice.columns);
  read_row(local_rank, 0, numbers.data());
  return numbers;
}

sotto_status create_weights(sotto_group& group, const sotto_plan& plan, sotto_weights** out, sotto_error*) {
  auto made = std::make_unique<sotto_weights>(group);
  made->weights.resize(plan.weight_count);
  for (uint32_t i = 0; i < plan.weight_count; ++i) {
    const sotto_weight& from = backend::weight_of(plan, i);
    Weight& to = made->weights[i];
    to.type = backend::find_weight_type(from.type);
    to.rows = from.rows;
    to.columns = from.columns;
    to.uses = from.uses;
    to.name.assign(from.name.data == nullptr ? "" : from.name.data, from.name.size);
    to.parts.resize(group.local_ranks);
    for (uint32_t r = 0; r < group.local_ranks; ++r) to.parts[r].slice = from.slices[group.first_rank + r];
  }
  *out = made.release();
  return SOTTO_OK;
}

sotto_status upload_weight(sotto_weights& weights, uint32_t weight, uint32_t rank, const sotto_upload& data, sotto_error* err) {
  ReleaseLater bytes{data};
  const sotto_group& group = weights.group;
  if (weight >= weights.weights.size() || rank < group.first_rank || rank - group.first_rank >= group.local_ranks)
    return fail(err, SOTTO_INVALID_ARGUMENT, "reference: upload of weight %u of %zu for rank %u, here are %u +%u", weight,
                weights.weights.size(), rank, group.first_rank, group.local_ranks);
  if ((data.flags & ~SOTTO_UPLOAD_BORROW) != 0)
    return fail(err, SOTTO_UNSUPPORTED, "reference: upload of weight %u with the flags %#x", weight, data.flags);
  Weight& w = weights.weights[weight];
  WeightPart& part = w.parts[rank - group.first_rank];
  if (backend::is_empty(part.slice)) return SOTTO_OK;
  if (part.bytes != nullptr)
    return fail(err, SOTTO_INVALID_ARGUMENT, "reference: upload of '%s' for rank %u a second time", w.name.c_str(), rank);
  if (const sotto_status s = check_bytes(w, part, data, err); s != SOTTO_OK) return s;
  if ((data.flags & SOTTO_UPLOAD_BORROW) == 0) {
    keep_copy(w, data, part);
    return SOTTO_OK;
  }
  bytes.kept = true;
  part.bytes = static_cast<const uint8_t*>(data.bytes);
  part.row_stride = data.row_stride;
  part.release = data.release;
  part.user = data.user;
  return SOTTO_OK;
}

sotto_status check_weights(const sotto_weights& weights, const sotto_plan& plan, sotto_error* err) {
  const sotto_group& group = weights.group;
  for (uint32_t i = 0; i < plan.weight_count && i < weights.weights.size(); ++i) {
    const sotto_weight& asked = backend::weight_of(plan, i);
    const Weight& w = weights.weights[i];
    bool same = asked.type == w.type->type && asked.rows == w.rows && asked.columns == w.columns && (asked.uses & ~w.uses) == 0;
    for (uint32_t r = 0; r < group.local_ranks; ++r)
      same = same && same_slice(asked.slices[group.first_rank + r], w.parts[r].slice);
    if (!same)
      return fail(err, SOTTO_MISMATCH, "reference: weight %u of the plan is not '%s', which was uploaded", i, w.name.c_str());
    for (uint32_t r = 0; r < group.local_ranks; ++r)
      if (w.parts[r].is_missing())
        return fail(err, SOTTO_INVALID_ARGUMENT, "reference: '%s' was not uploaded for rank %u", w.name.c_str(),
                    group.first_rank + r);
  }
  return SOTTO_OK;
}

}  // namespace sotto::reference

sotto_weights::~sotto_weights() {
  for (sotto::reference::Weight& w : weights)
    for (sotto::reference::WeightPart& part : w.parts)
      if (part.release != nullptr) part.release(part.user);
}

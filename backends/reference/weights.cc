#include "weights.h"

#include <memory>

#include "common/plan_read.h"
#include "common/report.h"
#include "common/upload.h"
#include "dequantize.h"

namespace sotto::reference {
namespace {

using backend::fail;

void keep_copy(const Weight& w, const sotto_upload& data, WeightPart& part) {
  const uint64_t row = backend::row_bytes(*w.type, part.slice);
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
  made->weights.reserve(plan.weight_count);
  for (uint32_t i = 0; i < plan.weight_count; ++i)
    made->weights.emplace_back(backend::weight_of(plan, i), group.first_rank, group.local_ranks);
  *out = made.release();
  return SOTTO_OK;
}

sotto_status upload_weight(sotto_weights& weights, uint32_t weight, uint32_t rank, const sotto_upload& data, sotto_error* err) {
  backend::ReleaseLater bytes{data};
  const sotto_group& group = weights.group;
  const backend::UploadPlace place{weight, rank, weights.weights.size(), group.first_rank, group.local_ranks};
  if (const sotto_status s = backend::check_upload_place("reference", place, data, err); s != SOTTO_OK) return s;
  Weight& w = weights.weights[weight];
  WeightPart& part = w.parts[rank - group.first_rank];
  if (backend::is_empty(part.slice)) return SOTTO_OK;
  if (part.bytes != nullptr)
    return fail(err, SOTTO_INVALID_ARGUMENT, "reference: upload of '%s' for rank %u a second time", w.name.c_str(), rank);
  const backend::StoredRows rows{part.slice.rows, backend::row_bytes(*w.type, part.slice)};
  if (const sotto_status s = backend::check_upload_bytes("reference", w.name, rows, data, err); s != SOTTO_OK) return s;
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

}  // namespace sotto::reference

sotto_weights::~sotto_weights() {
  for (sotto::reference::Weight& w : weights)
    for (sotto::reference::WeightPart& part : w.parts)
      if (part.release != nullptr) part.release(part.user);
}

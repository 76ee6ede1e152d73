#include "weights.h"

#include "common/plan_read.h"
#include "common/report.h"
#include "common/upload.h"

namespace sotto::vulkan {
namespace {

using backend::fail;

constexpr uint64_t kRowAlignment = 16;

uint64_t device_row_bytes(const backend::WeightType& type, const sotto_slice& slice) {
  return (backend::row_bytes(type, slice) + kRowAlignment - 1) / kRowAlignment * kRowAlignment;
}

bool has_rows(uint32_t uses) { return (uses & (SOTTO_USE_TABLE | SOTTO_USE_LINEAR)) != 0 || (uses & SOTTO_USE_VECTOR) == 0; }

// Vectors are stored as F32, F16 or BF16: types without blocks.
float number_of(uint32_t type, const uint8_t* bytes) {
  uint32_t word = 0;
  std::memcpy(&word, bytes, type == SOTTO_F32 ? 4 : 2);
  if (type == SOTTO_F32) return backend::float_from_bits(word);
  const auto half = static_cast<uint16_t>(word);
  return type == SOTTO_F16 ? backend::float_from_f16(half) : backend::float_from_bf16(half);
}

void keep_vector(sotto_weights& weights, const Weight& w, WeightPart& part, uint32_t local_rank, const sotto_upload& data) {
  const auto* bytes = static_cast<const uint8_t*>(data.bytes);
  part.vector.resize(part.slice.columns);
  for (size_t i = 0; i < part.vector.size(); ++i) part.vector[i] = number_of(w.type->type, bytes + i * w.type->bytes);
  const uint64_t size = part.vector.size() * sizeof(float);
  weights.device->upload(weights.vectors[local_rank], uint64_t{part.vector_at} * sizeof(float), size, 1,
                         [&](uint64_t, uint8_t* to) { std::memcpy(to, part.vector.data(), size); });
}

void keep_rows(sotto_weights& weights, const Weight& w, WeightPart& part, const sotto_upload& data) {
  const uint64_t stored = backend::row_bytes(*w.type, part.slice);
  const uint64_t at_once = weights.device->physical().most_binding_bytes / 2 / part.row_bytes;
  if (at_once == 0)
    throw plugin::Failure(SOTTO_UNSUPPORTED, "vulkan: a row of '" + w.name + "' takes " + std::to_string(part.row_bytes) +
                                                 " bytes, more than a binding of the device holds");
  for (uint64_t first = 0; first < part.slice.rows; first += at_once) {
    Piece piece;
    piece.first = first;
    piece.rows = std::min(at_once, part.slice.rows - first);
    piece.buffer = weights.device->pool().take(Place::kDevice, piece.rows * part.row_bytes, "weights");
    weights.device->upload(piece.buffer, 0, part.row_bytes, piece.rows, [&](uint64_t i, uint8_t* to) {
      std::memcpy(to, static_cast<const uint8_t*>(data.bytes) + (first + i) * data.row_stride, stored);
      std::memset(to + stored, 0, part.row_bytes - stored);
    });
    part.pieces.push_back(std::move(piece));
  }
}

}  // namespace

uint64_t part_bytes(const backend::WeightType& type, uint32_t uses, const sotto_slice& slice) {
  if (backend::is_empty(slice)) return 0;
  uint64_t bytes = 0;
  if (has_rows(uses)) bytes += slice.rows * device_row_bytes(type, slice);
  if ((uses & SOTTO_USE_VECTOR) != 0) bytes += slice.columns * sizeof(float);
  return bytes;
}

sotto_status create_weights(sotto_group& group, const sotto_plan& plan, sotto_weights** out, sotto_error*) {
  group.device->require();
  auto made = std::make_unique<sotto_weights>(group);
  std::vector<uint64_t> numbers(group.local_ranks);
  for (uint32_t i = 0; i < plan.weight_count; ++i) {
    Weight w(backend::weight_of(plan, i), group.first_rank, group.local_ranks);
    for (WeightPart& part : w.parts) part.row_bytes = device_row_bytes(*w.type, part.slice);
    for (uint32_t r = 0; (w.uses & SOTTO_USE_VECTOR) != 0 && r < group.local_ranks; ++r) {
      if (backend::is_empty(w.parts[r].slice)) continue;
      w.parts[r].vector_at = static_cast<uint32_t>(numbers[r]);
      numbers[r] += w.parts[r].slice.columns;
    }
    made->weights.push_back(std::move(w));
  }
  for (const uint64_t count : numbers) {
    const uint64_t bytes = (count + 1) * sizeof(float);  // also stands in for buffers that a shader does not read
    if (bytes > group.device->physical().most_binding_bytes / 2)
      throw plugin::Failure(SOTTO_UNSUPPORTED,
                            "vulkan: " + std::to_string(bytes) + " bytes of vectors, more than a binding holds");
    made->vectors.push_back(group.device->pool().take(Place::kDevice, bytes, "vectors"));
  }
  *out = made.release();
  return SOTTO_OK;
}

sotto_status upload_weight(sotto_weights& weights, uint32_t weight, uint32_t rank, const sotto_upload& data, sotto_error* err) {
  const backend::ReleaseLater bytes{data};
  const sotto_group& group = weights.group;
  const backend::UploadPlace place{weight, rank, weights.weights.size(), group.first_rank, group.local_ranks};
  if (const sotto_status s = backend::check_upload_place("vulkan", place, data, err); s != SOTTO_OK) return s;
  Weight& w = weights.weights[weight];
  WeightPart& part = w.parts[rank - group.first_rank];
  if (backend::is_empty(part.slice)) return SOTTO_OK;
  if (part.is_uploaded)
    return fail(err, SOTTO_INVALID_ARGUMENT, "vulkan: upload of '%s' for rank %u a second time", w.name.c_str(), rank);
  const backend::StoredRows rows{part.slice.rows, backend::row_bytes(*w.type, part.slice)};
  if (const sotto_status s = backend::check_upload_bytes("vulkan", w.name, rows, data, err); s != SOTTO_OK) return s;
  weights.device->require();
  part.pieces.clear();
  if ((w.uses & SOTTO_USE_VECTOR) != 0) keep_vector(weights, w, part, rank - group.first_rank, data);
  if (has_rows(w.uses)) keep_rows(weights, w, part, data);
  part.is_uploaded = true;
  return SOTTO_OK;
}

}  // namespace sotto::vulkan

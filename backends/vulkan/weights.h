// weights.h - one copy of the weights for the local ranks, in the device's memory as they are stored: rows at multiples of 16
// bytes, cut into pieces that a binding can cover. Vectors are float32, side by side in one buffer per rank.
#pragma once

#include <vector>

#include "common/stored_weight.h"
#include "group.h"

namespace sotto::vulkan {

// Consecutive rows of a rank's slice.
struct Piece {
  Buffer buffer;
  uint64_t first = 0;
  uint64_t rows = 0;
};

struct WeightPart {
  sotto_slice slice = {};
  uint64_t row_bytes = 0;  // on the device
  std::vector<Piece> pieces;
  uint32_t vector_at = SOTTO_NONE;  // in the rank's vectors
  std::vector<float> vector;        // the same for the host, of vectors alone
  bool is_uploaded = false;

  bool is_missing() const { return !is_uploaded && !backend::is_empty(slice); }
  // Columns in units of 32, those in front of the slice with them.
  uint32_t units() const {
    return backend::is_empty(slice) ? 0 : static_cast<uint32_t>((slice.skip_columns + slice.columns + 31) / 32);
  }
  // Whether a unit has columns that are not the slice's.
  bool is_ragged() const { return slice.skip_columns != 0 || slice.columns % 32 != 0; }
};

using Weight = backend::StoredWeight<WeightPart>;

// Bytes on the device of a part of a weight: its rows, and its numbers where it is a vector.
uint64_t part_bytes(const backend::WeightType& type, uint32_t uses, const sotto_slice& slice);

sotto_status create_weights(sotto_group& group, const sotto_plan& plan, sotto_weights** out, sotto_error* err);
sotto_status upload_weight(sotto_weights& weights, uint32_t weight, uint32_t rank, const sotto_upload& data, sotto_error* err);

}  // namespace sotto::vulkan

struct sotto_weights {
  explicit sotto_weights(sotto_group& g) : group(g), device(g.device) {}
  sotto_weights(const sotto_weights&) = delete;
  sotto_weights& operator=(const sotto_weights&) = delete;

  sotto_group& group;
  const std::shared_ptr<sotto::vulkan::Device> device;  // outlives the buffers below
  std::vector<sotto::vulkan::Weight> weights;
  std::vector<sotto::vulkan::Buffer> vectors;         // by local rank
  std::vector<std::unique_ptr<sotto_weights>> apart;  // by rank, where the group's are apart; nothing else is here then
};

// weights.h - one copy of the weights for the local ranks, as they are stored: borrowed where the host allows it.
#pragma once

#include <vector>

#include "common/stored_weight.h"
#include "group.h"

namespace sotto::reference {

// What one rank has of a weight.
struct WeightPart {
  WeightPart() = default;
  WeightPart(WeightPart&&) = default;
  WeightPart& operator=(WeightPart&&) = default;

  sotto_slice slice = {};
  const uint8_t* bytes = nullptr;  // null: not uploaded
  uint64_t row_stride = 0;
  std::vector<uint8_t> copy;              // what `bytes` points to, unless borrowed
  void (*release)(void* user) = nullptr;  // owed for borrowed bytes
  void* user = nullptr;

  bool is_missing() const { return bytes == nullptr && !backend::is_empty(slice); }
};

struct Weight : backend::StoredWeight<WeightPart> {
  using backend::StoredWeight<WeightPart>::StoredWeight;

  // The slice's columns of one of its rows.
  void read_row(uint32_t local_rank, uint64_t row, float* out) const;
  // A vector as numbers; empty where the rank has none of it.
  std::vector<float> read_vector(uint32_t local_rank) const;
};

sotto_status create_weights(sotto_group& group, const sotto_plan& plan, sotto_weights** out, sotto_error* err);
sotto_status upload_weight(sotto_weights& weights, uint32_t weight, uint32_t rank, const sotto_upload& data, sotto_error* err);

}  // namespace sotto::reference

struct sotto_weights {
  explicit sotto_weights(sotto_group& g) : group(g) {}
  ~sotto_weights();
  sotto_weights(const sotto_weights&) = delete;
  sotto_weights& operator=(const sotto_weights&) = delete;

  sotto_group& group;
  std::vector<sotto::reference::Weight> weights;
};

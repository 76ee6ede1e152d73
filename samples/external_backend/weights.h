// weights.h: one copy of the weights and the adapters over them. Each slice is brought into this backend's own layout (plain
// float32) while it is uploaded, so that the host may let go of its bytes at once. Your device's layout goes here.
#pragma once

#include "plan_copy.h"

struct sotto_group {
  uint32_t ranks = 1;  // all of them in this process, one after the other on the calling thread
};

struct sotto_weights {
  sotto_weights(const sotto_group& g, const sotto_plan& plan);

  // The host's release is the caller's affair: nothing of `data` is kept. Throws Failure, std::bad_alloc.
  void upload(uint32_t weight, uint32_t rank, const sotto_upload& data);
  // That a plan may run on these weights: the tables agree and everything was uploaded. Throws Failure.
  void check_serves(const external::Plan& plan) const;

  // Row `row` of the rank's slice.
  const float* row(uint32_t weight, uint32_t rank, uint64_t row_index) const {
    return numbers[weight][rank].data() + row_index * table[weight].slices[rank].columns;
  }
  // A bias, gain, sink or table of frequencies; NULL: there is none, or none on this rank.
  const float* vector(uint32_t weight, uint32_t rank) const {
    return weight == SOTTO_NONE || numbers[weight][rank].empty() ? nullptr : numbers[weight][rank].data();
  }

  const sotto_group& group;
  std::vector<external::Weight> table;
  std::vector<std::vector<std::vector<float>>> numbers;  // by weight, by rank: [rows, columns] of the slice
};

struct sotto_adapter {
  // Throws Failure, std::bad_alloc.
  sotto_adapter(const sotto_weights& w, const sotto_adapter_pair* pairs, uint32_t count, uint32_t stride);

  struct Pair {
    uint32_t weight, dims;
    float scale;
    std::vector<std::vector<float>> a, b;  // by rank: [dims, columns], [rows, dims] of the weight's slice
  };
  const Pair* find(uint32_t weight) const;  // NULL: the weight is left alone

  const sotto_weights& weights;
  std::vector<Pair> pairs;
};

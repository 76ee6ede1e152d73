// adapter.h - low-rank additions to weights (LoRA), chosen row by row of a batch.
#pragma once

#include <vector>

#include "weights.h"

struct sotto_adapter {
  struct Pair {
    uint32_t weight = 0;
    uint32_t rank_dim = 0;
    double scale = 0;
    std::vector<std::vector<float>> a;  // by local rank: [rank_dim, columns of the slice]
    std::vector<std::vector<float>> b;  // by local rank: [rows of the slice, rank_dim]
  };
  const sotto_weights* weights = nullptr;
  std::vector<Pair> pairs;

  // Null: the adapter leaves the weight alone.
  const Pair* find(uint32_t weight) const {
    for (const Pair& p : pairs)
      if (p.weight == weight) return &p;
    return nullptr;
  }
};

namespace sotto::reference {

sotto_status create_adapter(const sotto_weights& weights, const sotto_adapter_pair* pairs, uint32_t count, uint32_t stride,
                            sotto_adapter** out, sotto_error* err);

}  // namespace sotto::reference

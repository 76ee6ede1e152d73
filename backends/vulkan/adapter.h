// adapter.h - low-rank additions to weights (LoRA) in the device's memory, chosen row by row of a batch.
#pragma once

#include "weights.h"

struct sotto_adapter {
  struct Pair {
    uint32_t weight = 0;
    uint32_t dims = 0;
    float scale = 0;
    std::vector<sotto::vulkan::Buffer> a;  // by local rank: [dims, columns of the slice]; empty where the rank has nothing
    std::vector<sotto::vulkan::Buffer> b;  // by local rank: [rows of the slice, dims]
  };
  const sotto_weights* weights = nullptr;
  std::shared_ptr<sotto::vulkan::Device> device;
  std::vector<Pair> pairs;
  std::vector<std::unique_ptr<sotto_adapter>> apart;  // by rank, where the group's are apart

  // Null: the adapter leaves the weight alone.
  const Pair* find(uint32_t weight) const {
    for (const Pair& p : pairs)
      if (p.weight == weight) return &p;
    return nullptr;
  }
};

namespace sotto::vulkan {

sotto_status create_adapter(const sotto_weights& weights, const sotto_adapter_pair* pairs, uint32_t count, uint32_t stride,
                            sotto_adapter** out, sotto_error* err);

}  // namespace sotto::vulkan

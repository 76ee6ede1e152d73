// weights.h - one copy of a model's weights for the local ranks: quantised ones repacked for the kernels (packed_types.h), the
// others as borrowed bytes where they lie, vectors as float32.
#pragma once

#include <cstdint>
#include <vector>

#include "cache.h"
#include "group.h"
#include "types.h"

namespace sotto::cpu {

// One rank's part of one weight.
struct WeightPart {
  sotto_slice slice = {};
  const uint8_t* rows = nullptr;  // null: not uploaded, or no rows
  uint64_t stride = 0;
  std::vector<uint8_t> copy;  // what `rows` points to, unless borrowed
  std::vector<float> vector;  // USE_VECTOR: its `columns` numbers
  uint8_t* packed = nullptr;  // for LINEAR: row groups in sotto_weights::memory; null: `rows` are multiplied where they lie
  uint64_t group_stride = 0;
  bool uploaded = false;
  void (*release)(void* user) = nullptr;  // owed for borrowed bytes
  void* user = nullptr;
};

struct Weight {
  const WeightType* type = nullptr;
  uint64_t rows = 0;
  uint64_t columns = 0;
  uint32_t uses = 0;
  std::vector<WeightPart> parts;  // by local rank
};

// Bytes that uploading this part takes: in place (borrowed) and held here.
struct PartCost {
  uint64_t borrowed = 0;
  uint64_t copied = 0;
};
PartCost part_cost(const sotto_group& group, const WeightType& type, uint32_t uses, const sotto_slice& slice);

}  // namespace sotto::cpu

struct sotto_weights {
  explicit sotto_weights(sotto_group& g) : group(g) {}
  ~sotto_weights();
  sotto_weights(const sotto_weights&) = delete;
  sotto_weights& operator=(const sotto_weights&) = delete;

  sotto_group& group;
  std::vector<sotto::cpu::Weight> weights;
  sotto::cpu::Memory memory;  // of all repacked weights
};

struct sotto_adapter {
  struct Pair {
    uint32_t weight = 0;
    uint32_t rank_dim = 0;
    float scale = 0;
    std::vector<std::vector<float>> a;  // by local rank: [rank_dim, columns]
    std::vector<std::vector<float>> b;  // by local rank: [rows, rank_dim]
  };
  std::vector<Pair> pairs;
  uint32_t most_dims = 0;
  const sotto_weights* weights = nullptr;

  const Pair* pair_of(uint32_t weight) const {
    for (const Pair& p : pairs) {
      if (p.weight == weight) return &p;
    }
    return nullptr;
  }
};

namespace sotto::cpu {

sotto_status create_weights(sotto_group& group, const sotto_plan& plan, sotto_weights** out, sotto_error* err);
sotto_status upload(sotto_weights& weights, uint32_t weight, uint32_t rank, const sotto_upload& data, sotto_error* err);
sotto_status create_adapter(const sotto_weights& weights, const sotto_adapter_pair* pairs, uint32_t count, uint32_t stride,
                            sotto_adapter** out, sotto_error* err);

}  // namespace sotto::cpu

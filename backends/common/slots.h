// slots.h - the KV slots of a plan, with the heads of the local ranks.
#pragma once

#include <vector>

#include "sotto/plan.h"

namespace sotto::backend {

struct Slot {
  uint32_t kv_heads = 0;
  uint32_t head_dim = 0;
  uint32_t heads = 0;                   // of the model
  std::vector<sotto_rank_heads> ranks;  // by local rank
};

// REQUIRES: check_plan has passed.
std::vector<Slot> read_slots(const sotto_plan& plan, uint32_t first_rank, uint32_t local_ranks);

// Whether a cache made for the slots `a` serves a program of the slots `b`.
bool same_slots(const std::vector<Slot>& a, const std::vector<Slot>& b);

// Of so many tokens in the neutral layout of backend.h.
uint64_t neutral_bytes(const std::vector<Slot>& slots, uint64_t tokens);

}  // namespace sotto::backend

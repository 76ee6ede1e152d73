#include "common/slots.h"

#include <algorithm>

#include "common/plan_read.h"

namespace sotto::backend {

std::vector<Slot> read_slots(const sotto_plan& plan, uint32_t first_rank, uint32_t local_ranks) {
  std::vector<Slot> slots;
  for (uint32_t i = 0; i < plan.slot_count; ++i) {
    const sotto_slot& from = slot_of(plan, i);
    const sotto_rank_heads& last = from.ranks[plan.world - 1];
    const sotto_rank_heads* first = from.ranks + first_rank;
    slots.push_back({from.kv_heads, from.head_dim, last.first_head + last.heads, {first, first + local_ranks}});
  }
  return slots;
}

bool same_slots(const std::vector<Slot>& a, const std::vector<Slot>& b) {
  const auto same_rank = [](const sotto_rank_heads& x, const sotto_rank_heads& y) {
    return x.first_kv_head == y.first_kv_head && x.kv_heads == y.kv_heads;
  };
  const auto same_slot = [&](const Slot& x, const Slot& y) {
    return x.kv_heads == y.kv_heads && x.head_dim == y.head_dim &&
           std::equal(x.ranks.begin(), x.ranks.end(), y.ranks.begin(), y.ranks.end(), same_rank);
  };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), same_slot);
}

uint64_t neutral_bytes(const std::vector<Slot>& slots, uint64_t tokens) {
  uint64_t numbers = 0;
  for (const Slot& s : slots) numbers += uint64_t{2} * s.kv_heads * s.head_dim;
  return numbers * tokens * sizeof(float);
}

}  // namespace sotto::backend

// memory_planner.h: how a model fits its memory: chunk size, KV type and context under a hard cap. For the engine.
#pragma once

#include <cstdint>
#include <functional>

#include "base/status.h"
#include "sotto/model.h"

namespace sotto {

// The weight type in which a cache of SOTTO_KV_* holds its numbers.
inline uint32_t type_of_kv(uint32_t kv) {
  return kv == SOTTO_KV_F32 ? SOTTO_F32 : kv == SOTTO_KV_Q8_0 ? SOTTO_Q8_0 : SOTTO_F16;
}

struct MemoryChoice {
  uint32_t context_tokens = 0;
  uint32_t max_batch = 0;
  uint32_t kv_type = 0;  // SOTTO_KV_*, never DEFAULT
  uint64_t kv_tokens = 0;
};

// What a choice costs; a failure is the backend's "unsupported" or the like.
using MeasureMemory = std::function<Result<sotto_memory_estimate>(const MemoryChoice&)>;

struct MemoryWishes {
  uint32_t context_tokens = 0;  // 0: free to choose
  uint32_t context_trained = 0;
  uint64_t kv_tokens = 0;  // 0: as context_tokens
  uint32_t max_batch = 0;
  uint32_t kv_type = SOTTO_KV_DEFAULT;
  uint64_t cap_bytes = 0;  // 0: none
};

struct MemoryPlan {
  MemoryChoice choice;
  sotto_memory_estimate estimate{};
};

// Gives way in this order, where the wishes leave it free: a smaller chunk, KV in 8 bits, a shorter context. If the least does
// not fit either: SOTTO_OUT_OF_MEMORY with the numbers.
Result<MemoryPlan> plan_memory(const MemoryWishes& wishes, const MeasureMemory& measure);

}  // namespace sotto

// cache_parts.h - how the keys and the values of one KV head lie within a page, for each type of the cache.
//
// Keys lie dimension by dimension, [padded][kPageTokens]: a vector holds neighbouring tokens, and a score needs no sum across
// lanes. Values lie token by token, [kPageTokens][padded]. So both are the right side of the same product (attention.cc). q8_0:
// behind the numbers, f16 scales [ceil(padded / 32)][kPageTokens]; a scale belongs to one token and 32 dimensions.
#pragma once

#include "kernels.h"
#include "simd.h"
#include "sotto/types.h"

namespace sotto::cpu::SOTTO_CPU_ISA {
namespace {

struct NumbersF32 {
  static constexpr uint32_t kType = SOTTO_F32, kBytes = 4;
  static constexpr bool kScaled = false;
  static F load(const uint8_t* p) { return f_load(reinterpret_cast<const float*>(p)); }
};
struct NumbersF16 {
  static constexpr uint32_t kType = SOTTO_F16, kBytes = 2;
  static constexpr bool kScaled = false;
  static F load(const uint8_t* p) { return f_load_f16(p); }
};
struct NumbersQ8 {
  static constexpr uint32_t kType = SOTTO_Q8_0, kBytes = 1;
  static constexpr bool kScaled = true;
  static F load(const uint8_t* p) { return f_load_i8(reinterpret_cast<const int8_t*>(p)); }
};

// Scales of q8_0 for all tokens of a page and the dimensions from 32 * block on.
inline const uint8_t* scales_at(const uint8_t* part, uint32_t padded, uint32_t block) {
  return part + size_t{kPageTokens} * padded + 2 * size_t{block} * kPageTokens;
}
inline uint8_t* scales_at(uint8_t* part, uint32_t padded, uint32_t block) {
  return part + size_t{kPageTokens} * padded + 2 * size_t{block} * kPageTokens;
}

}  // namespace
}  // namespace sotto::cpu::SOTTO_CPU_ISA

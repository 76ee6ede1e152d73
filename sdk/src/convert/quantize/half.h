// half.h: the half-precision scales of block formats, and the neighbours of one.
#pragma once

#include <algorithm>
#include <cstdint>

#include "convert/element.h"

namespace sotto::quantize {

struct Half {
  uint16_t bits = 0;
  float value = 0;
};

constexpr float kLargestHalf = 65504;

inline Half half_of(float value) {
  const uint16_t bits = to_f16(std::clamp(value, -kLargestHalf, kLargestHalf));
  return {bits, from_f16(bits)};
}

// `steps` further from zero (negative: towards it) among the finite ones of the same sign.
inline Half neighbour(Half half, int steps) {
  constexpr int kLargestBits = 0x7BFF;
  const auto bits = static_cast<uint16_t>((half.bits & 0x8000) | std::clamp((half.bits & 0x7FFF) + steps, 0, kLargestBits));
  return {bits, from_f16(bits)};
}

}  // namespace sotto::quantize

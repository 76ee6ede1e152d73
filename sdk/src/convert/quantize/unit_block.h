// unit_block.h: a block moved to magnitudes of at most 1 by a power of two, which changes no digit: sums of squares neither
// overflow nor vanish.
#pragma once

#include <algorithm>
#include <cmath>

#include "convert/quantize/half.h"

namespace sotto::quantize {

template <int kCount>
struct UnitBlock {
  float x[kCount];
  float up = 1, down = 1;  // from unit to real numbers and back

  explicit UnitBlock(const float* real) {
    float largest = 0;
    for (int i = 0; i < kCount; ++i) largest = std::max(largest, std::abs(real[i]));
    // Half precision ends at 2^-24: what is far below is zero in every format.
    constexpr int kLeastExponent = -26;
    int exponent = 0;
    std::frexp(largest, &exponent);
    is_zero = largest == 0 || exponent < kLeastExponent;
    if (is_zero) exponent = 0;
    up = std::ldexp(1.0f, exponent);
    down = std::ldexp(1.0f, -exponent);
    for (int i = 0; i < kCount; ++i) x[i] = is_zero ? 0.0f : real[i] * down;
  }

  Half stored(float unit) const { return half_of(unit * up); }
  float unit(Half half) const { return half.value * down; }

  bool is_zero;
};

}  // namespace sotto::quantize

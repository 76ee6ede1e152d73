// activations.h - the integer activation rows of kernels.h (QuantRows) as the linear kernels read them, and the one place that
// says in which order floats are added: whichever kernel computes a result, its bits are the same.
#pragma once

#include "block_types.h"
#include "kernels.h"

namespace sotto::cpu::SOTTO_CPU_ISA {
namespace {

// One activation row: where its parts lie.
struct Activations {
  const int8_t* high;
  const int8_t* low;
  const float* scales;
  const float* sums;
  const float* half_sums;
  const uint32_t* fine;
};
inline Activations activations_of(const QuantRows& rows, uint32_t row) {
  const uint8_t* p = rows.base + row * rows.stride;
  const size_t units = rows.units;
  const int8_t* low = reinterpret_cast<const int8_t*>(p + kUnit * units);
  const float* scales = reinterpret_cast<const float*>(low + kUnit * units);
  return {reinterpret_cast<const int8_t*>(p),
          low,
          scales,
          scales + units,
          scales + 2 * units,
          reinterpret_cast<const uint32_t*>(scales + 4 * units)};
}

constexpr float kFineStep = 1.0f / 128.0f;  // of the coarse one; a power of two: either way of counting gives the same bits

// Adds unit `u`, whose integer products are `low` and `high` (the halves of the unit; without kHalves all in `low`), counted
// in steps of `scale`.
template <class T>
inline F add_unit(F sum, I low, I high, const Scales& w, const Activations& x, size_t u, float scale) {
  const F step = f_set(scale);
  sum = f_fma(f_from_i(low), f_mul(w.d[0], step), sum);
  if constexpr (T::kHalves) {
    sum = f_fma(w.m[0], f_set(x.half_sums[2 * u]), sum);
    sum = f_fma(f_from_i(high), f_mul(w.d[1], step), sum);
    return f_fma(w.m[1], f_set(x.half_sums[2 * u + 1]), sum);
  } else {
    return T::kOffset ? f_fma(w.m[0], f_set(x.sums[u]), sum) : sum;
  }
}

// Results of kLanes neighbouring weight rows, of which `count` exist.
inline void store_lanes(float* out, F sum, uint32_t count) {
  if (count >= uint32_t{kLanes}) {
    f_store(out, sum);
  } else {
    f_store_first(out, sum, count);
  }
}

template <int kValue>
struct Int {
  static constexpr int value = kValue;
};
// body(Int<kFrom>{}), ..., body(Int<kEnd - 1>{}), in place.
template <int kFrom, int kEnd, class Body>
__attribute__((always_inline)) inline void for_each(Body&& body) {
  if constexpr (kFrom < kEnd) {
    body(Int<kFrom>{});
    for_each<kFrom + 1, kEnd>(body);
  }
}

}  // namespace
}  // namespace sotto::cpu::SOTTO_CPU_ISA

// activations.h - the integer activation rows of kernels.h (QuantRows) as the linear kernels read them, and the one place that
// says in which order floats are added: whichever kernel computes a result, its bits are the same.
#pragma once

#include "block_types.h"
#include "kernels.h"
#include "unroll.h"

namespace sotto::cpu::SOTTO_CPU_ISA {
namespace {

// One activation row: where its parts lie.
struct Activations {
  const ActivationUnit* units;
  const Outlier* outliers;
  uint32_t count;  // of outliers
};
inline Activations activations_of(const QuantRows& rows, uint32_t row) {
  const ActivationUnit* units = reinterpret_cast<const ActivationUnit*>(rows.base + row * rows.stride);
  const uint32_t* count = reinterpret_cast<const uint32_t*>(units + rows.units);
  return {units, reinterpret_cast<const Outlier*>(count + 1), *count};
}

// What one activation row brings to the products of a unit, the same for all weight rows. kLess times the row's own integers
// was counted too much; that is exact.
struct UnitOfRow {
  I much[2];
  F step, sum;
};
template <class T>
__attribute__((always_inline)) inline UnitOfRow unit_of(const ActivationUnit& x) {
  UnitOfRow r = {};
  r.step = f_set(x.step);
  if constexpr (T::kLess != 0) {
    constexpr int kShift = __builtin_ctz(T::kLess != 0 ? T::kLess : 1);
    static_assert(1 << kShift == T::kLess);
    r.much[0] = i_shift_left<kShift>(i_set(x.count));
    if constexpr (T::kHalves) {
      r.much[1] = i_shift_left<kShift>(i_set(x.second_count));
      r.much[0] = i_sub(r.much[0], r.much[1]);
    }
  }
  if constexpr (T::kMinimum) r.sum = f_set(x.sum);
  return r;
}

// Adds a unit whose integer products are `low` and `high` (the halves of the unit; without kHalves all in `low`).
template <class T>
__attribute__((always_inline)) inline F add_unit(F sum, I low, I high, const Scales& w, const UnitOfRow& x) {
  if constexpr (T::kLess != 0) low = i_sub(low, x.much[0]);
  sum = f_fma(f_from_i(low), f_mul(w.d[0], x.step), sum);
  if constexpr (T::kHalves) {
    if constexpr (T::kLess != 0) high = i_sub(high, x.much[1]);
    return f_fma(f_from_i(high), f_mul(w.d[1], x.step), sum);
  } else {
    return T::kMinimum ? f_fma(w.m[0], x.sum, sum) : sum;
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

}  // namespace
}  // namespace sotto::cpu::SOTTO_CPU_ISA

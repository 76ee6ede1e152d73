// simd.h - the instruction set this translation unit is compiled for, and what is built from its operations alone.
// CMakeLists.txt sets SOTTO_CPU_ISA (a namespace) and SOTTO_CPU_SIMD (the header) for each pass over the kernel files.
#pragma once

#include SOTTO_CPU_SIMD

namespace sotto::cpu::SOTTO_CPU_ISA {
namespace {

// The first n < kLanes numbers of p, zeros behind them; and their way back.
inline F f_load_first(const float* p, uint32_t n) {
  float t[kLanes] = {};
  for (uint32_t i = 0; i < n; ++i) t[i] = p[i];
  return f_load(t);
}
inline void f_store_first(float* p, F x, uint32_t n) {
  float t[kLanes];
  f_store(t, x);
  for (uint32_t i = 0; i < n; ++i) p[i] = t[i];
}

// 2^x to 2.2e-7, exact for 0; 2^-126 below -126. REQUIRES: x <= 127.4. The nearest whole power by the exponent, the rest by a
// polynomial that is closest to it in relative terms.
inline F f_exp2(F x) {
  x = f_max(x, f_set(-126.0f));
  const I n = i_from_f(x);
  const F r = f_sub(x, f_from_i(n));
  F p = f_set(1.32764725e-3f);
  p = f_fma(p, r, f_set(9.67554189e-3f));
  p = f_fma(p, r, f_set(5.55071309e-2f));
  p = f_fma(p, r, f_set(2.40221202e-1f));
  p = f_fma(p, r, f_set(6.93146944e-1f));
  p = f_fma(p, r, f_set(1.0f));
  return f_mul(p, f_bits(i_shl(i_add(n, i_set(127)), 23)));
}

inline F f_exp(F x) { return f_exp2(f_min(f_mul(x, f_set(1.44269504f)), f_set(127.4f))); }

// x / (1 + e^-z)
inline F f_gated(F x, F z) { return f_div(x, f_add(f_set(1.0f), f_exp(f_sub(f_zero(), z)))); }

// Near 0 the quotient would cancel: there the odd series.
inline F f_tanh(F x) {
  const F far = f_sub(f_set(1.0f), f_div(f_set(2.0f), f_add(f_exp(f_add(x, x)), f_set(1.0f))));
  const F s = f_mul(x, x);
  F p = f_set(-8.8632355e-3f);
  p = f_fma(p, s, f_set(2.1869489e-2f));
  p = f_fma(p, s, f_set(-5.3968254e-2f));
  p = f_fma(p, s, f_set(1.3333333e-1f));
  p = f_fma(p, s, f_set(-3.3333333e-1f));
  const F near = f_fma(f_mul(p, s), x, x);
  return f_select_less(f_abs(x), f_set(0.35f), near, far);
}

// erfc(|x|) after Abramowitz and Stegun 7.1.26, absolute error 1.5e-7; 1 + erf(x) keeps it small for negative x.
inline F f_one_plus_erf(F x) {
  const F a = f_abs(x);
  const F t = f_div(f_set(1.0f), f_fma(f_set(0.3275911f), a, f_set(1.0f)));
  F p = f_set(1.061405429f);
  p = f_fma(p, t, f_set(-1.453152027f));
  p = f_fma(p, t, f_set(1.421413741f));
  p = f_fma(p, t, f_set(-0.284496736f));
  p = f_fma(p, t, f_set(0.254829592f));
  const F tail = f_mul(f_mul(p, t), f_exp(f_sub(f_zero(), f_mul(a, a))));
  return f_select_less(x, f_zero(), tail, f_sub(f_set(2.0f), tail));
}

}  // namespace
}  // namespace sotto::cpu::SOTTO_CPU_ISA

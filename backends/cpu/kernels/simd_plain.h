// simd_plain.h - four lanes of float32 in plain C++: for every processor, and the reading aid for the other three.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace sotto::cpu::SOTTO_CPU_ISA {
namespace {

constexpr int kLanes = 4;
constexpr int kTileRows = 4;
constexpr int kFloatRows = 2;  // the same of float weights: four rows by these many sums
struct F {
  float v[4];
};
struct I {
  int32_t v[4];
};
struct W {  // 32 weights, one byte each
  uint8_t v[32];
};
struct S {  // 8 partial sums over 4 weights each
  int32_t v[8];
};

#define SOTTO_CPU_EACH(type, expression)           \
  type r;                                          \
  for (int i = 0; i < 4; ++i) r.v[i] = expression; \
  return r
inline F f_set(float x) { return {{x, x, x, x}}; }
inline F f_zero() { return f_set(0); }
inline F f_load(const float* p) {
  F r;
  __builtin_memcpy(r.v, p, 16);
  return r;
}
inline void f_store(float* p, F x) { __builtin_memcpy(p, x.v, 16); }
inline F f_add(F a, F b) { SOTTO_CPU_EACH(F, a.v[i] + b.v[i]); }
inline F f_sub(F a, F b) { SOTTO_CPU_EACH(F, a.v[i] - b.v[i]); }
inline F f_mul(F a, F b) { SOTTO_CPU_EACH(F, a.v[i] * b.v[i]); }
inline F f_div(F a, F b) { SOTTO_CPU_EACH(F, a.v[i] / b.v[i]); }
inline F f_fma(F a, F b, F c) { SOTTO_CPU_EACH(F, a.v[i] * b.v[i] + c.v[i]); }
inline F f_max(F a, F b) { SOTTO_CPU_EACH(F, a.v[i] > b.v[i] ? a.v[i] : b.v[i]); }
inline F f_min(F a, F b) { SOTTO_CPU_EACH(F, a.v[i] < b.v[i] ? a.v[i] : b.v[i]); }
inline F f_abs(F a) { SOTTO_CPU_EACH(F, __builtin_fabsf(a.v[i])); }
inline F f_sqrt(F a) { SOTTO_CPU_EACH(F, __builtin_sqrtf(a.v[i])); }
inline F f_select_less(F a, F b, F yes, F no) { SOTTO_CPU_EACH(F, a.v[i] < b.v[i] ? yes.v[i] : no.v[i]); }
inline F f_from_i(I a) { SOTTO_CPU_EACH(F, static_cast<float>(a.v[i])); }
// Nearest, ties to even, of |a| < 2^22: adding 1.5 * 2^23 pushes the fraction out.
inline I i_from_f(F a) {
  I r;
  for (int i = 0; i < 4; ++i) {
    const float moved = a.v[i] + 12582912.0f;
    __builtin_memcpy(&r.v[i], &moved, 4);
    r.v[i] -= 0x4B400000;
  }
  return r;
}
inline F f_bits(I a) {
  F r;
  __builtin_memcpy(r.v, a.v, 16);
  return r;
}
inline I i_set(int32_t x) { return {{x, x, x, x}}; }
inline I i_zero() { return i_set(0); }
inline I i_add(I a, I b) { SOTTO_CPU_EACH(I, a.v[i] + b.v[i]); }
inline I i_sub(I a, I b) { SOTTO_CPU_EACH(I, a.v[i] - b.v[i]); }
inline I i_and(I a, I b) { SOTTO_CPU_EACH(I, a.v[i] & b.v[i]); }
inline I i_or(I a, I b) { SOTTO_CPU_EACH(I, a.v[i] | b.v[i]); }
inline I i_shl(I a, int n) { SOTTO_CPU_EACH(I, static_cast<int32_t>(static_cast<uint32_t>(a.v[i]) << n)); }
inline I i_shr(I a, int n) { SOTTO_CPU_EACH(I, static_cast<int32_t>(static_cast<uint32_t>(a.v[i]) >> n)); }
inline I i_sar(I a, int n) { SOTTO_CPU_EACH(I, a.v[i] >> n); }

inline float f_sum(F a) { return (a.v[0] + a.v[1]) + (a.v[2] + a.v[3]); }
inline float f_top(F a) {
  const float x = a.v[0] > a.v[1] ? a.v[0] : a.v[1], y = a.v[2] > a.v[3] ? a.v[2] : a.v[3];
  return x > y ? x : y;
}
// Lane r of the result: the sum of the lanes of v[r].
inline F f_sum_rows(const F* v) { return {{f_sum(v[0]), f_sum(v[1]), f_sum(v[2]), f_sum(v[3])}}; }

inline float float_of_half(uint32_t h) {
  const uint32_t sign = (h & 0x8000u) << 16, exponent = (h >> 10) & 31u, fraction = h & 0x3FFu;
  uint32_t bits = sign | ((exponent + 112u) << 23) | (fraction << 13);
  if (exponent == 31u) bits = sign | 0x7F800000u | (fraction << 13);
  float x;
  __builtin_memcpy(&x, &bits, 4);
  if (exponent == 0u) x = static_cast<float>(fraction) * (sign ? -5.9604644775390625e-8f : 5.9604644775390625e-8f);
  return x;
}
inline uint16_t half_of_float(float x) {
  uint32_t bits;
  __builtin_memcpy(&bits, &x, 4);
  const uint32_t sign = (bits >> 16) & 0x8000u, rest = bits & 0x7FFFFFFFu;
  if (rest > 0x7F800000u) return static_cast<uint16_t>(sign | 0x7E00u);
  if (rest >= 0x477FF000u) return static_cast<uint16_t>(sign | 0x7C00u);
  if (rest < 0x38800000u) {  // subnormal: let the float unit round at the right place
    float magnitude;
    __builtin_memcpy(&magnitude, &rest, 4);
    magnitude += 0.5f;
    __builtin_memcpy(&bits, &magnitude, 4);
    return static_cast<uint16_t>(sign | (bits - 0x3F000000u));
  }
  return static_cast<uint16_t>(sign | ((rest + 0xFFFu + ((rest >> 13) & 1u) - 0x38000000u) >> 13));
}
inline F f_load_f16(const void* p) {
  uint16_t h[4];
  __builtin_memcpy(h, p, 8);
  SOTTO_CPU_EACH(F, float_of_half(h[i]));
}
inline void f_store_f16(void* p, F x) {
  uint16_t h[4];
  for (int i = 0; i < 4; ++i) h[i] = half_of_float(x.v[i]);
  __builtin_memcpy(p, h, 8);
}
inline F f_load_bf16(const void* p) {
  uint16_t h[4];
  __builtin_memcpy(h, p, 8);
  I r;
  for (int i = 0; i < 4; ++i) r.v[i] = static_cast<int32_t>(static_cast<uint32_t>(h[i]) << 16);
  return f_bits(r);
}
inline F f_load_i8(const int8_t* p) { SOTTO_CPU_EACH(F, static_cast<float>(p[i])); }
inline void i_store_i8(int8_t* p, I x) {
  for (int i = 0; i < 4; ++i) p[i] = static_cast<int8_t>(x.v[i]);
}
inline F f_from_f16_bits(I x) { SOTTO_CPU_EACH(F, float_of_half(static_cast<uint32_t>(x.v[i]) & 0xFFFFu)); }
inline I i_gather(const uint8_t* base, const int32_t* offsets) {
  I r;
  for (int i = 0; i < 4; ++i) __builtin_memcpy(&r.v[i], base + offsets[i], 4);
  return r;
}
#undef SOTTO_CPU_EACH

#define SOTTO_CPU_EACH(expression)                                        \
  W r;                                                                    \
  for (int i = 0; i < 32; ++i) r.v[i] = static_cast<uint8_t>(expression); \
  return r
inline W w_load(const void* p) {
  W r;
  __builtin_memcpy(r.v, p, 32);
  return r;
}
inline void w_store(void* p, const W& x) { __builtin_memcpy(p, x.v, 32); }
inline W w_or(const W& a, const W& b) { SOTTO_CPU_EACH(a.v[i] | b.v[i]); }
template <int kShift, int kMask>
inline W w_bits(const W& a) {
  SOTTO_CPU_EACH((a.v[i] >> kShift) & kMask);
}
template <int kShift>
inline W w_shl(const W& a) {
  SOTTO_CPU_EACH(a.v[i] << kShift);
}
// 16 bytes: the low halves, then the high halves.
inline W w_nibbles(const void* p) {
  const uint8_t* bytes = static_cast<const uint8_t*>(p);
  W r;
  for (int i = 0; i < 16; ++i) {
    r.v[i] = bytes[i] & 15u;
    r.v[i + 16] = static_cast<uint8_t>(bytes[i] >> 4);
  }
  return r;
}
// Byte i: 0x10 where bit i is set.
inline W w_fifth_bits(uint32_t bits) { SOTTO_CPU_EACH(((bits >> i) & 1u) << 4); }
#undef SOTTO_CPU_EACH

// Weights in -128 .. 127: unsigned types stay below 64, so both kinds are signed here.
constexpr float kSignedOffset = 0.0f;
inline W w_from_signed(const W& w) { return w; }
inline S s_dot(const W& w, const int8_t* a) {
  S r;
  for (int g = 0; g < 8; ++g) {
    int32_t sum = 0;
    for (int i = 4 * g; i < 4 * g + 4; ++i) sum += static_cast<int8_t>(w.v[i]) * a[i];
    r.v[g] = sum;
  }
  return r;
}
inline S s_dot_signed(const W& w, const int8_t* a) { return s_dot(w, a); }

// Packed weights (packed.h): four rows by four neighbouring columns, one byte each.
struct P {
  uint8_t v[16];
};
inline P p_load(const uint8_t* p) {
  P r;
  __builtin_memcpy(r.v, p, 16);
  return r;
}
inline void p_store(uint8_t* p, const P& x) { __builtin_memcpy(p, x.v, 16); }
inline P p_or(const P& a, const P& b) {
  P r;
  for (int i = 0; i < 16; ++i) r.v[i] = a.v[i] | b.v[i];
  return r;
}
// (x >> kShift) & kMask in each byte; a negative shift goes left.
template <int kShift, int kMask>
inline P p_bits(const P& x) {
  P r;
  for (int i = 0; i < 16; ++i)
    r.v[i] =
        static_cast<uint8_t>((kShift < 0 ? x.v[i] << (kShift < 0 ? -kShift : 0) : x.v[i] >> (kShift < 0 ? 0 : kShift)) & kMask);
  return r;
}
inline P p_four(const int8_t* a) {  // four columns of an activation row, for all rows
  P r;
  for (int i = 0; i < 4; ++i) __builtin_memcpy(r.v + 4 * i, a, 4);
  return r;
}
constexpr int kTileGroups = 1;  // row groups of one tile
using A = I;
// How many words of products with weights 0 .. most may be added up before a_total.
constexpr int chain_of(int) { return 8; }
inline A a_dot(A sum, const P& w, const P& x) {
  for (int r = 0; r < 4; ++r) {
    for (int i = 4 * r; i < 4 * r + 4; ++i) sum.v[r] += static_cast<int8_t>(w.v[i]) * static_cast<int8_t>(x.v[i]);
  }
  return sum;
}
inline A a_dot(const P& w, const P& x) { return a_dot(i_zero(), w, x); }
inline A a_dot_signed(const P& w, const P& x) { return a_dot(w, x); }
inline I a_total(A sum) { return sum; }

inline S s_fold(const S& high, const S& low) {  // 128 high + low
  S r;
  for (int g = 0; g < 8; ++g) r.v[g] = 128 * high.v[g] + low.v[g];
  return r;
}
// Lane r: the sum of v[r] over its first 16 weights (low) and its last 16 (high).
inline void i_sum_rows(const S* v, I* low, I* high) {
  for (int r = 0; r < 4; ++r) {
    low->v[r] = (v[r].v[0] + v[r].v[1]) + (v[r].v[2] + v[r].v[3]);
    high->v[r] = (v[r].v[4] + v[r].v[5]) + (v[r].v[6] + v[r].v[7]);
  }
}

}  // namespace
}  // namespace sotto::cpu::SOTTO_CPU_ISA

// simd_plain.h - four lanes of float32 by the vectors of GCC and Clang: for every processor (SSE2 where x86-64 has no more),
// and the reading aid for the other three.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace sotto::cpu::SOTTO_CPU_ISA {
namespace {

constexpr int kLanes = 4;
constexpr int kRegisters = 16;
constexpr uint32_t kTileRows = 4;
constexpr int kFloatRows = 2;  // the same of float weights: four rows by these many sums
using F = float __attribute__((vector_size(16)));
using I = int32_t __attribute__((vector_size(16)));
using B = uint8_t __attribute__((vector_size(16)));
using H = int16_t __attribute__((vector_size(16)));
struct W {  // 32 weights, one byte each
  B v[2];
};
struct S {  // 8 partial sums over 4 weights each
  I v[2];
};

template <typename To, typename From>
inline To bits_of(From x) {
  To r;
  static_assert(sizeof r == sizeof x);
  __builtin_memcpy(&r, &x, sizeof r);
  return r;
}
template <typename T>
inline T load(const void* p) {
  T r;
  __builtin_memcpy(&r, p, sizeof r);
  return r;
}

inline F f_set(float x) { return F{x, x, x, x}; }
inline F f_zero() { return f_set(0); }
inline F f_load(const float* p) { return load<F>(p); }
inline void f_store(float* p, F x) { __builtin_memcpy(p, &x, 16); }
inline F f_add(F a, F b) { return a + b; }
inline F f_sub(F a, F b) { return a - b; }
inline F f_mul(F a, F b) { return a * b; }
inline F f_div(F a, F b) { return a / b; }
inline F f_fma(F a, F b, F c) { return a * b + c; }
inline F f_max(F a, F b) { return a > b ? a : b; }
inline F f_min(F a, F b) { return a < b ? a : b; }
inline F f_abs(F a) { return bits_of<F>(bits_of<I>(a) & 0x7FFFFFFF); }
inline F f_sqrt(F a) {
  for (int i = 0; i < 4; ++i) a[i] = __builtin_sqrtf(a[i]);
  return a;
}
inline F f_select_less(F a, F b, F yes, F no) { return a < b ? yes : no; }
inline F f_from_i(I a) { return __builtin_convertvector(a, F); }
inline F f_bits(I a) { return bits_of<F>(a); }
// Nearest, ties to even, of |a| < 2^22: adding 1.5 * 2^23 pushes the fraction out.
inline I i_from_f(F a) { return bits_of<I>(a + 12582912.0f) - 0x4B400000; }
inline I i_set(int32_t x) { return I{x, x, x, x}; }
inline I i_zero() { return i_set(0); }
inline I i_add(I a, I b) { return a + b; }
inline I i_sub(I a, I b) { return a - b; }
inline I i_and(I a, I b) { return a & b; }
inline I i_or(I a, I b) { return a | b; }
inline I i_shl(I a, int n) { return a << n; }
template <int n>
inline I i_shift_left(I a) {
  return a << n;
}
inline I i_shr(I a, int n) {
  using U = uint32_t __attribute__((vector_size(16)));
  return bits_of<I>(bits_of<U>(a) >> static_cast<uint32_t>(n));
}
inline I i_sar(I a, int n) { return a >> n; }

inline float f_sum(F a) { return (a[0] + a[1]) + (a[2] + a[3]); }
inline float f_top(F a) {
  const float x = a[0] > a[1] ? a[0] : a[1], y = a[2] > a[3] ? a[2] : a[3];
  return x > y ? x : y;
}
// Lane r of the result: the sum of the lanes of v[r].
inline F f_sum_rows(const F* v) { return F{f_sum(v[0]), f_sum(v[1]), f_sum(v[2]), f_sum(v[3])}; }
// Lane r of the result: the largest lane of v[r].
inline F f_top_rows(const F* v) { return F{f_top(v[0]), f_top(v[1]), f_top(v[2]), f_top(v[3])}; }

// Halves in the low 16 bits. 2^112 moves the exponent to float32's, of subnormal ones too; infinities and NaN have the highest.
inline F f_from_f16_bits(I x) {
  const I magnitude = (x & 0x7FFF) << 13;
  const I finite = bits_of<I>(bits_of<F>(magnitude) * 5.192296858534827628530496329220096e33f);
  return bits_of<F>((magnitude >= 0x0F800000 ? magnitude | 0x7F800000 : finite) | ((x & 0x8000) << 16));
}
inline I i_load_u16(const void* p) {
  uint16_t h[4];
  __builtin_memcpy(h, p, 8);
  return I{h[0], h[1], h[2], h[3]};
}
inline F f_load_f16(const void* p) { return f_from_f16_bits(i_load_u16(p)); }
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
inline void f_store_f16(void* p, F x) {
  uint16_t h[4];
  for (int i = 0; i < 4; ++i) h[i] = half_of_float(x[i]);
  __builtin_memcpy(p, h, 8);
}
inline F f_load_bf16(const void* p) { return f_bits(i_load_u16(p) << 16); }
inline F f_load_i8(const int8_t* p) { return f_from_i(I{p[0], p[1], p[2], p[3]}); }
// Of 32 bytes: the sums of the first and of the last 16.
inline void i8_half_sums(const int8_t* p, int32_t (&sums)[2]) {
  sums[0] = sums[1] = 0;
  for (int i = 0; i < 32; ++i) sums[i / 16] += p[i];
}
inline void i_store_i8(int8_t* p, I x) {
  for (int i = 0; i < 4; ++i) p[i] = static_cast<int8_t>(x[i]);
}
inline I i_gather(const uint8_t* base, const int32_t* offsets) {
  I r;
  for (int i = 0; i < 4; ++i) r[i] = load<int32_t>(base + offsets[i]);
  return r;
}

inline W w_load(const void* p) { return load<W>(p); }
inline void w_store(void* p, const W& x) { __builtin_memcpy(p, &x, 32); }
inline W w_or(const W& a, const W& b) { return {{a.v[0] | b.v[0], a.v[1] | b.v[1]}}; }
template <int kShift, int kMask>
inline W w_bits(const W& a) {
  return {{(a.v[0] >> kShift) & uint8_t{kMask}, (a.v[1] >> kShift) & uint8_t{kMask}}};
}
template <int kShift>
inline W w_shl(const W& a) {
  return {{a.v[0] << kShift, a.v[1] << kShift}};
}
// 16 bytes: the low halves, then the high halves.
inline W w_nibbles(const void* p) {
  const B bytes = load<B>(p);
  return {{bytes & uint8_t{15}, bytes >> 4}};
}
// Byte i: 0x10 where bit i is set.
inline W w_fifth_bits(uint32_t bits) {
  uint64_t r[4];
  for (int i = 0; i < 4; ++i) {  // eight bits: one in each byte, moved to its top by a carry, then down
    const uint64_t apart = (((bits >> (8 * i)) & 255u) * 0x0101010101010101u) & 0x8040201008040201u;
    r[i] = ((apart + 0x7F7F7F7F7F7F7F7Fu) & 0x8080808080808080u) >> 3;
  }
  return load<W>(r);
}

// Lane g: the sum of four products of signed bytes. In 16 bits, even places and odd ones apart, as a product fits.
inline I dot(B w, B x) {
  const H wide_w = bits_of<H>(w), wide_x = bits_of<H>(x);
  const I even = bits_of<I>(((wide_w << 8) >> 8) * ((wide_x << 8) >> 8)), odd = bits_of<I>((wide_w >> 8) * (wide_x >> 8));
  return (((even << 16) >> 16) + (even >> 16)) + (((odd << 16) >> 16) + (odd >> 16));
}

// Weights in -128 .. 127: unsigned types stay below 64, so both kinds are signed here.
constexpr int kSignedOffset = 0;
inline W w_from_signed(const W& w) { return w; }
inline S s_dot(const W& w, const int8_t* a) { return {{dot(w.v[0], load<B>(a)), dot(w.v[1], load<B>(a + 16))}}; }
inline S s_dot_signed(const W& w, const int8_t* a) { return s_dot(w, a); }

// Packed weights (packed.h): four rows by four neighbouring columns, one byte each.
using P = B;
inline P p_load(const uint8_t* p) { return load<P>(p); }
inline void p_store(uint8_t* p, const P& x) { __builtin_memcpy(p, &x, 16); }
inline P p_or(const P& a, const P& b) { return a | b; }
// Within a byte or across its border: mask the bits that are wanted.
inline P p_shift_right(const P& x, uint32_t n) { return x >> static_cast<uint8_t>(n); }
// (x >> kShift) & kMask in each byte; a negative shift goes left.
template <int kShift, int kMask>
inline P p_bits(const P& x) {
  return (kShift < 0 ? x << (kShift < 0 ? -kShift : 0) : x >> (kShift < 0 ? 0 : kShift)) & uint8_t{kMask};
}
inline P p_four(const int8_t* a) {
  return bits_of<P>(i_set(load<int32_t>(a)));
}  // four columns of an activation row, for all rows
constexpr int kTileGroups = 1;  // row groups of one tile
using A = I;
// How many words of products with weights 0 .. most may be added up before a_total.
constexpr int chain_of(int) { return 8; }
inline A a_dot(const P& w, const P& x) { return dot(w, x); }
inline A a_dot(A sum, const P& w, const P& x) { return sum + dot(w, x); }
inline A a_dot_signed(const P& w, const P& x) { return a_dot(w, x); }
inline I a_total(A sum) { return sum; }

// Lane r: the sum of v[r] over its first 16 weights (low) and its last 16 (high).
inline void i_sum_rows(const S* v, I* low, I* high) {
  for (int r = 0; r < 4; ++r) {
    const I a = v[r].v[0], b = v[r].v[1];
    (*low)[r] = (a[0] + a[1]) + (a[2] + a[3]);
    (*high)[r] = (b[0] + b[1]) + (b[2] + b[3]);
  }
}

}  // namespace
}  // namespace sotto::cpu::SOTTO_CPU_ISA

// simd_neon.h - four lanes of float32 with arm64 NEON; with the dot product instructions,
// and with products of 8-bit matrices, when the compiler is told so.
#pragma once

#include <arm_neon.h>
#include <stddef.h>
#include <stdint.h>

namespace sotto::cpu::SOTTO_CPU_ISA {
namespace {

constexpr int kLanes = 4;
constexpr int kRegisters = 32;
constexpr uint32_t kTileRows = 8;  // activation rows of one tile: 8 integer and 8 float sums of 32 registers
constexpr int kFloatRows = 6;      // the same of float weights: four rows by these many sums
using F = float32x4_t;
using I = int32x4_t;
struct W {  // 32 weights, one byte each
  uint8x16_t a, b;
};
struct S {  // 2 x 4 partial sums over 4 weights each
  int32x4_t a, b;
};

inline F f_zero() { return vdupq_n_f32(0); }
inline F f_set(float x) { return vdupq_n_f32(x); }
inline F f_load(const float* p) { return vld1q_f32(p); }
inline void f_store(float* p, F x) { vst1q_f32(p, x); }
inline F f_add(F a, F b) { return vaddq_f32(a, b); }
inline F f_sub(F a, F b) { return vsubq_f32(a, b); }
inline F f_mul(F a, F b) { return vmulq_f32(a, b); }
inline F f_div(F a, F b) { return vdivq_f32(a, b); }
inline F f_fma(F a, F b, F c) { return vfmaq_f32(c, a, b); }
inline F f_max(F a, F b) { return vmaxq_f32(a, b); }
inline F f_min(F a, F b) { return vminq_f32(a, b); }
inline F f_abs(F a) { return vabsq_f32(a); }
inline F f_sqrt(F a) { return vsqrtq_f32(a); }
inline F f_select_less(F a, F b, F yes, F no) { return vbslq_f32(vcltq_f32(a, b), yes, no); }
inline F f_from_i(I a) { return vcvtq_f32_s32(a); }
inline I i_from_f(F a) { return vcvtnq_s32_f32(a); }
inline F f_bits(I a) { return vreinterpretq_f32_s32(a); }
inline I i_set(int32_t x) { return vdupq_n_s32(x); }
inline I i_zero() { return vdupq_n_s32(0); }
inline I i_add(I a, I b) { return vaddq_s32(a, b); }
inline I i_sub(I a, I b) { return vsubq_s32(a, b); }
inline I i_and(I a, I b) { return vandq_s32(a, b); }
inline I i_or(I a, I b) { return vorrq_s32(a, b); }
inline I i_shl(I a, int n) { return vshlq_s32(a, vdupq_n_s32(n)); }
template <int n>
inline I i_shift_left(I a) {
  return vshlq_n_s32(a, n);
}
inline I i_shr(I a, int n) { return vreinterpretq_s32_u32(vshlq_u32(vreinterpretq_u32_s32(a), vdupq_n_s32(-n))); }
inline I i_sar(I a, int n) { return vshlq_s32(a, vdupq_n_s32(-n)); }

inline float f_sum(F a) { return vaddvq_f32(a); }
inline float f_top(F a) { return vmaxvq_f32(a); }
// Lane r of the result: the sum of the lanes of v[r].
inline F f_sum_rows(const F* v) { return vpaddq_f32(vpaddq_f32(v[0], v[1]), vpaddq_f32(v[2], v[3])); }
// Lane r of the result: the largest lane of v[r].
inline F f_top_rows(const F* v) { return vpmaxq_f32(vpmaxq_f32(v[0], v[1]), vpmaxq_f32(v[2], v[3])); }

inline F f_load_f16(const void* p) { return vcvt_f32_f16(vreinterpret_f16_u8(vld1_u8(static_cast<const uint8_t*>(p)))); }
inline void f_store_f16(void* p, F x) { vst1_u8(static_cast<uint8_t*>(p), vreinterpret_u8_f16(vcvt_f16_f32(x))); }
inline F f_load_bf16(const void* p) {
  return vreinterpretq_f32_u32(vshll_n_u16(vreinterpret_u16_u8(vld1_u8(static_cast<const uint8_t*>(p))), 16));
}
inline F f_load_i8(const int8_t* p) {
  int32_t bytes;
  __builtin_memcpy(&bytes, p, 4);
  const int16x8_t words = vmovl_s8(vreinterpret_s8_s32(vdup_n_s32(bytes)));
  return vcvtq_f32_s32(vmovl_s16(vget_low_s16(words)));
}
// Values in -127 .. 127.
// Of 32 bytes: the sums of the first and of the last 16.
inline void i8_half_sums(const int8_t* p, int32_t (&sums)[2]) {
  sums[0] = vaddlvq_s8(vld1q_s8(p));
  sums[1] = vaddlvq_s8(vld1q_s8(p + 16));
}
inline void i_store_i8(int8_t* p, I x) {
  const int16x4_t words = vmovn_s32(x);
  const int32_t bytes = vget_lane_s32(vreinterpret_s32_s8(vmovn_s16(vcombine_s16(words, words))), 0);
  __builtin_memcpy(p, &bytes, 4);
}
// The low 16 bits of each lane as float16.
inline F f_from_f16_bits(I x) { return vcvt_f32_f16(vreinterpret_f16_u16(vmovn_u32(vreinterpretq_u32_s32(x)))); }
inline I i_gather(const uint8_t* base, const int32_t* offsets) {
  int32_t t[4];
  for (int r = 0; r < 4; ++r) __builtin_memcpy(&t[r], base + offsets[r], 4);
  return I{t[0], t[1], t[2], t[3]};
}

inline W w_load(const void* p) {
  const uint8_t* bytes = static_cast<const uint8_t*>(p);
  return {vld1q_u8(bytes), vld1q_u8(bytes + 16)};
}
inline void w_store(void* p, W x) {
  vst1q_u8(static_cast<uint8_t*>(p), x.a);
  vst1q_u8(static_cast<uint8_t*>(p) + 16, x.b);
}
inline W w_or(W x, W y) { return {vorrq_u8(x.a, y.a), vorrq_u8(x.b, y.b)}; }
template <int kShift, int kMask>
inline W w_bits(W x) {
  const uint8x16_t mask = vdupq_n_u8(kMask);
  const int8x16_t shift = vdupq_n_s8(-kShift);
  return {vandq_u8(vshlq_u8(x.a, shift), mask), vandq_u8(vshlq_u8(x.b, shift), mask)};
}
template <int kShift>
inline W w_shl(W x) {
  return {vshlq_n_u8(x.a, kShift), vshlq_n_u8(x.b, kShift)};
}
// 16 bytes: the low halves, then the high halves.
inline W w_nibbles(const void* p) {
  const uint8x16_t x = vld1q_u8(static_cast<const uint8_t*>(p));
  return {vandq_u8(x, vdupq_n_u8(0x0F)), vshrq_n_u8(x, 4)};
}
// Byte i: 0x10 where bit i is set.
inline W w_fifth_bits(uint32_t bits) {
  const uint8x16_t mask = vreinterpretq_u8_u64(vdupq_n_u64(0x8040201008040201));
  const uint8x16_t low = vcombine_u8(vdup_n_u8(static_cast<uint8_t>(bits)), vdup_n_u8(static_cast<uint8_t>(bits >> 8)));
  const uint8x16_t high = vcombine_u8(vdup_n_u8(static_cast<uint8_t>(bits >> 16)), vdup_n_u8(static_cast<uint8_t>(bits >> 24)));
  const uint8x16_t fifth = vdupq_n_u8(0x10);
  return {vandq_u8(vtstq_u8(low, mask), fifth), vandq_u8(vtstq_u8(high, mask), fifth)};
}

// Weights in -128 .. 127: unsigned types stay below 64, so both kinds are signed here.
constexpr int kSignedOffset = 0;
inline W w_from_signed(W w) { return w; }
inline int32x4_t dot16(int32x4_t sum, uint8x16_t w, int8x16_t a) {
  const int8x16_t x = vreinterpretq_s8_u8(w);
#if defined(SOTTO_CPU_DOT)
  return vdotq_s32(sum, x, a);
#else
  // Each pair of products is widened before the next is added: 128 * 127 * 2 does not fit into 16 bits.
  const int32x4_t low = vpaddlq_s16(vmull_s8(vget_low_s8(x), vget_low_s8(a)));
  const int32x4_t high = vpaddlq_s16(vmull_high_s8(x, a));
  return vaddq_s32(sum, vpaddq_s32(low, high));
#endif
}
inline S s_dot(W w, const int8_t* a) {
  return {dot16(vdupq_n_s32(0), w.a, vld1q_s8(a)), dot16(vdupq_n_s32(0), w.b, vld1q_s8(a + 16))};
}
inline S s_dot_signed(W w, const int8_t* a) { return s_dot(w, a); }

// Packed weights (packed.h): four rows by four neighbouring columns, one byte each.
using P = uint8x16_t;
inline P p_load(const uint8_t* p) { return vld1q_u8(p); }
inline void p_store(uint8_t* p, P x) { vst1q_u8(p, x); }
inline P p_or(P a, P b) { return vorrq_u8(a, b); }
// Within a byte or across its border: mask the bits that are wanted.
inline P p_shift_right(P x, uint32_t n) { return vshlq_u8(x, vdupq_n_s8(static_cast<int8_t>(-static_cast<int>(n)))); }
// (x >> kShift) & kMask in each byte; a negative shift goes left.
template <int kShift, int kMask>
inline P p_bits(P x) {
  if constexpr (kShift > 0) x = vshrq_n_u8(x, kShift);
  if constexpr (kShift < 0) x = vshlq_n_u8(x, -kShift);
  return vandq_u8(x, vdupq_n_u8(kMask));
}
inline P p_four(const int8_t* a) {  // four columns of an activation row, for all rows
  int32_t four;
  __builtin_memcpy(&four, a, 4);
  return vreinterpretq_u8_s32(vdupq_n_s32(four));
}
constexpr int kTileGroups = 2;  // row groups of one tile
using A = int32x4_t;
// How many words of products with weights 0 .. most may be added up before a_total.
constexpr int chain_of(int) { return 8; }
inline A a_dot(A sum, P w, P x) { return dot16(sum, w, vreinterpretq_s8_u8(x)); }
inline A a_dot(P w, P x) { return a_dot(vdupq_n_s32(0), w, x); }
inline A a_dot_signed(P w, P x) { return a_dot(w, x); }
inline I a_total(A sum) { return sum; }

#if defined(SOTTO_CPU_MATRIX)
// Two rows of eight neighbouring columns: what one instruction multiplies, giving each row of one by each row of the other.
using M = int8x16_t;
struct MatrixPair {  // rows 0 and 1, rows 2 and 3
  M low, high;
};
inline MatrixPair m_weights(P word, P next) {  // of two neighbouring words
  const uint32x4_t a = vreinterpretq_u32_u8(word), b = vreinterpretq_u32_u8(next);
  return {vreinterpretq_s8_u32(vzip1q_u32(a, b)), vreinterpretq_s8_u32(vzip2q_u32(a, b))};
}
inline M m_rows(const int8_t* a, const int8_t* b) { return vcombine_s8(vld1_s8(a), vld1_s8(b)); }
inline I m_dot(I sum, M weights, M rows) { return vmmlaq_s32(sum, weights, rows); }
// From the products of four weight rows by activation rows a and b to a vector for each of the two.
inline I m_first(I low, I high) { return vuzp1q_s32(low, high); }
inline I m_second(I low, I high) { return vuzp2q_s32(low, high); }
#endif

// Lane r: the sum of v[r] over its first 16 weights (low) and its last 16 (high).
inline void i_sum_rows(const S* v, I* low, I* high) {
  *low = vpaddq_s32(vpaddq_s32(v[0].a, v[1].a), vpaddq_s32(v[2].a, v[3].a));
  *high = vpaddq_s32(vpaddq_s32(v[0].b, v[1].b), vpaddq_s32(v[2].b, v[3].b));
}

}  // namespace
}  // namespace sotto::cpu::SOTTO_CPU_ISA

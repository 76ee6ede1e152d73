// simd_avx512.h - sixteen lanes of float32 with AVX-512 F, BW, VL, DQ and VNNI; with SOTTO_CPU_BF16 products of bf16 too.
#pragma once

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

namespace sotto::cpu::SOTTO_CPU_ISA {
namespace {

constexpr int kLanes = 16;
constexpr int kRegisters = 32;
constexpr uint32_t kTileRows = 5;  // activation rows of one tile: with more its 10 integer and 10 float sums are spilled
constexpr int kFloatRows = 6;      // the same of float weights: four rows by these many sums
using F = __m512;
using I = __m512i;
using W = __m256i;  // 32 weights, one byte each
using S = __m256i;  // 8 partial sums over 4 weights each

inline F f_zero() { return _mm512_setzero_ps(); }
inline F f_set(float x) { return _mm512_set1_ps(x); }
inline F f_load(const float* p) { return _mm512_loadu_ps(p); }
inline void f_store(float* p, F x) { _mm512_storeu_ps(p, x); }
inline F f_add(F a, F b) { return _mm512_add_ps(a, b); }
inline F f_sub(F a, F b) { return _mm512_sub_ps(a, b); }
inline F f_mul(F a, F b) { return _mm512_mul_ps(a, b); }
inline F f_div(F a, F b) { return _mm512_div_ps(a, b); }
inline F f_fma(F a, F b, F c) { return _mm512_fmadd_ps(a, b, c); }
inline F f_max(F a, F b) { return _mm512_max_ps(a, b); }
inline F f_min(F a, F b) { return _mm512_min_ps(a, b); }
inline F f_abs(F a) { return _mm512_abs_ps(a); }
inline F f_sqrt(F a) { return _mm512_sqrt_ps(a); }
inline F f_select_less(F a, F b, F yes, F no) { return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(a, b, _CMP_LT_OQ), no, yes); }
inline F f_from_i(I a) { return _mm512_cvtepi32_ps(a); }
inline I i_from_f(F a) { return _mm512_cvtps_epi32(a); }
inline F f_bits(I a) { return _mm512_castsi512_ps(a); }
inline I i_set(int32_t x) { return _mm512_set1_epi32(x); }
inline I i_zero() { return _mm512_setzero_si512(); }
inline I i_add(I a, I b) { return _mm512_add_epi32(a, b); }
inline I i_sub(I a, I b) { return _mm512_sub_epi32(a, b); }
inline I i_and(I a, I b) { return _mm512_and_si512(a, b); }
inline I i_or(I a, I b) { return _mm512_or_si512(a, b); }
inline I i_shl(I a, int n) { return _mm512_sll_epi32(a, _mm_cvtsi32_si128(n)); }
template <int n>
inline I i_shift_left(I a) {
  return _mm512_slli_epi32(a, n);
}
inline I i_shr(I a, int n) { return _mm512_srl_epi32(a, _mm_cvtsi32_si128(n)); }
inline I i_sar(I a, int n) { return _mm512_sra_epi32(a, _mm_cvtsi32_si128(n)); }

inline __m256 half_sums(F a) { return _mm256_add_ps(_mm512_castps512_ps256(a), _mm512_extractf32x8_ps(a, 1)); }
inline __m256 half_tops(F a) { return _mm256_max_ps(_mm512_castps512_ps256(a), _mm512_extractf32x8_ps(a, 1)); }
inline float f_sum(F a) {
  const __m256 h = half_sums(a);
  __m128 s = _mm_add_ps(_mm256_castps256_ps128(h), _mm256_extractf128_ps(h, 1));
  s = _mm_hadd_ps(s, s);
  return _mm_cvtss_f32(_mm_hadd_ps(s, s));
}
inline float f_top(F a) {
  const __m256 h = half_tops(a);
  __m128 s = _mm_max_ps(_mm256_castps256_ps128(h), _mm256_extractf128_ps(h, 1));
  s = _mm_max_ps(s, _mm_movehl_ps(s, s));
  return _mm_cvtss_f32(_mm_max_ss(s, _mm_movehdup_ps(s)));
}
inline __m256 four_sums(const F* v) {
  return _mm256_hadd_ps(_mm256_hadd_ps(half_sums(v[0]), half_sums(v[1])), _mm256_hadd_ps(half_sums(v[2]), half_sums(v[3])));
}
// Lane r of the result: the sum of the lanes of v[r].
inline F f_sum_rows(const F* v) {
  const __m256 a = four_sums(v), b = four_sums(v + 4), c = four_sums(v + 8), d = four_sums(v + 12);
  const __m256 first = _mm256_add_ps(_mm256_permute2f128_ps(a, b, 0x20), _mm256_permute2f128_ps(a, b, 0x31));
  const __m256 last = _mm256_add_ps(_mm256_permute2f128_ps(c, d, 0x20), _mm256_permute2f128_ps(c, d, 0x31));
  return _mm512_insertf32x8(_mm512_castps256_ps512(first), last, 1);
}

inline __m256 pair_tops(__m256 a, __m256 b) { return _mm256_max_ps(_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b)); }
inline __m256 four_tops(const F* v) {
  const __m256 a = pair_tops(half_tops(v[0]), half_tops(v[1])), b = pair_tops(half_tops(v[2]), half_tops(v[3]));
  return _mm256_max_ps(_mm256_shuffle_ps(a, b, 0x44), _mm256_shuffle_ps(a, b, 0xEE));
}
// Lane r of the result: the largest lane of v[r].
inline F f_top_rows(const F* v) {
  const __m256 a = four_tops(v), b = four_tops(v + 4), c = four_tops(v + 8), d = four_tops(v + 12);
  const __m256 first = _mm256_max_ps(_mm256_permute2f128_ps(a, b, 0x20), _mm256_permute2f128_ps(a, b, 0x31));
  const __m256 last = _mm256_max_ps(_mm256_permute2f128_ps(c, d, 0x20), _mm256_permute2f128_ps(c, d, 0x31));
  return _mm512_insertf32x8(_mm512_castps256_ps512(first), last, 1);
}

inline F f_load_f16(const void* p) { return _mm512_cvtph_ps(_mm256_loadu_si256(static_cast<const __m256i*>(p))); }
inline void f_store_f16(void* p, F x) {
  _mm256_storeu_si256(static_cast<__m256i*>(p), _mm512_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT));
}
inline F f_load_bf16(const void* p) {
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_loadu_si256(static_cast<const __m256i*>(p))), 16));
}
#if defined(SOTTO_CPU_BF16)
using B = __m512bh;  // 32 numbers
inline B b_load(const void* p) {
  const __m512i x = _mm512_loadu_si512(p);
  B b;
  __builtin_memcpy(&b, &x, sizeof b);
  return b;
}
inline B b_load_first(const void* p, uint32_t count) {
  const __m512i x = _mm512_maskz_loadu_epi16((1u << count) - 1, p);
  B b;
  __builtin_memcpy(&b, &x, sizeof b);
  return b;
}
// The same two numbers in every lane.
inline B b_set(const void* p) {
  int32_t pair;
  __builtin_memcpy(&pair, p, 4);
  const __m512i x = _mm512_set1_epi32(pair);
  B b;
  __builtin_memcpy(&b, &x, sizeof b);
  return b;
}
// Sixteen rows of sixteen pairs: row i, pair j becomes row j, pair i.
__attribute__((always_inline)) inline void b_transpose(B (&rows)[16]) {
  __m512i a[16], b[16];
  __builtin_memcpy(a, rows, sizeof a);
  for (int i = 0; i < 16; i += 2) {
    b[i] = _mm512_unpacklo_epi32(a[i], a[i + 1]);
    b[i + 1] = _mm512_unpackhi_epi32(a[i], a[i + 1]);
  }
  for (int i = 0; i < 16; i += 4) {  // a[i + j]: in each quarter q, pair 4 q + j of rows i .. i + 3
    a[i] = _mm512_unpacklo_epi64(b[i], b[i + 2]);
    a[i + 1] = _mm512_unpackhi_epi64(b[i], b[i + 2]);
    a[i + 2] = _mm512_unpacklo_epi64(b[i + 1], b[i + 3]);
    a[i + 3] = _mm512_unpackhi_epi64(b[i + 1], b[i + 3]);
  }
  for (int j = 0; j < 4; ++j) {
    const __m512i low = _mm512_shuffle_i32x4(a[j], a[4 + j], 0x88), high = _mm512_shuffle_i32x4(a[8 + j], a[12 + j], 0x88);
    const __m512i low_odd = _mm512_shuffle_i32x4(a[j], a[4 + j], 0xDD);
    const __m512i high_odd = _mm512_shuffle_i32x4(a[8 + j], a[12 + j], 0xDD);
    b[j] = _mm512_shuffle_i32x4(low, high, 0x88);
    b[8 + j] = _mm512_shuffle_i32x4(low, high, 0xDD);
    b[4 + j] = _mm512_shuffle_i32x4(low_odd, high_odd, 0x88);
    b[12 + j] = _mm512_shuffle_i32x4(low_odd, high_odd, 0xDD);
  }
  __builtin_memcpy(rows, b, sizeof b);
}
inline void b_store(void* p, B x) { __builtin_memcpy(p, &x, sizeof x); }
inline B b_from_f(F low, F high) { return _mm512_cvtne2ps_pbh(high, low); }
inline F b_dot(F sum, B a, B b) { return _mm512_dpbf16_ps(sum, a, b); }  // lane l: + a[2l] b[2l] + a[2l + 1] b[2l + 1]
#endif
inline F f_load_i8(const int8_t* p) {
  return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))));
}
// Values in -127 .. 127.
// Of 32 bytes: the sums of the first and of the last 16.
inline void i8_half_sums(const int8_t* p, int32_t (&sums)[2]) {
  // Bytes without a sign are added eight at a time.
  const __m256i bytes = _mm256_xor_si256(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)), _mm256_set1_epi8(-128));
  const __m256i eight = _mm256_sad_epu8(bytes, _mm256_setzero_si256());
  const __m256i sixteen = _mm256_add_epi64(eight, _mm256_shuffle_epi32(eight, 0x4E));
  sums[0] = _mm256_cvtsi256_si32(sixteen) - 16 * 128;
  sums[1] = _mm_cvtsi128_si32(_mm256_extracti128_si256(sixteen, 1)) - 16 * 128;
}
inline void i_store_i8(int8_t* p, I x) { _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm512_cvtepi32_epi8(x)); }
// The low 16 bits of each lane as float16.
inline F f_from_f16_bits(I x) { return _mm512_cvtph_ps(_mm512_cvtepi32_epi16(x)); }
inline I i_gather(const uint8_t* base, const int32_t* offsets) {
  return _mm512_i32gather_epi32(_mm512_loadu_si512(offsets), base, 1);
}

inline W w_load(const void* p) { return _mm256_loadu_si256(static_cast<const __m256i*>(p)); }
inline void w_store(void* p, W x) { _mm256_storeu_si256(static_cast<__m256i*>(p), x); }
inline W w_or(W a, W b) { return _mm256_or_si256(a, b); }
template <int kShift, int kMask>
inline W w_bits(W a) {
  return _mm256_and_si256(_mm256_srli_epi16(a, kShift), _mm256_set1_epi8(kMask));
}
template <int kShift>
inline W w_shl(W a) {  // no bit may leave its byte
  return _mm256_slli_epi16(a, kShift);
}
// 16 bytes: the low halves, then the high halves.
inline W w_nibbles(const void* p) {
  const __m128i x = _mm_loadu_si128(static_cast<const __m128i*>(p));
  return _mm256_and_si256(_mm256_set_m128i(_mm_srli_epi16(x, 4), x), _mm256_set1_epi8(0x0F));
}
// Byte i: 0x10 where bit i is set.
inline W w_fifth_bits(uint32_t bits) { return _mm256_maskz_mov_epi8(bits, _mm256_set1_epi8(0x10)); }

// Signed weights are moved to 0 .. 255; what was added is taken back through the sums of the activations.
constexpr int kSignedOffset = 128;
inline W w_from_signed(W w) { return _mm256_xor_si256(w, _mm256_set1_epi8(-128)); }
inline S s_dot(W w, const int8_t* a) { return _mm256_dpbusd_epi32(_mm256_setzero_si256(), w, w_load(a)); }
inline S s_dot_signed(W w, const int8_t* a) { return s_dot(w, a); }

// Packed weights (packed.h): sixteen rows by four neighbouring columns, one byte each.
using P = __m512i;
inline P p_load(const uint8_t* p) { return _mm512_loadu_si512(p); }
inline void p_store(uint8_t* p, P x) { _mm512_storeu_si512(p, x); }
inline P p_or(P a, P b) { return _mm512_or_si512(a, b); }
// Within a byte or across its border: mask the bits that are wanted.
inline P p_shift_right(P x, uint32_t n) { return _mm512_srl_epi16(x, _mm_cvtsi32_si128(static_cast<int>(n))); }
// (x >> kShift) & kMask in each byte; a negative shift goes left.
template <int kShift, int kMask>
inline P p_bits(P x) {
  if constexpr (kShift > 0) x = _mm512_srli_epi16(x, kShift);
  if constexpr (kShift < 0) x = _mm512_slli_epi16(x, -kShift);
  return _mm512_and_si512(x, _mm512_set1_epi8(kMask));
}
inline P p_four(const int8_t* a) {  // four columns of an activation row, for all rows
  int32_t four;
  __builtin_memcpy(&four, a, 4);
  return _mm512_set1_epi32(four);
}
constexpr int kTileGroups = 2;  // row groups of one tile
using A = __m512i;
// How many words of products with weights 0 .. most may be added up before a_total.
constexpr int chain_of(int) { return 8; }
inline A a_dot(P w, P x) { return _mm512_dpbusd_epi32(_mm512_setzero_si512(), w, x); }
inline A a_dot(A sum, P w, P x) { return _mm512_dpbusd_epi32(sum, w, x); }
inline A a_dot_signed(P w, P x) { return a_dot(w, x); }
inline I a_total(A sum) { return sum; }

inline W four_row_sums(const S* v) { return _mm256_hadd_epi32(_mm256_hadd_epi32(v[0], v[1]), _mm256_hadd_epi32(v[2], v[3])); }
// Lane r: the sum of v[r] over its first 16 weights (low) and its last 16 (high).
inline void i_sum_rows(const S* v, I* low, I* high) {
  const W a = four_row_sums(v), b = four_row_sums(v + 4), c = four_row_sums(v + 8), d = four_row_sums(v + 12);
  const I ab = _mm512_inserti64x4(_mm512_castsi256_si512(a), b, 1), cd = _mm512_inserti64x4(_mm512_castsi256_si512(c), d, 1);
  *low = _mm512_shuffle_i64x2(ab, cd, 0x88);
  *high = _mm512_shuffle_i64x2(ab, cd, 0xDD);
}

}  // namespace
}  // namespace sotto::cpu::SOTTO_CPU_ISA

// simd_avx2.h - eight lanes of float32 with AVX2, FMA and F16C; with AVX-VNNI when the compiler is told so.
#pragma once

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

namespace sotto::cpu::SOTTO_CPU_ISA {
namespace {

constexpr int kLanes = 8;
constexpr int kRegisters = 16;
constexpr uint32_t kTileRows = 4;  // activation rows of one tile: 4 integer and 4 float sums leave room for operands
constexpr int kFloatRows = 3;      // the same of float weights: four rows by these many sums
using F = __m256;
using I = __m256i;
using W = __m256i;  // 32 weights, one byte each
using S = __m256i;  // 8 partial sums over 4 weights each

inline F f_zero() { return _mm256_setzero_ps(); }
inline F f_set(float x) { return _mm256_set1_ps(x); }
inline F f_load(const float* p) { return _mm256_loadu_ps(p); }
inline void f_store(float* p, F x) { _mm256_storeu_ps(p, x); }
inline F f_add(F a, F b) { return _mm256_add_ps(a, b); }
inline F f_sub(F a, F b) { return _mm256_sub_ps(a, b); }
inline F f_mul(F a, F b) { return _mm256_mul_ps(a, b); }
inline F f_div(F a, F b) { return _mm256_div_ps(a, b); }
inline F f_fma(F a, F b, F c) { return _mm256_fmadd_ps(a, b, c); }
inline F f_max(F a, F b) { return _mm256_max_ps(a, b); }
inline F f_min(F a, F b) { return _mm256_min_ps(a, b); }
inline F f_abs(F a) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), a); }
inline F f_sqrt(F a) { return _mm256_sqrt_ps(a); }
inline F f_select_less(F a, F b, F yes, F no) { return _mm256_blendv_ps(no, yes, _mm256_cmp_ps(a, b, _CMP_LT_OQ)); }
inline F f_from_i(I a) { return _mm256_cvtepi32_ps(a); }
inline I i_from_f(F a) { return _mm256_cvtps_epi32(a); }
inline F f_bits(I a) { return _mm256_castsi256_ps(a); }
inline I i_set(int32_t x) { return _mm256_set1_epi32(x); }
inline I i_zero() { return _mm256_setzero_si256(); }
inline I i_add(I a, I b) { return _mm256_add_epi32(a, b); }
inline I i_sub(I a, I b) { return _mm256_sub_epi32(a, b); }
inline I i_and(I a, I b) { return _mm256_and_si256(a, b); }
inline I i_or(I a, I b) { return _mm256_or_si256(a, b); }
inline I i_shl(I a, int n) { return _mm256_sll_epi32(a, _mm_cvtsi32_si128(n)); }
template <int n>
inline I i_shift_left(I a) {
  return _mm256_slli_epi32(a, n);
}
inline I i_shr(I a, int n) { return _mm256_srl_epi32(a, _mm_cvtsi32_si128(n)); }
inline I i_sar(I a, int n) { return _mm256_sra_epi32(a, _mm_cvtsi32_si128(n)); }

inline float f_sum(F a) {
  __m128 s = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
  s = _mm_hadd_ps(s, s);
  return _mm_cvtss_f32(_mm_hadd_ps(s, s));
}
inline float f_top(F a) {
  __m128 s = _mm_max_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
  s = _mm_max_ps(s, _mm_movehl_ps(s, s));
  return _mm_cvtss_f32(_mm_max_ss(s, _mm_movehdup_ps(s)));
}
// Lane r of the result: the sum of the lanes of v[r].
inline F f_sum_rows(const F* v) {
  const F a = _mm256_hadd_ps(_mm256_hadd_ps(v[0], v[1]), _mm256_hadd_ps(v[2], v[3]));
  const F b = _mm256_hadd_ps(_mm256_hadd_ps(v[4], v[5]), _mm256_hadd_ps(v[6], v[7]));
  return _mm256_add_ps(_mm256_permute2f128_ps(a, b, 0x20), _mm256_permute2f128_ps(a, b, 0x31));
}

inline F pair_tops(F a, F b) { return _mm256_max_ps(_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b)); }
inline F four_tops(const F* v) {
  const F a = pair_tops(v[0], v[1]), b = pair_tops(v[2], v[3]);
  return _mm256_max_ps(_mm256_shuffle_ps(a, b, 0x44), _mm256_shuffle_ps(a, b, 0xEE));
}
// Lane r of the result: the largest lane of v[r].
inline F f_top_rows(const F* v) {
  const F a = four_tops(v), b = four_tops(v + 4);
  return _mm256_max_ps(_mm256_permute2f128_ps(a, b, 0x20), _mm256_permute2f128_ps(a, b, 0x31));
}

inline F f_load_f16(const void* p) { return _mm256_cvtph_ps(_mm_loadu_si128(static_cast<const __m128i*>(p))); }
inline void f_store_f16(void* p, F x) {
  _mm_storeu_si128(static_cast<__m128i*>(p), _mm256_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT));
}
inline F f_load_bf16(const void* p) {
  return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(_mm_loadu_si128(static_cast<const __m128i*>(p))), 16));
}
inline F f_load_i8(const int8_t* p) {
  return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p))));
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
inline void i_store_i8(int8_t* p, I x) {
  const __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
  _mm_storel_epi64(reinterpret_cast<__m128i*>(p), _mm_packs_epi16(words, words));
}
// The low 16 bits of each lane as float16.
inline F f_from_f16_bits(I x) {
  const I low = _mm256_and_si256(x, _mm256_set1_epi32(0xFFFF));
  return _mm256_cvtph_ps(_mm_packus_epi32(_mm256_castsi256_si128(low), _mm256_extracti128_si256(low, 1)));
}
inline I i_gather(const uint8_t* base, const int32_t* offsets) {
  int32_t t[8];
  for (int r = 0; r < 8; ++r) __builtin_memcpy(&t[r], base + offsets[r], 4);
  return _mm256_setr_epi32(t[0], t[1], t[2], t[3], t[4], t[5], t[6], t[7]);
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
inline W w_fifth_bits(uint32_t bits) {
  const W spread = _mm256_shuffle_epi8(_mm256_set1_epi32(static_cast<int32_t>(bits)),
                                       _mm256_setr_epi64x(0, 0x0101010101010101, 0x0202020202020202, 0x0303030303030303));
  const W mask = _mm256_set1_epi64x(static_cast<int64_t>(0x8040201008040201));
  return _mm256_and_si256(_mm256_cmpeq_epi8(_mm256_and_si256(spread, mask), mask), _mm256_set1_epi8(0x10));
}

#if defined(SOTTO_CPU_VNNI)
// Signed weights are moved to 0 .. 255; what was added is taken back through the sums of the activations.
constexpr int kSignedOffset = 128;
inline W w_from_signed(W w) { return _mm256_xor_si256(w, _mm256_set1_epi8(-128)); }
inline S s_dot(W w, const int8_t* a) { return _mm256_dpbusd_avx_epi32(_mm256_setzero_si256(), w, w_load(a)); }
inline S s_dot_signed(W w, const int8_t* a) { return s_dot(w, a); }
#else
constexpr int kSignedOffset = 0;
inline W w_from_signed(W w) { return w; }
// Weights in 0 .. 127: two products fit into 16 bits.
inline S s_dot(W w, const int8_t* a) { return _mm256_madd_epi16(_mm256_maddubs_epi16(w, w_load(a)), _mm256_set1_epi16(1)); }
inline S s_dot_signed(W w, const int8_t* a) {
  return _mm256_madd_epi16(_mm256_maddubs_epi16(_mm256_abs_epi8(w), _mm256_sign_epi8(w_load(a), w)), _mm256_set1_epi16(1));
}
#endif

// Packed weights (packed.h): eight rows by four neighbouring columns, one byte each.
using P = __m256i;
inline P p_load(const uint8_t* p) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)); }
inline void p_store(uint8_t* p, P x) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), x); }
inline P p_or(P a, P b) { return _mm256_or_si256(a, b); }
// Within a byte or across its border: mask the bits that are wanted.
inline P p_shift_right(P x, uint32_t n) { return _mm256_srl_epi16(x, _mm_cvtsi32_si128(static_cast<int>(n))); }
// (x >> kShift) & kMask in each byte; a negative shift goes left.
template <int kShift, int kMask>
inline P p_bits(P x) {
  if constexpr (kShift > 0) x = _mm256_srli_epi16(x, kShift);
  if constexpr (kShift < 0) x = _mm256_slli_epi16(x, -kShift);
  return _mm256_and_si256(x, _mm256_set1_epi8(kMask));
}
inline P p_four(const int8_t* a) {  // four columns of an activation row, for all rows
  int32_t four;
  __builtin_memcpy(&four, a, 4);
  return _mm256_set1_epi32(four);
}
constexpr int kTileGroups = 2;  // row groups of one tile
#if defined(SOTTO_CPU_VNNI)
using A = __m256i;
// How many words of products with weights 0 .. most may be added up before a_total.
constexpr int chain_of(int) { return 8; }
inline A a_dot(P w, P x) { return _mm256_dpbusd_avx_epi32(_mm256_setzero_si256(), w, x); }
inline A a_dot(A sum, P w, P x) { return _mm256_dpbusd_avx_epi32(sum, w, x); }
inline A a_dot_signed(P w, P x) { return a_dot(w, x); }
inline I a_total(A sum) { return sum; }
#else
using A = __m256i;                                                                              // sixteen sums of 16 bits
constexpr int chain_of(int most) { return most > 63 ? 1 : most > 31 ? 2 : most > 15 ? 4 : 8; }  // * most * 254 < 2^15
inline A a_dot(P w, P x) { return _mm256_maddubs_epi16(w, x); }
inline A a_dot(A sum, P w, P x) { return _mm256_add_epi16(sum, _mm256_maddubs_epi16(w, x)); }
inline A a_dot_signed(P w, P x) { return _mm256_maddubs_epi16(_mm256_abs_epi8(w), _mm256_sign_epi8(x, w)); }
inline I a_total(A sum) { return _mm256_madd_epi16(sum, _mm256_set1_epi16(1)); }
#endif

// Lane r: the sum of v[r] over its first 16 weights (low) and its last 16 (high).
inline void i_sum_rows(const S* v, I* low, I* high) {
  const I a = _mm256_hadd_epi32(_mm256_hadd_epi32(v[0], v[1]), _mm256_hadd_epi32(v[2], v[3]));
  const I b = _mm256_hadd_epi32(_mm256_hadd_epi32(v[4], v[5]), _mm256_hadd_epi32(v[6], v[7]));
  *low = _mm256_permute2x128_si256(a, b, 0x20);
  *high = _mm256_permute2x128_si256(a, b, 0x31);
}

}  // namespace
}  // namespace sotto::cpu::SOTTO_CPU_ISA

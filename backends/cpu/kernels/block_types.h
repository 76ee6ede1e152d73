// block_types.h - how the quantised types of GGUF unfold: for `kLanes` neighbouring rows at once, scales in vectors whose lane
// r belongs to row r, and each row's 32 weights as bytes. Read by linear_quantised.h, one struct per type.
//
// A stored block of kBytes bytes holds kUnits units of 32 weights; weight = d * (byte - kLess) + m. With kHalves the two halves
// of a unit have scales of their own. With kMinimum false m is 0. kMost is the largest byte (its magnitude where bytes are
// signed).
// Layouts are ggml's; a repacked layout is one more struct.
#pragma once

#include "simd.h"

namespace sotto::cpu::SOTTO_CPU_ISA {
namespace {

// d and m of one unit; [1] is the second half's with kHalves.
struct Scales {
  F d[2];
  F m[2];
};

struct Affine {
  F d, m;
};
inline Scales scales_of(const Affine& h) { return {{h.d, h.d}, {h.m, h.m}}; }

inline uint32_t load_u32(const uint8_t* p) {
  uint32_t x;
  __builtin_memcpy(&x, p, 4);
  return x;
}

struct BlockQ4_0 {  // f16 d; 16 bytes of nibbles less 8
  static constexpr int kUnits = 1, kBytes = 18, kMost = 15, kLess = 8;
  static constexpr bool kHalves = false, kMinimum = false, kSigned = false;
  using Head = Affine;
  static Head head(const uint8_t* block, const int32_t* offsets) {
    return {f_from_f16_bits(i_gather(block, offsets)), f_zero()};
  }
  template <int kUnit>
  static Scales scales(const Head& h) {
    return scales_of(h);
  }
  template <int kUnit>
  static W bytes(const uint8_t* block) {
    return w_nibbles(block + 2);
  }
};

struct BlockQ4_1 {  // f16 d, f16 m; 16 bytes of nibbles
  static constexpr int kUnits = 1, kBytes = 20, kMost = 15, kLess = 0;
  static constexpr bool kHalves = false, kMinimum = true, kSigned = false;
  using Head = Affine;
  static Head head(const uint8_t* block, const int32_t* offsets) {
    const I x = i_gather(block, offsets);
    return {f_from_f16_bits(x), f_from_f16_bits(i_shr(x, 16))};
  }
  template <int kUnit>
  static Scales scales(const Head& h) {
    return scales_of(h);
  }
  template <int kUnit>
  static W bytes(const uint8_t* block) {
    return w_nibbles(block + 4);
  }
};

struct BlockQ5_0 {  // f16 d; 4 bytes of fifth bits; 16 bytes of nibbles; less 16
  static constexpr int kUnits = 1, kBytes = 22, kMost = 31, kLess = 16;
  static constexpr bool kHalves = false, kMinimum = false, kSigned = false;
  using Head = Affine;
  static Head head(const uint8_t* block, const int32_t* offsets) {
    return {f_from_f16_bits(i_gather(block, offsets)), f_zero()};
  }
  template <int kUnit>
  static Scales scales(const Head& h) {
    return scales_of(h);
  }
  template <int kUnit>
  static W bytes(const uint8_t* block) {
    return w_or(w_nibbles(block + 6), w_fifth_bits(load_u32(block + 2)));
  }
};

struct BlockQ5_1 {  // f16 d, f16 m; 4 bytes of fifth bits; 16 bytes of nibbles
  static constexpr int kUnits = 1, kBytes = 24, kMost = 31, kLess = 0;
  static constexpr bool kHalves = false, kMinimum = true, kSigned = false;
  using Head = Affine;
  static Head head(const uint8_t* block, const int32_t* offsets) { return BlockQ4_1::head(block, offsets); }
  template <int kUnit>
  static Scales scales(const Head& h) {
    return scales_of(h);
  }
  template <int kUnit>
  static W bytes(const uint8_t* block) {
    return w_or(w_nibbles(block + 8), w_fifth_bits(load_u32(block + 4)));
  }
};

struct BlockQ8_0 {  // f16 d; 32 signed bytes
  static constexpr int kUnits = 1, kBytes = 34, kMost = 128, kLess = kSignedOffset;
  static constexpr bool kHalves = false, kMinimum = false, kSigned = true;
  using Head = Affine;
  static Head head(const uint8_t* block, const int32_t* offsets) {
    return {f_from_f16_bits(i_gather(block, offsets)), f_zero()};
  }
  template <int kUnit>
  static Scales scales(const Head& h) {
    return scales_of(h);
  }
  template <int kUnit>
  static W bytes(const uint8_t* block) {
    return w_from_signed(w_load(block + 2));
  }
};

// The 6-bit scales and minima of Q4_K and Q5_K: 8 of each in 12 bytes, as three words per row.
struct HeadK {
  F d, minimum;
  I words[3];
};
inline HeadK head_k(const uint8_t* block, const int32_t* offsets) {
  const I x = i_gather(block, offsets);
  return {f_from_f16_bits(x),
          f_sub(f_zero(), f_from_f16_bits(i_shr(x, 16))),
          {i_gather(block + 4, offsets), i_gather(block + 8, offsets), i_gather(block + 12, offsets)}};
}
template <int kUnit>
inline Scales scales_k(const HeadK& h) {
  constexpr int kShift = 8 * (kUnit % 4);
  I scale, minimum;
  if constexpr (kUnit < 4) {
    scale = i_and(i_shr(h.words[0], kShift), i_set(63));
    minimum = i_and(i_shr(h.words[1], kShift), i_set(63));
  } else {
    const I high_scale = i_shl(i_and(i_shr(h.words[0], kShift + 6), i_set(3)), 4);
    const I high_minimum = i_shl(i_and(i_shr(h.words[1], kShift + 6), i_set(3)), 4);
    scale = i_or(i_and(i_shr(h.words[2], kShift), i_set(15)), high_scale);
    minimum = i_or(i_and(i_shr(h.words[2], kShift + 4), i_set(15)), high_minimum);
  }
  return scales_of({f_mul(h.d, f_from_i(scale)), f_mul(h.minimum, f_from_i(minimum))});
}

struct BlockQ4_K {  // f16 d, f16 minimum; 12 bytes of scales; 128 bytes of nibbles
  static constexpr int kUnits = 8, kBytes = 144, kMost = 15, kLess = 0;
  static constexpr bool kHalves = false, kMinimum = true, kSigned = false;
  using Head = HeadK;
  static Head head(const uint8_t* block, const int32_t* offsets) { return head_k(block, offsets); }
  template <int kUnit>
  static Scales scales(const Head& h) {
    return scales_k<kUnit>(h);
  }
  template <int kUnit>
  static W bytes(const uint8_t* block) {
    return w_bits<4 * (kUnit % 2), 15>(w_load(block + 16 + 32 * (kUnit / 2)));
  }
};

struct BlockQ5_K {  // f16 d, f16 minimum; 12 bytes of scales; 32 bytes of fifth bits; 128 bytes of nibbles
  static constexpr int kUnits = 8, kBytes = 176, kMost = 31, kLess = 0;
  static constexpr bool kHalves = false, kMinimum = true, kSigned = false;
  using Head = HeadK;
  static Head head(const uint8_t* block, const int32_t* offsets) { return head_k(block, offsets); }
  template <int kUnit>
  static Scales scales(const Head& h) {
    return scales_k<kUnit>(h);
  }
  template <int kUnit>
  static W bytes(const uint8_t* block) {
    const W fifth = w_shl<4>(w_bits<kUnit, 1>(w_load(block + 16)));
    return w_or(w_bits<4 * (kUnit % 2), 15>(w_load(block + 48 + 32 * (kUnit / 2))), fifth);
  }
};

struct BlockQ6_K {  // 128 bytes of low nibbles; 64 bytes of high pairs; 16 signed scales; f16 d; less 32
  static constexpr int kUnits = 8, kBytes = 210, kMost = 63, kLess = 32;
  static constexpr bool kHalves = true, kMinimum = false, kSigned = false;
  struct Head {
    F d;
    I words[4];
  };
  static Head head(const uint8_t* block, const int32_t* offsets) {
    Head h;
    for (int i = 0; i < 4; ++i) h.words[i] = i_gather(block + 192 + 4 * i, offsets);
    h.d = f_from_f16_bits(i_shr(i_gather(block + 206, offsets), 16));
    return h;
  }
  template <int kByte>
  static F scale(const Head& h) {
    return f_mul(h.d, f_from_i(i_sar(i_shl(h.words[kByte / 4], 24 - 8 * (kByte % 4)), 24)));
  }
  template <int kUnit>
  static Scales scales(const Head& h) {
    constexpr int kFirst = 8 * (kUnit / 4) + 2 * (kUnit % 4);
    return {{scale<kFirst>(h), scale<kFirst + 1>(h)}, {f_zero(), f_zero()}};
  }
  template <int kUnit>
  static W bytes(const uint8_t* block) {
    constexpr int kQuarter = kUnit % 4;
    const W low = w_load(block + 64 * (kUnit / 4) + 32 * (kQuarter % 2));
    const W high = w_load(block + 128 + 32 * (kUnit / 4));
    return w_or(w_bits<4 * (kQuarter / 2), 15>(low), w_shl<4>(w_bits<2 * kQuarter, 3>(high)));
  }
};

}  // namespace
}  // namespace sotto::cpu::SOTTO_CPU_ISA

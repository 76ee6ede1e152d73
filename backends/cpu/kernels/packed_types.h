// packed_types.h - the repacked layout of the quantised types: the weights of `kLanes` neighbouring rows side by side, so that
// a vector load brings four columns of every row and each byte of the weights is read once, in order.
//
// A group of kLanes rows is a list of blocks (kUnits units of 32 columns, as stored): a head of float16 [kLanes] per scale,
// then per unit the weights and, where a unit has scales of its own, those as bytes [kLanes]. Word j of a unit is columns
// 4 j .. 4 j + 3 of all rows, one byte each. Four bits: word j in the low, word j + 4 in the high nibbles of vector j (0 .. 3).
// A fifth bit: bit j of one more vector is word j's. Two high bits: two more vectors with words 0 .. 3 and 4 .. 7.
#pragma once

#include "block_types.h"

namespace sotto::cpu::SOTTO_CPU_ISA {
namespace {

constexpr int kWordBytes = 4 * kLanes;

// word<k>(unit), word_at(unit, k): one byte per weight. put(): the words of one row's unit to their places.
template <int kBits>
struct Words;

inline void put_word(uint32_t word, int vector, int row, uint8_t* unit) {
  __builtin_memcpy(unit + vector * kWordBytes + 4 * row, &word, 4);
}

template <>
struct Words<4> {
  template <int k>
  static P word(const uint8_t* unit) {
    return p_bits < k < 4 ? 0 : 4, 15 > (p_load(unit + k % 4 * kWordBytes));
  }
  static P word_at(const uint8_t* unit, uint32_t k) {
    return p_bits<0, 15>(p_shift_right(p_load(unit + k % 4 * kWordBytes), k < 4 ? 0 : 4));
  }
  static void put(const uint32_t* words, int row, uint8_t* unit) {
    for (int j = 0; j < 4; ++j) put_word((words[j] & 0x0F0F0F0Fu) | (words[j + 4] & 0x0F0F0F0Fu) << 4, j, row, unit);
  }
};
template <>
struct Words<5> {
  template <int k>
  static P word(const uint8_t* unit) {
    return p_or(Words<4>::word<k>(unit), p_bits<k - 4, 0x10>(p_load(unit + 4 * kWordBytes)));
  }
  static P word_at(const uint8_t* unit, uint32_t k) {
    const P fifth = p_bits<0, 1>(p_shift_right(p_load(unit + 4 * kWordBytes), k));
    return p_or(Words<4>::word_at(unit, k), p_bits<-4, 0x10>(fifth));
  }
  static void put(const uint32_t* words, int row, uint8_t* unit) {
    Words<4>::put(words, row, unit);
    uint32_t fifth = 0;
    for (int k = 0; k < 8; ++k) fifth |= (words[k] >> 4 & 0x01010101u) << k;
    put_word(fifth, 4, row, unit);
  }
};
template <>
struct Words<6> {
  template <int k>
  static P word(const uint8_t* unit) {
    return p_or(Words<4>::word<k>(unit), p_bits<2 * (k % 4) - 4, 0x30>(p_load(unit + (4 + k / 4) * kWordBytes)));
  }
  static P word_at(const uint8_t* unit, uint32_t k) {
    const P high = p_bits<0, 3>(p_shift_right(p_load(unit + (4 + k / 4) * kWordBytes), 2 * (k % 4)));
    return p_or(Words<4>::word_at(unit, k), p_bits<-4, 0x30>(high));
  }
  static void put(const uint32_t* words, int row, uint8_t* unit) {
    Words<4>::put(words, row, unit);
    for (int h = 0; h < 2; ++h) {
      uint32_t high = 0;
      for (int k = 0; k < 4; ++k) high |= (words[4 * h + k] >> 4 & 0x03030303u) << 2 * k;
      put_word(high, 4 + h, row, unit);
    }
  }
};
template <>
struct Words<8> {
  template <int k>
  static P word(const uint8_t* unit) {
    return word_at(unit, k);
  }
  static P word_at(const uint8_t* unit, uint32_t k) { return p_load(unit + k * kWordBytes); }
  static void put(const uint32_t* words, int row, uint8_t* unit) {
    for (int k = 0; k < 8; ++k) put_word(words[k], k, row, unit);
  }
};

inline void put_half(const uint8_t* from, int row, uint8_t* to) { __builtin_memcpy(to + 2 * row, from, 2); }

// d.
struct ScaleOne {
  static constexpr int kPerHead = 2, kPerUnit = 0;  // bytes per row
  using Head = Affine;
  static Head head(const uint8_t* head) { return {f_load_f16(head), f_zero()}; }
  static Scales scales(const Head& h, const uint8_t*) { return scales_of(h); }
  static void put_head(const uint8_t* block, int row, uint8_t* head) { put_half(block, row, head); }
  static void put_unit(const uint8_t*, int, int, uint8_t*) {}
};
// d and m.
struct ScaleTwo {
  static constexpr int kPerHead = 4, kPerUnit = 0;
  using Head = Affine;
  static Head head(const uint8_t* head) { return {f_load_f16(head), f_load_f16(head + 2 * kLanes)}; }
  static Scales scales(const Head& h, const uint8_t*) { return scales_of(h); }
  static void put_head(const uint8_t* block, int row, uint8_t* head) {
    put_half(block, row, head);
    put_half(block + 2, row, head + 2 * kLanes);
  }
  static void put_unit(const uint8_t*, int, int, uint8_t*) {}
};
// d, minimum; per unit six bits of each.
struct ScaleK {
  static constexpr int kPerHead = 4, kPerUnit = 2;
  using Head = Affine;
  static Head head(const uint8_t* head) { return {f_load_f16(head), f_sub(f_zero(), f_load_f16(head + 2 * kLanes))}; }
  static Scales scales(const Head& h, const uint8_t* unit) {
    const int8_t* bytes = reinterpret_cast<const int8_t*>(unit);
    return scales_of({f_mul(h.d, f_load_i8(bytes)), f_mul(h.m, f_load_i8(bytes + kLanes))});
  }
  static void put_head(const uint8_t* block, int row, uint8_t* head) { ScaleTwo::put_head(block, row, head); }
  static void put_unit(const uint8_t* block, int u, int row, uint8_t* unit) {
    const uint8_t* s = block + 4;
    unit[row] = static_cast<uint8_t>(u < 4 ? s[u] & 63 : (s[u + 4] & 15) | s[u - 4] >> 6 << 4);
    unit[kLanes + row] = static_cast<uint8_t>(u < 4 ? s[u + 4] & 63 : s[u + 4] >> 4 | s[u] >> 6 << 4);
  }
};
// d; per half unit a signed byte.
struct ScaleSix {
  static constexpr int kPerHead = 2, kPerUnit = 2;
  using Head = F;
  static Head head(const uint8_t* head) { return f_load_f16(head); }
  static Scales scales(const Head& d, const uint8_t* unit) {
    const int8_t* bytes = reinterpret_cast<const int8_t*>(unit);
    return {{f_mul(d, f_load_i8(bytes)), f_mul(d, f_load_i8(bytes + kLanes))}, {f_zero(), f_zero()}};
  }
  static void put_head(const uint8_t* block, int row, uint8_t* head) { put_half(block + 208, row, head); }
  static void put_unit(const uint8_t* block, int u, int row, uint8_t* unit) {
    unit[row] = block[192 + 8 * (u / 4) + 2 * (u % 4)];
    unit[kLanes + row] = block[193 + 8 * (u / 4) + 2 * (u % 4)];
  }
};

template <class StoredBlock, class ScaleKind, int kBits>
struct Packed : StoredBlock {
  using Stored = StoredBlock;
  using Scale = ScaleKind;
  static constexpr int kWeightBytes = 4 * kBits * kLanes;  // of a unit
  static constexpr int kHeadBytes = Scale::kPerHead * kLanes;
  static constexpr int kUnitBytes = kWeightBytes + Scale::kPerUnit * kLanes;
  static constexpr int kBlockBytes = kHeadBytes + Stored::kUnits * kUnitBytes;

  static typename Scale::Head packed_head(const uint8_t* block) { return Scale::head(block); }
  static const uint8_t* unit(const uint8_t* block, int u) { return block + kHeadBytes + u * kUnitBytes; }
  static Scales packed_scales(const typename Scale::Head& h, const uint8_t* unit) {
    return Scale::scales(h, unit + kWeightBytes);
  }
  template <int k>
  static P word(const uint8_t* unit) {
    return Words<kBits>::template word<k>(unit);
  }
  static P word_at(const uint8_t* unit, uint32_t k) { return Words<kBits>::word_at(unit, k); }
  static void put_words(const uint32_t* words, int row, uint8_t* unit) { Words<kBits>::put(words, row, unit); }
};

using PackedQ4_0 = Packed<BlockQ4_0, ScaleOne, 4>;
using PackedQ4_1 = Packed<BlockQ4_1, ScaleTwo, 4>;
using PackedQ5_0 = Packed<BlockQ5_0, ScaleOne, 5>;
using PackedQ5_1 = Packed<BlockQ5_1, ScaleTwo, 5>;
using PackedQ8_0 = Packed<BlockQ8_0, ScaleOne, 8>;
using PackedQ4_K = Packed<BlockQ4_K, ScaleK, 4>;
using PackedQ5_K = Packed<BlockQ5_K, ScaleK, 5>;
using PackedQ6_K = Packed<BlockQ6_K, ScaleSix, 6>;

}  // namespace
}  // namespace sotto::cpu::SOTTO_CPU_ISA

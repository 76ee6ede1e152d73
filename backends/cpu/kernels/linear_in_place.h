// linear_in_place.h - y[a][n] = sum over k of W[n][k] x[a][k]: W in stored blocks (block_types.h), where they lie, x as
// integers (kernels.h). For weights that may not be repacked; packed_types.h is faster.
//
// kLanes weight rows side by side. Up to kFewRows activation rows: weights unfold in registers, each stored byte is read once.
// More: linear_tile.h. REQUIRES: 15 * stride < 2^31.
#pragma once

#include "linear_tile.h"

namespace sotto::cpu::SOTTO_CPU_ISA {
namespace {

constexpr uint32_t kFewRows = 4;  // up to here unfolding twice is cheaper than a panel

// kLanes rows from row `first` on; behind the last row the last one again.
struct RowGroup {
  const uint8_t* base;
  int32_t offsets[kLanes];
  uint32_t count;
};
inline RowGroup group_of(const LinearTask& t, uint32_t first) {
  RowGroup g;
  g.base = t.weights + first * t.stride;
  const uint32_t left = t.end_row - first;
  g.count = left < uint32_t{kLanes} ? left : uint32_t{kLanes};
  for (uint32_t r = 0; r < uint32_t{kLanes}; ++r) {
    g.offsets[r] = static_cast<int32_t>((r < g.count ? r : g.count - 1) * t.stride);
  }
  return g;
}

template <class T>
inline S dot_of(W w, const int8_t* a) {
  return T::kSigned ? s_dot_signed(w, a) : s_dot(w, a);
}

// Lane r: weights w[r] times the unit's numbers, in two halves.
template <class T>
__attribute__((always_inline)) inline void dot_rows(const W* w, const int8_t* numbers, I* first_half, I* last_half) {
  S s[kLanes];
  for (int r = 0; r < kLanes; ++r) s[r] = dot_of<T>(w[r], numbers);
  i_sum_rows(s, first_half, last_half);
}

template <class T>
inline F add_outlier_in_place(F rest, const W* w, const Scales& scales, const Outlier& o) {
  int8_t alone[kUnit] = {};
  const uint32_t word = o.place % kWords;
  __builtin_memcpy(alone + 4 * word, o.four, 4);
  I first_half, last_half;
  dot_rows<T>(w, alone, &first_half, &last_half);
  const F d = scales.d[T::kHalves && word >= kWords / 2 ? 1 : 0];
  return f_fma(f_from_i(i_add(first_half, last_half)), f_mul(d, f_set(o.step)), rest);
}

template <class T, int kRows>
void few_rows(const LinearTask& t, const RowGroup& g, uint32_t first, uint32_t row) {
  Activations x[kRows];
  F sums[kRows], rest[kRows];
  for (int c = 0; c < kRows; ++c) {
    x[c] = activations_of(t.quants, row + static_cast<uint32_t>(c));
    sums[c] = rest[c] = f_zero();
  }
  const size_t blocks = t.quants.units / T::kUnits;
  for (size_t b = 0; b < blocks; ++b) {
    const uint8_t* block = g.base + b * T::kBytes;
    const typename T::Head head = T::head(block, g.offsets);
    for_each<0, T::kUnits>([&](auto unit) __attribute__((always_inline)) {
      const size_t u = b * T::kUnits + static_cast<size_t>(unit.value);
      W w[kLanes];
      for (int r = 0; r < kLanes; ++r) w[r] = T::template bytes<unit.value>(block + g.offsets[r]);
      const Scales scales = T::template scales<unit.value>(head);
      for (int c = 0; c < kRows; ++c) {
        const ActivationUnit& of_row = x[c].units[u];
        I first_half, last_half;
        dot_rows<T>(w, of_row.numbers, &first_half, &last_half);
        if (!T::kHalves) first_half = i_add(first_half, last_half);
        sums[c] = add_unit<T>(sums[c], first_half, last_half, scales, unit_of<T>(of_row));
        for (uint32_t i = 0; i < of_row.outliers; ++i) {
          rest[c] = add_outlier_in_place<T>(rest[c], w, scales, *x[c].outliers++);
        }
      }
    });
  }
  for (int c = 0; c < kRows; ++c) {
    store_lanes(t.out + (row + static_cast<uint32_t>(c)) * t.out_stride + (first - t.first_row), f_add(sums[c], rest[c]),
                g.count);
  }
}

template <class T>
void fill_panel(const LinearTask& t, const RowGroup& g, const Panel& panel) {
  const size_t blocks = t.quants.units / T::kUnits;
  for (size_t b = 0; b < blocks; ++b) {
    const uint8_t* block = g.base + b * T::kBytes;
    const typename T::Head head = T::head(block, g.offsets);
    for_each<0, T::kUnits>([&](auto unit) __attribute__((always_inline)) {
      const size_t u = b * T::kUnits + static_cast<size_t>(unit.value);
      const Scales scales = T::template scales<unit.value>(head);
      store_scales<T>(panel, u, scales);
      uint8_t* to = panel.bytes + u * kUnit * kLanes;
      for (int r = 0; r < kLanes; ++r) {
        uint32_t words[kWords];
        w_store(words, T::template bytes<unit.value>(block + g.offsets[r]));
        for (int k = 0; k < kWords; ++k) __builtin_memcpy(to + 4 * (k * kLanes + r), &words[k], 4);
      }
    });
  }
}

template <class T>
void linear_in_place(const LinearTask& t) {
  if (t.row_count > kFewRows) {
    linear_tiles<T>(
        t, [&](uint32_t n, const Panel& panel) { fill_panel<T>(t, group_of(t, n), panel); },
        [](uint32_t, uint32_t, uint32_t, uint32_t) {});
    return;
  }
  for (uint32_t n = t.first_row; n < t.end_row; n += kLanes) {
    const RowGroup g = group_of(t, n);
    uint32_t row = 0;
    for (; row + 2 <= t.row_count; row += 2) few_rows<T, 2>(t, g, n, row);
    for (; row < t.row_count; ++row) few_rows<T, 1>(t, g, n, row);
  }
}

// Columns [first, first + count) of a stored row as float32, without the rounding of the activations' sums: d * byte + m.
template <class T>
void decode_row(const uint8_t* row, uint64_t first, uint32_t count, float* x) {
  const int32_t offsets[kLanes] = {};
  const uint64_t end = first + count;
  for (uint64_t b = first / (T::kUnits * kUnit); b * T::kUnits * kUnit < end; ++b) {
    const uint8_t* block = row + b * T::kBytes;
    const typename T::Head head = T::head(block, offsets);
    for_each<0, T::kUnits>([&](auto unit) __attribute__((always_inline)) {
      uint8_t bytes[kUnit];
      w_store(bytes, T::template bytes<unit.value>(block));
      const Scales scales = T::template scales<unit.value>(head);
      float d[2][kLanes], m[2][kLanes];
      for (int i = 0; i < 2; ++i) {
        f_store(d[i], scales.d[i]);
        f_store(m[i], scales.m[i]);
      }
      const uint64_t column = (b * T::kUnits + static_cast<uint64_t>(unit.value)) * kUnit;
      for (uint32_t k = 0; k < kUnit; ++k) {
        if (column + k < first || column + k >= end) continue;
        const int half = T::kHalves && k >= kUnit / 2 ? 1 : 0;
        const int number = T::kSigned && T::kLess == 0 ? static_cast<int8_t>(bytes[k]) : int{bytes[k]} - T::kLess;
        x[column + k - first] = d[half][0] * static_cast<float>(number) + (T::kMinimum ? m[half][0] : 0.0f);
      }
    });
  }
}

}  // namespace
}  // namespace sotto::cpu::SOTTO_CPU_ISA

// linear_quantised.h - y[a][n] = sum over k of W[n][k] x[a][k]: W in quantised blocks (block_types.h), x as int8 with a scale
// per 32.
//
// kLanes weight rows side by side. Few activation rows: weights unfold in registers, each stored byte is read once and the
// limit is memory bandwidth. More: the rows unfold once into a panel [k / 4][row][4] of the thread's scratch, then tiles of
// kTileRows activation rows run over it; the limit is the integer dot product. Both add the exact integer sum of a unit, unit
// by unit, with the same float operations: a result's bits depend on its two rows only. REQUIRES: 15 * stride < 2^31.
#pragma once

#include "block_types.h"
#include "kernels.h"

namespace sotto::cpu::SOTTO_CPU_ISA {
namespace {

constexpr uint32_t kFewRows = 4;  // up to here unfolding twice is cheaper than a panel

template <int kValue>
struct Int {
  static constexpr int value = kValue;
};
template <int kUnits, int kFrom = 0, class Body>
__attribute__((always_inline)) inline void for_units(Body&& body) {
  if constexpr (kFrom < kUnits) {
    body(Int<kFrom>{});
    for_units<kUnits, kFrom + 1>(body);
  }
}

// The activation row: where its parts lie.
struct Activations {
  const int8_t* high;
  const int8_t* low;
  const float* scales;
  const float* sums;
  const float* half_sums;
};
inline Activations activations_of(const QuantRows& rows, uint32_t row) {
  const uint8_t* p = rows.base + row * rows.stride;
  const float* scales = reinterpret_cast<const float*>(p + size_t{kUnit} * rows.units);
  const int8_t* low = reinterpret_cast<const int8_t*>(scales + 4 * size_t{rows.units});
  return {reinterpret_cast<const int8_t*>(p), low, scales, scales + rows.units, scales + 2 * size_t{rows.units}};
}

// Adds unit `u`: the only place that says in which order floats are added.
template <class T>
inline F add_unit(F sum, I low, I high, const Scales& w, const Activations& x, size_t u) {
  const F scale = f_set(x.scales[u]);
  if constexpr (T::kHalves) {
    sum = f_fma(f_from_i(low), f_mul(w.d[0], scale), sum);
    sum = f_fma(w.m[0], f_set(x.half_sums[2 * u]), sum);
    sum = f_fma(f_from_i(high), f_mul(w.d[1], scale), sum);
    return f_fma(w.m[1], f_set(x.half_sums[2 * u + 1]), sum);
  } else {
    sum = f_fma(f_from_i(i_add(low, high)), f_mul(w.d[0], scale), sum);
    return T::kOffset ? f_fma(w.m[0], f_set(x.sums[u]), sum) : sum;
  }
}

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

inline void store_group(const LinearTask& t, const RowGroup& g, uint32_t first, uint32_t row, F sum) {
  float* out = t.out + row * t.out_stride + (first - t.first_row);
  if (g.count == uint32_t{kLanes}) {
    f_store(out, sum);
  } else {
    f_store_first(out, sum, g.count);
  }
}

template <class T>
inline S dot_of(W w, const int8_t* a) {
  return T::kSigned ? s_dot_signed(w, a) : s_dot(w, a);
}

template <class T, int kRows>
void few_rows(const LinearTask& t, const RowGroup& g, uint32_t first, uint32_t row) {
  Activations x[kRows];
  F sums[kRows];
  for (int c = 0; c < kRows; ++c) {
    x[c] = activations_of(t.quants, row + static_cast<uint32_t>(c));
    sums[c] = f_zero();
  }
  const size_t blocks = t.quants.units / T::kUnits;
  for (size_t b = 0; b < blocks; ++b) {
    const uint8_t* block = g.base + b * T::kBytes;
    const typename T::Head head = T::head(block, g.offsets);
    for_units<T::kUnits>([&](auto unit) __attribute__((always_inline)) {
      const size_t u = b * T::kUnits + static_cast<size_t>(unit.value);
      W w[kLanes];
      for (int r = 0; r < kLanes; ++r) w[r] = T::template bytes<unit.value>(block + g.offsets[r]);
      const Scales scales = T::template scales<unit.value>(head);
      for (int c = 0; c < kRows; ++c) {
        S s[kLanes];
        for (int r = 0; r < kLanes; ++r) {
          s[r] = s_fold(dot_of<T>(w[r], x[c].high + kUnit * u), dot_of<T>(w[r], x[c].low + kUnit * u));
        }
        I low, high;
        i_sum_rows(s, &low, &high);
        sums[c] = add_unit<T>(sums[c], low, high, scales, x[c], u);
      }
    });
  }
  for (int c = 0; c < kRows; ++c) store_group(t, g, first, row + static_cast<uint32_t>(c), sums[c]);
}

// A panel: bytes [unit][8][kLanes][4], then the scales d and m of each unit (of each half) in turn.
struct Panel {
  uint8_t* bytes;
  float* scales;
};

template <class T>
void fill_panel(const LinearTask& t, const RowGroup& g, const Panel& panel) {
  constexpr int kScales = T::kHalves ? 2 : 1;
  const size_t blocks = t.quants.units / T::kUnits;
  for (size_t b = 0; b < blocks; ++b) {
    const uint8_t* block = g.base + b * T::kBytes;
    const typename T::Head head = T::head(block, g.offsets);
    for_units<T::kUnits>([&](auto unit) __attribute__((always_inline)) {
      const size_t u = b * T::kUnits + static_cast<size_t>(unit.value);
      const Scales scales = T::template scales<unit.value>(head);
      for (int i = 0; i < kScales; ++i) {
        f_store(panel.scales + (u * kScales + static_cast<size_t>(i)) * 2 * kLanes, scales.d[i]);
        f_store(panel.scales + (u * kScales + static_cast<size_t>(i)) * 2 * kLanes + kLanes, scales.m[i]);
      }
      uint8_t* to = panel.bytes + u * kUnit * kLanes;
      for (int r = 0; r < kLanes; ++r) {
        uint32_t words[8];
        w_store(words, T::template bytes<unit.value>(block + g.offsets[r]));
        for (int k = 0; k < 8; ++k) __builtin_memcpy(to + 4 * (k * kLanes + r), &words[k], 4);
      }
    });
  }
}

// sums += the words [first, end) of a unit's columns, four columns each, of kRows activation rows.
template <class T, int kRows>
__attribute__((always_inline)) inline void dot_words(const uint8_t* bytes, const int8_t* const* quants, int first, int end,
                                                     I* sums) {
  for (int k = first; k < end; ++k) {
    for (int c = 0; c < kRows; ++c) {
      int32_t four;
      __builtin_memcpy(&four, quants[c] + 4 * k, 4);
      const uint8_t* w = bytes + 4 * k * kLanes;
      sums[c] = T::kSigned ? i_dot4_signed(sums[c], w, four) : i_dot4(sums[c], w, four);
    }
  }
}

template <class T, int kRows>
void tile(const LinearTask& t, const RowGroup& g, const Panel& panel, uint32_t first, uint32_t row) {
  constexpr int kParts = T::kHalves ? 2 : 1, kWords = 8 / kParts;
  Activations x[kRows];
  F sums[kRows];
  for (int c = 0; c < kRows; ++c) {
    x[c] = activations_of(t.quants, row + static_cast<uint32_t>(c));
    sums[c] = f_zero();
  }
  for (size_t u = 0; u < t.quants.units; ++u) {
    const uint8_t* bytes = panel.bytes + u * kUnit * kLanes;
    const int8_t *high[kRows], *low[kRows];
    for (int c = 0; c < kRows; ++c) {
      high[c] = x[c].high + kUnit * u;
      low[c] = x[c].low + kUnit * u;
    }
    const float* p = panel.scales + u * kParts * 2 * kLanes;
    Scales scales = {{f_load(p), f_zero()}, {f_load(p + kLanes), f_zero()}};
    I dots[2][kRows];
    for (int part = 0; part < kParts; ++part) {
      for (int c = 0; c < kRows; ++c) dots[part][c] = i_zero();
      dot_words<T, kRows>(bytes, high, part * kWords, (part + 1) * kWords, dots[part]);
      for (int c = 0; c < kRows; ++c) dots[part][c] = i_shl(dots[part][c], 7);
      dot_words<T, kRows>(bytes, low, part * kWords, (part + 1) * kWords, dots[part]);
    }
    if (T::kHalves) {
      scales.d[1] = f_load(p + 2 * kLanes);
      scales.m[1] = f_load(p + 3 * kLanes);
    }
    for (int c = 0; c < kRows; ++c) {
      sums[c] = add_unit<T>(sums[c], dots[0][c], T::kHalves ? dots[kParts - 1][c] : i_zero(), scales, x[c], u);
    }
  }
  for (int c = 0; c < kRows; ++c) store_group(t, g, first, row + static_cast<uint32_t>(c), sums[c]);
}

template <class T>
void linear_group(const LinearTask& t, const RowGroup& g, uint32_t first) {
  uint32_t row = 0;
  if (t.row_count > kFewRows) {
    const Panel panel = {t.scratch, reinterpret_cast<float*>(t.scratch + size_t{t.quants.units} * kUnit * kLanes)};
    fill_panel<T>(t, g, panel);
    for (; row + kTileRows <= t.row_count; row += kTileRows) tile<T, kTileRows>(t, g, panel, first, row);
    for (; row + 2 <= t.row_count; row += 2) tile<T, 2>(t, g, panel, first, row);
    for (; row < t.row_count; ++row) tile<T, 1>(t, g, panel, first, row);
    return;
  }
  for (; row + 2 <= t.row_count; row += 2) few_rows<T, 2>(t, g, first, row);
  for (; row < t.row_count; ++row) few_rows<T, 1>(t, g, first, row);
}

template <class T>
void linear_quantised(const LinearTask& t) {
  for (uint32_t n = t.first_row; n < t.end_row; n += kLanes) linear_group<T>(t, group_of(t, n), n);
}

// Columns [first, first + count) of a stored row as float32, without the rounding of the activations' sums: d * byte + m.
template <class T>
void decode_row(const uint8_t* row, uint64_t first, uint32_t count, float* x) {
  const int32_t offsets[kLanes] = {};
  const uint64_t end = first + count;
  for (uint64_t b = first / (T::kUnits * kUnit); b * T::kUnits * kUnit < end; ++b) {
    const uint8_t* block = row + b * T::kBytes;
    const typename T::Head head = T::head(block, offsets);
    for_units<T::kUnits>([&](auto unit) __attribute__((always_inline)) {
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
        x[column + k - first] = d[half][0] * static_cast<float>(T::kSigned && !T::kOffset ? static_cast<int8_t>(bytes[k])
                                                                                          : static_cast<int>(bytes[k])) +
                                (T::kOffset ? m[half][0] : 0.0f);
      }
    });
  }
}

}  // namespace
}  // namespace sotto::cpu::SOTTO_CPU_ISA

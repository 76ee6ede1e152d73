// linear_tile.h - many activation rows by kLanes weight rows at a time: the rows unfold once into a panel of the thread's
// scratch, then tiles of kTileGroups groups by kTileRows activation rows run over it. Limit: the integer dot product.
//
// A panel holds bytes [unit][8 words][kLanes][4 columns], then the scales d and m of each unit (of each half) in turn. Products
// are summed in 16 bits as long as they fit (chain_of). The upper bits of outliers follow in a loop of their own: a question in
// the loop over the units would be answered differently every time.
#pragma once

#include "activations.h"

namespace sotto::cpu::SOTTO_CPU_ISA {
namespace {

constexpr int kWords = kUnit / 4;

struct Panel {
  uint8_t* bytes;
  float* scales;
};
inline Panel panel_of(const LinearTask& t, uint32_t group) {
  const size_t units = t.quants.units, bytes = units * kUnit * kLanes;
  uint8_t* base = t.scratch + group * units * kLanes * (kUnit + 4 * sizeof(float));
  return {base, reinterpret_cast<float*>(base + bytes)};
}
template <class T>
inline void store_scales(const Panel& panel, size_t u, const Scales& scales) {
  constexpr int kParts = T::kHalves ? 2 : 1;
  for (int i = 0; i < kParts; ++i) {
    f_store(panel.scales + (u * kParts + static_cast<size_t>(i)) * 2 * kLanes, scales.d[i]);
    f_store(panel.scales + (u * kParts + static_cast<size_t>(i)) * 2 * kLanes + kLanes, scales.m[i]);
  }
}

template <class T>
inline Scales load_scales(const Panel& panel, size_t u) {
  constexpr int kParts = T::kHalves ? 2 : 1;
  const float* p = panel.scales + u * kParts * 2 * kLanes;
  Scales scales = {{f_load(p), f_zero()}, {T::kMinimum ? f_load(p + kLanes) : f_zero(), f_zero()}};
  if constexpr (T::kHalves) scales.d[1] = f_load(p + 2 * kLanes);
  return scales;
}

// d of the unit, or half of one, in which four neighbouring numbers lie.
template <class T>
inline const float* scale_of(const Panel& panel, size_t place) {
  constexpr size_t kPartWords = kWords / (T::kHalves ? 2 : 1);
  return panel.scales + place / kPartWords * 2 * kLanes;
}

template <class T>
inline A first_dot(P w, P x) {
  if constexpr (T::kSigned) return a_dot_signed(w, x);
  return a_dot(w, x);
}

#if defined(SOTTO_CPU_MATRIX)
// dot_words by products of 2 x 8 by 8 x 2: the same integers from half the instructions.
template <int kGroups, int kRows, int kFirst, int kEnd>
__attribute__((always_inline)) inline void dot_matrices(const uint8_t* const* bytes, const int8_t* const* x,
                                                        I (&dots)[kGroups][kRows]) {
  static_assert(kRows % 2 == 0 && (kEnd - kFirst) % 2 == 0);
  constexpr int kPairs = kRows / 2;
  I low[kGroups][kPairs], high[kGroups][kPairs];
  for_tile<kGroups, kPairs>([&](auto g, auto c)
                                __attribute__((always_inline)) { low[g.value][c.value] = high[g.value][c.value] = i_zero(); });
  for_each<kFirst / 2, kEnd / 2>([&](auto two) __attribute__((always_inline)) {
    constexpr int k = 2 * two.value;
    MatrixPair w[kGroups];
    M rows[kPairs];
    for_each<0, kGroups>([&](auto g) __attribute__((always_inline)) {
      const uint8_t* words = bytes[g.value] + k * 4 * kLanes;
      w[g.value] = m_weights(p_load(words), p_load(words + 4 * kLanes));
    });
    for_each<0, kPairs>([&](auto c) __attribute__((always_inline)) {
      rows[c.value] = m_rows(x[2 * c.value] + 4 * k, x[2 * c.value + 1] + 4 * k);
    });
    for_tile<kGroups, kPairs>([&](auto g, auto c) __attribute__((always_inline)) {
      low[g.value][c.value] = m_dot(low[g.value][c.value], w[g.value].low, rows[c.value]);
      high[g.value][c.value] = m_dot(high[g.value][c.value], w[g.value].high, rows[c.value]);
    });
  });
  for_tile<kGroups, kPairs>([&](auto g, auto c) __attribute__((always_inline)) {
    dots[g.value][2 * c.value] = m_first(low[g.value][c.value], high[g.value][c.value]);
    dots[g.value][2 * c.value + 1] = m_second(low[g.value][c.value], high[g.value][c.value]);
  });
}
#endif

// dots[g][c] = the words [kFirst, kEnd) of a unit: weights of group g times activation row c.
template <class T, int kGroups, int kRows, int kFirst, int kEnd>
__attribute__((always_inline)) inline void dot_words(const uint8_t* const* bytes, const int8_t* const* x,
                                                     I (&dots)[kGroups][kRows]) {
#if defined(SOTTO_CPU_MATRIX)
  if constexpr (kRows % 2 == 0) return dot_matrices<kGroups, kRows, kFirst, kEnd>(bytes, x, dots);
#endif
  constexpr int kChain = chain_of(T::kMost);
  A sums[kGroups][kRows];
  for_each<kFirst, kEnd>([&](auto word) __attribute__((always_inline)) {
    constexpr int k = word.value, kAt = (k - kFirst) % kChain;
    P w[kGroups], four[kRows];
    for_each<0, kGroups>([&](auto g) __attribute__((always_inline)) { w[g.value] = p_load(bytes[g.value] + k * 4 * kLanes); });
    for_each<0, kRows>([&](auto c) __attribute__((always_inline)) { four[c.value] = p_four(x[c.value] + 4 * k); });
    for_tile<kGroups, kRows>([&](auto g, auto c) __attribute__((always_inline)) {
      A& sum = sums[g.value][c.value];
      I& dot = dots[g.value][c.value];
      if constexpr (kAt == 0) {
        sum = first_dot<T>(w[g.value], four[c.value]);
      } else {
        sum = a_dot(sum, w[g.value], four[c.value]);
      }
      if constexpr (kAt == kChain - 1 || k == kEnd - 1) dot = k - kFirst < kChain ? a_total(sum) : i_add(dot, a_total(sum));
    });
  });
}

// sums[g] += what the upper bits of a row's outliers bring.
template <class T, int kGroups>
__attribute__((always_inline)) inline void add_outliers(const Panel* panels, const Activations& x, F* const* sums) {
  F rest[kGroups];
  for_each<0, kGroups>([&](auto g) __attribute__((always_inline)) { rest[g.value] = f_zero(); });
  for (uint32_t i = 0; i < x.count; ++i) {
    const size_t place = x.outliers[i].place;
    const P four = p_four(x.outliers[i].four);
    const F step = f_set(x.outliers[i].step);
    for_each<0, kGroups>([&](auto g) __attribute__((always_inline)) {
      const I dot = a_total(first_dot<T>(p_load(panels[g.value].bytes + place * 4 * kLanes), four));
      const F d = f_load(scale_of<T>(panels[g.value], place));
      rest[g.value] = f_fma(f_from_i(dot), f_mul(d, step), rest[g.value]);
    });
  }
  for_each<0, kGroups>([&](auto g) __attribute__((always_inline)) { *sums[g.value] = f_add(*sums[g.value], rest[g.value]); });
}

// A unit of a tile, but for the upper bits of outliers.
template <class T, int kGroups, int kRows>
__attribute__((always_inline)) inline void add_tile_unit(const Panel* panels, const Activations* x, size_t u,
                                                         F (&sums)[kGroups][kRows]) {
  constexpr int kParts = T::kHalves ? 2 : 1, kPartWords = kWords / kParts;
  const uint8_t* bytes[kGroups];
  const int8_t* numbers[kRows];
  for (int g = 0; g < kGroups; ++g) bytes[g] = panels[g].bytes + u * kUnit * kLanes;
  for (int c = 0; c < kRows; ++c) numbers[c] = x[c].units[u].numbers;
  I dots[kParts][kGroups][kRows];
  for_each<0, kParts>([&](auto part) __attribute__((always_inline)) {
    constexpr int kFirst = part.value * kPartWords;
    dot_words<T, kGroups, kRows, kFirst, kFirst + kPartWords>(bytes, numbers, dots[part.value]);
  });
  Scales scales[kGroups];
  for (int g = 0; g < kGroups; ++g) scales[g] = load_scales<T>(panels[g], u);
  for_each<0, kRows>([&](auto c) __attribute__((always_inline)) {
    const UnitOfRow of_row = unit_of<T>(x[c.value].units[u]);
    for_each<0, kGroups>([&](auto g) __attribute__((always_inline)) {
      F& sum = sums[g.value][c.value];
      sum = add_unit<T>(sum, dots[0][g.value][c.value], dots[kParts - 1][g.value][c.value], scales[g.value], of_row);
    });
  });
}

template <class T, int kGroups, int kRows>
void tile(const LinearTask& t, uint32_t first, uint32_t row) {
  Activations x[kRows];
  Panel panels[kGroups];
  F sums[kGroups][kRows];
  for (int g = 0; g < kGroups; ++g) panels[g] = panel_of(t, static_cast<uint32_t>(g));
  for (int c = 0; c < kRows; ++c) x[c] = activations_of(t.quants, row + static_cast<uint32_t>(c));
  for_tile<kGroups, kRows>([&](auto g, auto c) __attribute__((always_inline)) { sums[g.value][c.value] = f_zero(); });
  for (size_t u = 0; u < t.quants.units; ++u) add_tile_unit<T, kGroups, kRows>(panels, x, u, sums);
  for_each<0, kRows>([&](auto c) __attribute__((always_inline)) {
    F* of_row[kGroups];
    for_each<0, kGroups>([&](auto g) __attribute__((always_inline)) { of_row[g.value] = &sums[g.value][c.value]; });
    add_outliers<T, kGroups>(panels, x[c.value], of_row);
  });
  for_tile<kGroups, kRows>([&](auto g, auto c) __attribute__((always_inline)) {
    const uint32_t n = first + static_cast<uint32_t>(g.value * kLanes);
    store_lanes(t.out + (row + static_cast<uint32_t>(c.value)) * t.out_stride + (n - t.first_row), sums[g.value][c.value],
                t.end_row - n);
  });
}

// Of so many that are left: 6 are better 4 and 2 than 5 and 1, 8 twice 4.
inline uint32_t next_tile_rows(uint32_t left) {
  const bool leaves_one_or_three = kTileRows == 5 && (left == 6 || left == 8);
  if (left >= kTileRows && !leaves_one_or_three) return kTileRows;
  return left >= 4 ? 4 : left >= 2 ? 2 : 1;
}

// ask(row, rows): before these activation rows are multiplied.
template <class T, int kGroups, class Ask>
void tiles(const LinearTask& t, uint32_t first, Ask&& ask) {
  for (uint32_t row = 0, rows = 0; row < t.row_count; row += rows) {
    rows = next_tile_rows(t.row_count - row);
    ask(row, rows);
    if (rows == kTileRows) {
      tile<T, kGroups, kTileRows>(t, first, row);
    } else if (rows == 4) {
      tile<T, kGroups, 4>(t, first, row);
    } else if (rows == 2) {
      tile<T, kGroups, 2>(t, first, row);
    } else {
      tile<T, kGroups, 1>(t, first, row);
    }
  }
}

// fill(first, panel) unfolds the weight rows first .. first + kLanes; ask(first, groups, row, rows) asks memory for so many
// groups from weight row `first` on, for the share of them that the activation rows [row, row + rows) are of all.
template <class T, class Fill, class Ask>
void linear_tiles(const LinearTask& t, Fill&& fill, Ask&& ask) {
  // Two groups share the activations' loads where the sums of both fit into the registers.
  constexpr int kGroups = chain_of(T::kMost) == 8 ? kTileGroups : 1;
  uint32_t n = t.first_row;
  for (; n + (kGroups - 1) * kLanes < t.end_row; n += kGroups * kLanes) {
    for (uint32_t g = 0; g < kGroups; ++g) fill(n + g * kLanes, panel_of(t, g));
    tiles<T, kGroups>(t, n, [&](uint32_t row, uint32_t rows) { ask(n + kGroups * kLanes, uint32_t{kGroups}, row, rows); });
  }
  for (; n < t.end_row; n += kLanes) {
    fill(n, panel_of(t, 0));
    tiles<T, 1>(t, n, [](uint32_t, uint32_t) {});
  }
}

}  // namespace
}  // namespace sotto::cpu::SOTTO_CPU_ISA

// linear_tile.h - many activation rows by kLanes weight rows at a time: the rows unfold once into a panel of the thread's
// scratch, then tiles of kTileGroups groups by kTileRows activation rows run over it. Limit: the integer dot product.
//
// A panel holds bytes [unit][8 words][kLanes][4 columns], then the scales d and m of each unit (of each half) in turn. Products
// are summed in 16 bits as long as they fit (chain_of). Only units in which an activation row has a rest of low bits are
// multiplied a second time.
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
inline A first_dot(P w, P x) {
  if constexpr (T::kSigned) return a_dot_signed(w, x);
  return a_dot(w, x);
}

// dots[g][c] = the words [kFirst, kEnd) of a unit: weights of group g times activation row c.
template <class T, int kGroups, int kRows, int kFirst, int kEnd>
__attribute__((always_inline)) inline void dot_words(const uint8_t* const* bytes, const int8_t* const* x,
                                                     I (&dots)[kGroups][kRows]) {
  constexpr int kChain = chain_of(T::kMost);
  for (int k = kFirst; k < kEnd; k += kChain) {
    A sums[kGroups][kRows];
    for (int i = k; i < k + kChain && i < kEnd; ++i) {
      P w[kGroups];
      for (int g = 0; g < kGroups; ++g) w[g] = p_load(bytes[g] + i * 4 * kLanes);
      for (int c = 0; c < kRows; ++c) {
        const P four = p_four(x[c] + 4 * i);
        for (int g = 0; g < kGroups; ++g) sums[g][c] = i == k ? first_dot<T>(w[g], four) : a_dot(sums[g][c], w[g], four);
      }
    }
    for (int g = 0; g < kGroups; ++g) {
      for (int c = 0; c < kRows; ++c) {
        dots[g][c] = k == kFirst ? a_total(sums[g][c]) : i_add(dots[g][c], a_total(sums[g][c]));
      }
    }
  }
}

// The same with the rest of low bits, counted in fine steps.
template <class T, int kGroups, int kRows, int kFirst, int kEnd>
__attribute__((noinline)) void dot_words_fine(const uint8_t* const* bytes, const int8_t* const* high, const int8_t* const* low,
                                              I (&dots)[kGroups][kRows]) {
  I rest[kGroups][kRows];
  dot_words<T, kGroups, kRows, kFirst, kEnd>(bytes, high, dots);
  dot_words<T, kGroups, kRows, kFirst, kEnd>(bytes, low, rest);
  for (int g = 0; g < kGroups; ++g) {
    for (int c = 0; c < kRows; ++c) dots[g][c] = i_add(i_shl(dots[g][c], 7), rest[g][c]);
  }
}

template <class T, int kGroups, int kRows>
void tile(const LinearTask& t, uint32_t first, uint32_t row) {
  constexpr int kParts = T::kHalves ? 2 : 1, kPartWords = kWords / kParts;
  Activations x[kRows];
  Panel panels[kGroups];
  F sums[kGroups][kRows];
  for (int g = 0; g < kGroups; ++g) panels[g] = panel_of(t, static_cast<uint32_t>(g));
  for (int c = 0; c < kRows; ++c) {
    x[c] = activations_of(t.quants, row + static_cast<uint32_t>(c));
    for (int g = 0; g < kGroups; ++g) sums[g][c] = f_zero();
  }
  for (size_t u = 0; u < t.quants.units; ++u) {
    const uint8_t* bytes[kGroups];
    const int8_t *high[kRows], *low[kRows];
    uint32_t fine = 0;
    for (int g = 0; g < kGroups; ++g) bytes[g] = panels[g].bytes + u * kUnit * kLanes;
    for (int c = 0; c < kRows; ++c) {
      high[c] = x[c].high + kUnit * u;
      low[c] = x[c].low + kUnit * u;
      fine |= x[c].fine[u];
    }
    I dots[2][kGroups][kRows];
    for_each<0, kParts>([&](auto part) __attribute__((always_inline)) {
      constexpr int kFirst = part.value * kPartWords, kEnd = kFirst + kPartWords;
      if (__builtin_expect(fine != 0, 0)) {
        dot_words_fine<T, kGroups, kRows, kFirst, kEnd>(bytes, high, low, dots[part.value]);
      } else {
        dot_words<T, kGroups, kRows, kFirst, kEnd>(bytes, high, dots[part.value]);
      }
    });
    const float step = fine != 0 ? kFineStep : 1.0f;
    for (int g = 0; g < kGroups; ++g) {
      const float* p = panels[g].scales + u * kParts * 2 * kLanes;
      Scales scales = {{f_load(p), f_zero()}, {T::kOffset ? f_load(p + kLanes) : f_zero(), f_zero()}};
      if (T::kHalves) {
        scales.d[1] = f_load(p + 2 * kLanes);
        scales.m[1] = f_load(p + 3 * kLanes);
      }
      for (int c = 0; c < kRows; ++c) {
        sums[g][c] = add_unit<T>(sums[g][c], dots[0][g][c], dots[kParts - 1][g][c], scales, x[c], u, x[c].scales[u] * step);
      }
    }
  }
  for (int g = 0; g < kGroups; ++g) {
    const uint32_t n = first + static_cast<uint32_t>(g * kLanes);
    for (int c = 0; c < kRows; ++c) {
      store_lanes(t.out + (row + static_cast<uint32_t>(c)) * t.out_stride + (n - t.first_row), sums[g][c], t.end_row - n);
    }
  }
}

template <class T, int kGroups>
void tiles(const LinearTask& t, uint32_t first) {
  uint32_t row = 0;
  for (; row + kTileRows <= t.row_count; row += kTileRows) tile<T, kGroups, kTileRows>(t, first, row);
  for (; row + 2 <= t.row_count; row += 2) tile<T, kGroups, 2>(t, first, row);
  for (; row < t.row_count; ++row) tile<T, kGroups, 1>(t, first, row);
}

// fill(first, panel) unfolds the weight rows first .. first + kLanes.
template <class T, class Fill>
void linear_tiles(const LinearTask& t, Fill&& fill) {
  // Two groups share the activations' loads where the sums of both fit into the registers.
  constexpr int kGroups = chain_of(T::kMost) == 8 ? kTileGroups : 1;
  uint32_t n = t.first_row;
  for (; n + (kGroups - 1) * kLanes < t.end_row; n += kGroups * kLanes) {
    for (uint32_t g = 0; g < kGroups; ++g) fill(n + g * kLanes, panel_of(t, g));
    tiles<T, kGroups>(t, n);
  }
  for (; n < t.end_row; n += kLanes) {
    fill(n, panel_of(t, 0));
    tiles<T, 1>(t, n);
  }
}

}  // namespace
}  // namespace sotto::cpu::SOTTO_CPU_ISA

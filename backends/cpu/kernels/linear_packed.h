// linear_packed.h - y[a][n] = sum over k of W[n][k] x[a][k]: W repacked (packed_types.h), x as integers (kernels.h).
//
// Up to kFewRows activation rows: the weights unfold in registers and are read once, in the order in which they lie; the limit
// is memory bandwidth. More: linear_tile.h. A result's bits depend on its weight row and its activation row only.
// REQUIRES: first_row is a multiple of kLanes; `weights` and `stride` are those of row groups.
#pragma once

#include "linear_tile.h"
#include "packed_types.h"

namespace sotto::cpu::SOTTO_CPU_ISA {
namespace {

// Up to here unfolding anew is cheaper than a panel; rows at a time, as many as sums fit into the registers.
constexpr uint32_t kFewPackedRows = kRegisters == 32 ? 12 : 4, kFewAtOnce = kRegisters == 32 ? 8 : 4;
constexpr int kReadAhead = 1536;  // bytes between what is computed and what is asked of memory: some 100 ns at 15 GB/s

// dots[c] = the words [kFirst, kEnd) of a unit times kRows activation rows.
template <class T, int kRows, int kFirst, int kEnd>
__attribute__((always_inline)) inline void dot_packed(const uint8_t* unit, const int8_t* const* x, I* dots) {
  constexpr int kChain = chain_of(T::kMost);
  A sums[kRows];
  for_each<kFirst, kEnd>([&](auto k) __attribute__((always_inline)) {
    constexpr int kWord = k.value;
    const P w = T::template word<kWord>(unit);
    for (int c = 0; c < kRows; ++c) {
      const P four = p_four(x[c] + 4 * kWord);
      if constexpr ((kWord - kFirst) % kChain == 0) {
        sums[c] = first_dot<T>(w, four);
      } else {
        sums[c] = a_dot(sums[c], w, four);
      }
      if constexpr ((kWord - kFirst) % kChain == kChain - 1 || kWord == kEnd - 1) {
        dots[c] = kWord - kFirst < kChain ? a_total(sums[c]) : i_add(dots[c], a_total(sums[c]));
      }
    }
  });
}

template <class T, int kRows>
void few_packed_rows(const LinearTask& t, const uint8_t* group, uint32_t first, uint32_t row) {
  constexpr int kParts = T::kHalves ? 2 : 1, kPartWords = kWords / kParts;
  Activations x[kRows];
  F sums[kRows];
  for (int c = 0; c < kRows; ++c) {
    x[c] = activations_of(t.quants, row + static_cast<uint32_t>(c));
    sums[c] = f_zero();
  }
  const uint8_t* block = group;
  for (size_t u = 0; u < t.quants.units; block += T::kBlockBytes) {
    const auto head = T::packed_head(block);
    for (int i = 0; i < T::kUnits; ++i, ++u) {
      const uint8_t* unit = T::unit(block, i);
      for (int line = 0; line < T::kUnitBytes; line += 64) __builtin_prefetch(unit + kReadAhead + line);
      const int8_t *high[kRows], *low[kRows];
      uint32_t fine = 0;
      for (int c = 0; c < kRows; ++c) {
        high[c] = x[c].units[u].high;
        low[c] = low_of(x[c], u);
        fine |= x[c].units[u].is_fine;
      }
      I dots[2][kRows];
      for_each<0, kParts>([&](auto part) __attribute__((always_inline)) {
        constexpr int kFirst = part.value * kPartWords, kEnd = kFirst + kPartWords;
        dot_packed<T, kRows, kFirst, kEnd>(unit, high, dots[part.value]);
        if (fine == 0) return;
        I rest[kRows];
        dot_packed<T, kRows, kFirst, kEnd>(unit, low, rest);
        for (int c = 0; c < kRows; ++c) dots[part.value][c] = i_add(i_shl(dots[part.value][c], 7), rest[c]);
      });
      const Scales scales = T::packed_scales(head, unit);
      for (int c = 0; c < kRows; ++c) {
        const ActivationUnit& unit_x = x[c].units[u];
        const UnitOfRow of_row = fine != 0 ? unit_of<T, true>(unit_x) : unit_of<T, false>(unit_x);
        sums[c] = add_unit<T>(sums[c], dots[0][c], dots[kParts - 1][c], scales, of_row);
      }
    }
  }
  for (int c = 0; c < kRows; ++c) {
    store_lanes(t.out + (row + static_cast<uint32_t>(c)) * t.out_stride + (first - t.first_row), sums[c], t.end_row - first);
  }
}

template <class T>
void fill_panel_packed(const uint8_t* group, uint32_t units, const Panel& panel) {
  const uint8_t* block = group;
  for (size_t u = 0; u < units; block += T::kBlockBytes) {
    const auto head = T::packed_head(block);
    for (int i = 0; i < T::kUnits; ++i, ++u) {
      const uint8_t* unit = T::unit(block, i);
      for (int line = 0; line < T::kUnitBytes; line += 64) __builtin_prefetch(unit + kReadAhead + line);
      for_each<0, kWords>([&](auto k) __attribute__((always_inline)) {
        p_store(panel.bytes + (u * kWords + static_cast<size_t>(k.value)) * kWordBytes, T::template word<k.value>(unit));
      });
      store_scales<T>(panel, u, T::packed_scales(head, unit));
    }
  }
}

template <class T>
void linear_packed(const LinearTask& t) {
  const auto group = [&](uint32_t n) { return t.weights + n / kLanes * t.stride; };
  if (t.row_count > kFewPackedRows) {
    linear_tiles<T>(t, [&](uint32_t n, const Panel& panel) { fill_panel_packed<T>(group(n), t.quants.units, panel); });
    return;
  }
  for (uint32_t n = t.first_row; n < t.end_row; n += kLanes) {
    uint32_t row = 0;
    for (; row + kFewAtOnce <= t.row_count; row += kFewAtOnce) few_packed_rows<T, kFewAtOnce>(t, group(n), n, row);
    for (; row + 4 <= t.row_count; row += 4) few_packed_rows<T, 4>(t, group(n), n, row);
    for (; row + 2 <= t.row_count; row += 2) few_packed_rows<T, 2>(t, group(n), n, row);
    for (; row < t.row_count; ++row) few_packed_rows<T, 1>(t, group(n), n, row);
  }
}

template <class T>
constexpr uint32_t kColumns = kUnit* uint32_t{T::kUnits};

// The `count` stored rows from `rows` on as one group; rows past the last repeat it.
template <class T>
void pack(const uint8_t* rows, uint64_t stride, uint32_t count, uint64_t columns, uint8_t* to) {
  using Stored = typename T::Stored;
  const uint64_t blocks = (columns + kColumns<T> - 1) / kColumns<T>;
  for (uint64_t b = 0; b < blocks; ++b, to += T::kBlockBytes) {
    for (int r = 0; r < kLanes; ++r) {
      const uint32_t row = static_cast<uint32_t>(r) < count ? static_cast<uint32_t>(r) : count - 1;
      const uint8_t* block = rows + row * stride + b * Stored::kBytes;
      T::Scale::put_head(block, r, to);
      for_each<0, Stored::kUnits>([&](auto u) __attribute__((always_inline)) {
        uint8_t* unit = to + T::kHeadBytes + u.value * T::kUnitBytes;
        uint32_t words[kWords];
        w_store(words, Stored::template bytes<u.value>(block));
        T::put_words(words, r, unit);
        T::Scale::put_unit(block, u.value, r, unit + T::kWeightBytes);
      });
    }
  }
}

template <class T>
constexpr Packing packing() {
  return {pack<T>, linear_packed<T>, kColumns<T>, T::kBlockBytes};
}

}  // namespace
}  // namespace sotto::cpu::SOTTO_CPU_ISA

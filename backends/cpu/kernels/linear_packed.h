// linear_packed.h - y[a][n] = sum over k of W[n][k] x[a][k]: W repacked (packed_types.h), x as integers (kernels.h).
//
// Up to kFewRows activation rows: the weights unfold in registers and are read once, in the order in which they lie; the limit
// is memory bandwidth. More: linear_tile.h. A result's bits depend on its weight row and its activation row only.
// REQUIRES: first_row is a multiple of kLanes; `weights` and `stride` are those of row groups.
#pragma once

#include "linear_tile.h"
#include "packed_types.h"
#include "prefetch.h"

namespace sotto::cpu::SOTTO_CPU_ISA {
namespace {

constexpr uint32_t kFewPackedRows = kRegisters == 32 ? 20 : 4;  // up to here unfolding anew is cheaper than a panel
constexpr int kReadAhead = 6144;  // bytes between what is computed and what is asked of memory: some 200 ns at 30 GB/s a core

// dots[g][c] = the words [kFirst, kEnd) of a unit of each group times kRows activation rows.
template <class T, int kGroups, int kRows, int kFirst, int kEnd>
__attribute__((always_inline)) inline void dot_packed(const uint8_t* const* units, const int8_t* const* x,
                                                      I (&dots)[kGroups][kRows]) {
  constexpr int kChain = chain_of(T::kMost);
  A sums[kGroups][kRows];
  for_each<kFirst, kEnd>([&](auto k) __attribute__((always_inline)) {
    constexpr int kWord = k.value;
    P w[kGroups];
    for (int g = 0; g < kGroups; ++g) w[g] = T::template word<kWord>(units[g]);
    for (int c = 0; c < kRows; ++c) {
      const P four = p_four(x[c] + 4 * kWord);
      for (int g = 0; g < kGroups; ++g) {
        if constexpr ((kWord - kFirst) % kChain == 0) {
          sums[g][c] = first_dot<T>(w[g], four);
        } else {
          sums[g][c] = a_dot(sums[g][c], w[g], four);
        }
        if constexpr ((kWord - kFirst) % kChain == kChain - 1 || kWord == kEnd - 1) {
          dots[g][c] = kWord - kFirst < kChain ? a_total(sums[g][c]) : i_add(dots[g][c], a_total(sums[g][c]));
        }
      }
    }
  });
}

// What a pass over the groups at hand asks of memory for the groups behind them: block b the one that lies `ahead` bytes on, or
// `last` where that would lead out of its group; of several passes over the same groups each asks for its share.
struct AskAhead {
  size_t ahead, last;
  uint32_t turn, passes;

  template <class T>
  static AskAhead of(const LinearTask& t, uint32_t groups, uint32_t pass, uint32_t passes) {
    const size_t all = groups * size_t{t.stride};
    if (passes > 1) return {all, all, pass, passes};
    constexpr size_t kNear = (kReadAhead + T::kBlockBytes - 1) / T::kBlockBytes * T::kBlockBytes;
    return {kNear, kNear + all - t.stride, 0, 1};
  }
  void operator()(const uint8_t* block, size_t size, bool leads_out) {
    if (++turn < passes) return;
    turn = 0;
    for (size_t line = 0; line < size; line += 64) __builtin_prefetch(block + (leads_out ? last : ahead) + line);
  }
};

// rest[g] += what the upper bits of the next `count` outliers of a row bring, all of them in one unit.
template <class T, int kGroups>
__attribute__((always_inline)) inline const Outlier* add_packed_outliers(const Outlier* o, uint32_t count,
                                                                         const uint8_t* const* units, const Scales* scales,
                                                                         F* const* rest) {
  for (const Outlier* const end = o + count; o != end; ++o) {
    const uint32_t word = o->place % kWords, half = T::kHalves && word >= kWords / 2 ? 1 : 0;
    const P four = p_four(o->four);
    for (int g = 0; g < kGroups; ++g) {
      const I dot = a_total(first_dot<T>(T::word_at(units[g], word), four));
      *rest[g] = f_fma(f_from_i(dot), f_mul(scales[g].d[half], f_set(o->step)), *rest[g]);
    }
  }
  return o;
}

// kGroups groups from the weight row `first` on, which lie at `blocks`, times kRows activation rows from `row` on.
template <class T, int kGroups, int kRows>
void few_packed_rows(const LinearTask& t, const uint8_t* blocks, uint32_t first, uint32_t row, AskAhead ask) {
  constexpr int kParts = T::kHalves ? 2 : 1, kPartWords = kWords / kParts;
  Activations x[kRows];
  F sums[kGroups][kRows], rest[kGroups][kRows];
  for (int c = 0; c < kRows; ++c) {
    x[c] = activations_of(t.quants, row + static_cast<uint32_t>(c));
    for (int g = 0; g < kGroups; ++g) sums[g][c] = rest[g][c] = f_zero();
  }
  const uint8_t* const end = blocks + t.stride;
  for (size_t u = 0; u < t.quants.units; blocks += T::kBlockBytes) {
    typename T::Scale::Head heads[kGroups];
    for (int g = 0; g < kGroups; ++g) {
      heads[g] = T::packed_head(blocks + static_cast<size_t>(g) * t.stride);
      ask(blocks + static_cast<size_t>(g) * t.stride, T::kBlockBytes, blocks + ask.ahead >= end);
    }
    for (int i = 0; i < T::kUnits; ++i, ++u) {
      const uint8_t* units[kGroups];
      for (int g = 0; g < kGroups; ++g) units[g] = T::unit(blocks + static_cast<size_t>(g) * t.stride, i);
      const int8_t* numbers[kRows];
      uint32_t outliers = 0;
      for (int c = 0; c < kRows; ++c) {
        numbers[c] = x[c].units[u].numbers;
        outliers |= x[c].units[u].outliers;
      }
      I dots[kParts][kGroups][kRows];
      for_each<0, kParts>([&](auto part) __attribute__((always_inline)) {
        constexpr int kFirst = part.value * kPartWords;
        dot_packed<T, kGroups, kRows, kFirst, kFirst + kPartWords>(units, numbers, dots[part.value]);
      });
      Scales scales[kGroups];
      for (int g = 0; g < kGroups; ++g) scales[g] = T::packed_scales(heads[g], units[g]);
      for (int c = 0; c < kRows; ++c) {
        const UnitOfRow of_row = unit_of<T>(x[c].units[u]);
        for (int g = 0; g < kGroups; ++g) {
          sums[g][c] = add_unit<T>(sums[g][c], dots[0][g][c], dots[kParts - 1][g][c], scales[g], of_row);
        }
      }
      if (outliers == 0) continue;
      for (int c = 0; c < kRows; ++c) {
        F* of_row[kGroups];
        for (int g = 0; g < kGroups; ++g) of_row[g] = &rest[g][c];
        x[c].outliers = add_packed_outliers<T, kGroups>(x[c].outliers, x[c].units[u].outliers, units, scales, of_row);
      }
    }
  }
  for (uint32_t g = 0; g < kGroups; ++g) {
    const uint32_t n = first + g * kLanes;
    for (uint32_t c = 0; c < kRows; ++c)
      store_lanes(t.out + (row + c) * t.out_stride + (n - t.first_row), f_add(sums[g][c], rest[g][c]), t.end_row - n);
  }
}

template <class T, int kGroups>
void few_packed(const LinearTask& t, const uint8_t* blocks, uint32_t first) {
  const uint32_t passes = t.row_count / 4 + t.row_count % 4 / 2 + t.row_count % 2;
  uint32_t row = 0, pass = 0;
  const auto ask = [&] { return AskAhead::of<T>(t, kGroups, pass++, passes); };
  for (; row + 4 <= t.row_count; row += 4) few_packed_rows<T, kGroups, 4>(t, blocks, first, row, ask());
  for (; row + 2 <= t.row_count; row += 2) few_packed_rows<T, kGroups, 2>(t, blocks, first, row, ask());
  for (; row < t.row_count; ++row) few_packed_rows<T, kGroups, 1>(t, blocks, first, row, ask());
}

// `panel` by value: its fields could lie in the bytes that are written, and would be read again for each of them.
template <class T>
void fill_panel_packed(const uint8_t* group, uint32_t units, const Panel panel) {
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
    // What lies behind the last group is the thread's next item, as a rule; asking for what is not there harms nobody.
    const auto ask = [&](uint32_t n, uint32_t groups, uint32_t row, uint32_t rows) {
      const uint64_t lines = groups * t.stride / 64, end = lines * (row + rows) / t.row_count;
      for (uint64_t line = lines * row / t.row_count; line < end; ++line) ask_memory(group(n) + 64 * line);
    };
    const auto fill = [&](uint32_t n, const Panel& panel) { fill_panel_packed<T>(group(n), t.quants.units, panel); };
    linear_tiles<T>(t, fill, ask);
    return;
  }
  // Two groups share the activations' loads where their sums fit into the registers; one row brings few.
  constexpr uint32_t kPair = kRegisters == 32 ? 2 : 1;
  uint32_t n = t.first_row;
  if (t.row_count > 1) {
    for (; n + (kPair - 1) * kLanes < t.end_row; n += kPair * kLanes) few_packed<T, int{kPair}>(t, group(n), n);
  }
  for (; n < t.end_row; n += kLanes) few_packed<T, 1>(t, group(n), n);
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

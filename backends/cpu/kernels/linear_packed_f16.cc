// linear_packed_f16.cc - y[a][n] = sum over k of W[n][k] x[a][k]: W in f16, repacked, x in float32, sums in float32. Stored
// rows: linear_float.cc.
//
// A lane is a weight row: a group of kLanes rows is a list of columns, the rows' numbers side by side, so that a result needs
// no sum across lanes and decode reads one stream. Tiles of two groups by as many activation rows as have their sums in
// registers; a column is widened once for all of them. Limits: memory bandwidth with one activation row, the multiply-add of
// float32 with many. Each result is one sum in the order of k: its bits depend on the two rows only.
#include "linear.h"
#include "simd.h"

namespace sotto::cpu::SOTTO_CPU_ISA {
namespace {

constexpr int kMostRows = kRegisters == 32 ? 12 : 5;  // of a tile, by two groups
constexpr size_t kColumn = 2 * kLanes;                // bytes of a group's column
constexpr size_t kReadAhead = 4096;                   // bytes between what is computed and what is asked of memory

template <int kGroups, int kRows>
void tile(const LinearTask& t, uint32_t n, uint32_t row) {
  const uint8_t* w = t.weights + n / kLanes * t.stride;
  const float* x[kRows];
  F sums[kGroups][kRows];
  for (int c = 0; c < kRows; ++c) {
    x[c] = t.rows[row + static_cast<uint32_t>(c)];
    for (int g = 0; g < kGroups; ++g) sums[g][c] = f_zero();
  }
  for (uint32_t k = 0; k < t.columns; ++k, w += kColumn) {
    F column[kGroups];
    for (int g = 0; g < kGroups; ++g) {
      if constexpr (kRows == 1) __builtin_prefetch(w + static_cast<size_t>(g) * t.stride + kReadAhead);
      column[g] = f_load_f16(w + static_cast<size_t>(g) * t.stride);
    }
    for (int c = 0; c < kRows; ++c) {
      const F number = f_set(x[c][k]);
      for (int g = 0; g < kGroups; ++g) sums[g][c] = f_fma(number, column[g], sums[g][c]);
    }
  }
  for (uint32_t g = 0; g < kGroups; ++g) {
    const uint32_t at = n + g * kLanes, count = t.end_row - at;
    for (uint32_t c = 0; c < kRows; ++c) {
      float* out = t.out + (row + c) * t.out_stride + (at - t.first_row);
      count >= uint32_t{kLanes} ? f_store(out, sums[g][c]) : f_store_first(out, sums[g][c], count);
    }
  }
}

template <int kGroups>
void rows_of(const LinearTask& t, uint32_t n) {
  uint32_t row = 0;
  for (; row + kMostRows <= t.row_count; row += kMostRows) tile<kGroups, kMostRows>(t, n, row);
  for (; row + 4 <= t.row_count; row += 4) tile<kGroups, 4>(t, n, row);
  for (; row + 2 <= t.row_count; row += 2) tile<kGroups, 2>(t, n, row);
  for (; row < t.row_count; ++row) tile<kGroups, 1>(t, n, row);
}

void linear(const LinearTask& t) {
  uint32_t n = t.first_row;
  for (; n + kLanes < t.end_row; n += 2 * kLanes) rows_of<2>(t, n);
  if (n < t.end_row) rows_of<1>(t, n);
}

// The `count` rows from `rows` on, the last one again for those that do not exist.
void pack(const uint8_t* rows, uint64_t stride, uint32_t count, uint64_t columns, uint8_t* to) {
  for (uint32_t r = 0; r < uint32_t{kLanes}; ++r) {
    const uint8_t* from = rows + (r < count ? r : count - 1) * stride;
    for (uint64_t k = 0; k < columns; ++k) __builtin_memcpy(to + k * kColumn + 2 * r, from + 2 * k, 2);
  }
}

}  // namespace

const Packing kPackedF16 = {pack, linear, 1, kColumn};

}  // namespace sotto::cpu::SOTTO_CPU_ISA

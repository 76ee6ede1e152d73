// linear_bf16.cc - y[a][n] = sum over k of W[n][k] x[a][k]: W in bf16, x rounded to bf16, sums in float32, by instructions that
// add two products of a lane at once. For instruction sets that have them (SOTTO_CPU_BF16); others: linear_float.cc.
//
// Lanes run along k. Sixteen sums at a time, of 4 weight rows by 4 activation rows, or 8 by 2 and 16 by 1, which are added up
// across their lanes together. A few activation rows are brought to bf16 in the thread's scratch and used for all weight rows.
// Limits: memory bandwidth with one row, the product of bf16 with many. Each (n, a) has one vector of sums, added in the order
// of k: bits depend on the two rows only. Instructions: Intel 64 manual, VDPBF16PS; denormals count as zero.
#include "linear.h"
#include "simd.h"

namespace sotto::cpu::SOTTO_CPU_ISA {
namespace {

constexpr uint32_t kPair = 2 * kLanes;   // numbers of a vector
constexpr uint32_t kLineNumbers = 32;    // of a cache line
constexpr uint32_t kReadAheadLines = 8;  // of each weight row, when one activation row uses it

uint32_t padded_columns(const LinearTask& t) { return (t.columns + kPair - 1) / kPair * kPair; }

// The rows [row, row + count) as bf16, zeros behind the last column.
void narrow(const LinearTask& t, uint32_t row, uint32_t count, uint8_t* to) {
  const uint32_t padded = padded_columns(t);
  for (uint32_t c = 0; c < count; ++c, to += size_t{padded} * 2) {
    const float* x = t.rows[row + c];
    uint32_t k = 0;
    for (; k + kPair <= t.columns; k += kPair) b_store(to + size_t{k} * 2, b_from_f(f_load(x + k), f_load(x + k + kLanes)));
    if (k == padded) continue;
    float rest[kPair] = {};
    __builtin_memcpy(rest, x + k, (t.columns - k) * sizeof(float));
    b_store(to + size_t{k} * 2, b_from_f(f_load(rest), f_load(rest + kLanes)));
  }
}

// kWeights weight rows from n on (the last one again where there are no more) times kRows of the narrow rows.
template <int kWeights, int kRows>
void tile(const LinearTask& t, uint32_t n, uint32_t row, const uint8_t* narrow_rows) {
  static_assert(kWeights * kRows == kLanes);
  const uint32_t padded = padded_columns(t);
  const uint8_t *w[kWeights], *x[kRows];
  F sums[kLanes];
  for (uint32_t i = 0; i < kWeights; ++i) w[i] = t.weights + (n + i < t.end_row ? n + i : t.end_row - 1) * t.stride;
  for (uint32_t c = 0; c < kRows; ++c) x[c] = narrow_rows + c * size_t{padded} * 2;
  for (F& sum : sums) sum = f_zero();
  uint32_t k = 0;
  for (; k + kPair <= t.columns; k += kPair) {
    B a[kRows];
    for (int c = 0; c < kRows; ++c) a[c] = b_load(x[c] + size_t{k} * 2);
    for (int i = 0; i < kWeights; ++i) {
      if constexpr (kRows == 1) __builtin_prefetch(w[i] + (size_t{k} + kReadAheadLines * kLineNumbers) * 2);
      const B b = b_load(w[i] + size_t{k} * 2);
      for (int c = 0; c < kRows; ++c) sums[c * kWeights + i] = b_dot(sums[c * kWeights + i], a[c], b);
    }
  }
  if (k < t.columns) {
    for (int i = 0; i < kWeights; ++i) {
      const B b = b_load_first(w[i] + size_t{k} * 2, t.columns - k);
      for (int c = 0; c < kRows; ++c) sums[c * kWeights + i] = b_dot(sums[c * kWeights + i], b_load(x[c] + size_t{k} * 2), b);
    }
  }
  float total[kLanes];
  f_store(total, f_sum_rows(sums));
  const uint32_t count = t.end_row - n < kWeights ? t.end_row - n : kWeights;
  for (uint32_t c = 0; c < kRows; ++c)
    __builtin_memcpy(t.out + (row + c) * t.out_stride + (n - t.first_row), total + c * kWeights, count * sizeof(float));
}

template <int kRows>
void all_weights(const LinearTask& t, uint32_t row, const uint8_t* narrow_rows) {
  constexpr int kWeights = kLanes / kRows;
  for (uint32_t n = t.first_row; n < t.end_row; n += kWeights) tile<kWeights, kRows>(t, n, row, narrow_rows);
}

}  // namespace

void linear_bf16(const LinearTask& t) {
  const size_t bytes = size_t{padded_columns(t)} * 2;
  for (uint32_t first = 0; first < t.row_count; first += kBf16Rows) {
    const uint32_t count = t.row_count - first < kBf16Rows ? t.row_count - first : kBf16Rows;
    narrow(t, first, count, t.scratch);
    // A row of weights is used by all of them while it is in the nearest cache.
    if (count >= 4) {
      for (uint32_t n = t.first_row; n < t.end_row; n += 4) {
        for (uint32_t c = 0; c + 4 <= count; c += 4) tile<4, 4>(t, n, first + c, t.scratch + c * bytes);
      }
    }
    uint32_t c = count / 4 * 4;
    if (c + 2 <= count) all_weights<2>(t, first + c, t.scratch + c * bytes), c += 2;
    if (c < count) all_weights<1>(t, first + c, t.scratch + c * bytes);
  }
}

}  // namespace sotto::cpu::SOTTO_CPU_ISA

// linear_float.cc - y[a][n] = sum over k of W[n][k] x[a][k]: W in f32, f16 or bf16, x in float32, sums in float32.
//
// Tiles of 4 weight rows by up to kTileRows / 2 activation rows; lanes run along k, so a weight is widened once per tile. Each
// (n, a) has one vector of sums, added in the order of k: bits depend on the two rows only. Limit: memory bandwidth for one
// row.
#include "linear.h"
#include "simd.h"

namespace sotto::cpu::SOTTO_CPU_ISA {
namespace {

constexpr int kTileWeights = 4;

struct StoredF32 {
  static constexpr int kBytes = 4;
  static F load(const uint8_t* p) { return f_load(reinterpret_cast<const float*>(p)); }
};
struct StoredF16 {
  static constexpr int kBytes = 2;
  static F load(const uint8_t* p) { return f_load_f16(p); }
};
struct StoredBF16 {
  static constexpr int kBytes = 2;
  static F load(const uint8_t* p) { return f_load_bf16(p); }
};

template <class T>
F load_first(const uint8_t* p, uint32_t count) {
  uint8_t t[kLanes * T::kBytes] = {};
  __builtin_memcpy(t, p, count * T::kBytes);
  return T::load(t);
}

template <class T, int kWeights, int kRows>
void tile(const LinearTask& t, uint32_t n, uint32_t row) {
  const uint8_t* w[kWeights];
  const float* x[kRows];
  F sums[kWeights][kRows];
  for (int i = 0; i < kWeights; ++i) w[i] = t.weights + (n + static_cast<uint32_t>(i)) * t.stride;
  for (int c = 0; c < kRows; ++c) x[c] = t.rows[row + static_cast<uint32_t>(c)];
  for (int i = 0; i < kWeights; ++i) {
    for (int c = 0; c < kRows; ++c) sums[i][c] = f_zero();
  }
  uint32_t k = 0;
  for (; k + kLanes <= t.columns; k += kLanes) {
    F a[kRows];
    for (int c = 0; c < kRows; ++c) a[c] = f_load(x[c] + k);
    for (int i = 0; i < kWeights; ++i) {
      const F b = T::load(w[i] + size_t{k} * T::kBytes);
      for (int c = 0; c < kRows; ++c) sums[i][c] = f_fma(a[c], b, sums[i][c]);
    }
  }
  if (k < t.columns) {
    F a[kRows];
    for (int c = 0; c < kRows; ++c) a[c] = f_load_first(x[c] + k, t.columns - k);
    for (int i = 0; i < kWeights; ++i) {
      const F b = load_first<T>(w[i] + size_t{k} * T::kBytes, t.columns - k);
      for (int c = 0; c < kRows; ++c) sums[i][c] = f_fma(a[c], b, sums[i][c]);
    }
  }
  for (int i = 0; i < kWeights; ++i) {
    for (int c = 0; c < kRows; ++c) {
      const uint32_t column = n + static_cast<uint32_t>(i) - t.first_row;
      t.out[(row + static_cast<uint32_t>(c)) * t.out_stride + column] = f_sum(sums[i][c]);
    }
  }
}

template <class T, int kWeights>
void weights_by_rows(const LinearTask& t, uint32_t n) {
  constexpr int kRows = kTileRows / 2;
  uint32_t row = 0;
  for (; row + kRows <= t.row_count; row += kRows) tile<T, kWeights, kRows>(t, n, row);
  for (; row < t.row_count; ++row) tile<T, kWeights, 1>(t, n, row);
}

template <class T>
void linear(const LinearTask& t) {
  uint32_t n = t.first_row;
  for (; n + kTileWeights <= t.end_row; n += kTileWeights) weights_by_rows<T, kTileWeights>(t, n);
  for (; n < t.end_row; ++n) weights_by_rows<T, 1>(t, n);
}

template <class T>
void decode(const uint8_t* row, uint64_t first, uint32_t count, float* x) {
  const uint8_t* p = row + first * T::kBytes;
  uint32_t i = 0;
  for (; i + kLanes <= count; i += kLanes) f_store(x + i, T::load(p + size_t{i} * T::kBytes));
  if (i < count) f_store_first(x + i, load_first<T>(p + size_t{i} * T::kBytes, count - i), count - i);
}

}  // namespace

void linear_f32(const LinearTask& task) { linear<StoredF32>(task); }
void linear_f16(const LinearTask& task) { linear<StoredF16>(task); }
void linear_bf16(const LinearTask& task) { linear<StoredBF16>(task); }

void decode_f32(const uint8_t* row, uint64_t first, uint32_t count, float* x) { decode<StoredF32>(row, first, count, x); }
void decode_f16(const uint8_t* row, uint64_t first, uint32_t count, float* x) { decode<StoredF16>(row, first, count, x); }
void decode_bf16(const uint8_t* row, uint64_t first, uint32_t count, float* x) { decode<StoredBF16>(row, first, count, x); }

}  // namespace sotto::cpu::SOTTO_CPU_ISA

// linear_float.cc - y[a][n] = sum over k of W[n][k] x[a][k]: W in f32, f16 or bf16, x in float32, sums in float32.
//
// Tiles of kWideRows weight rows by up to kFloatRows activation rows; lanes run along k. Few activation rows: the weights are
// widened as they come, the limit is memory bandwidth. More: kWideRows rows are widened once into the thread's scratch and
// used for all activation rows, the limit is the multiply-add of float32. Each (n, a) has one vector of sums, added in the
// order of k: bits depend on the two rows only.
#include "linear.h"
#include "simd.h"

namespace sotto::cpu::SOTTO_CPU_ISA {
namespace {

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

template <class T>
void decode(const uint8_t* row, uint64_t first, uint32_t count, float* x) {
  const uint8_t* p = row + first * T::kBytes;
  uint32_t i = 0;
  for (; i + kLanes <= count; i += kLanes) f_store(x + i, T::load(p + size_t{i} * T::kBytes));
  if (i < count) f_store_first(x + i, load_first<T>(p + size_t{i} * T::kBytes, count - i), count - i);
}

// Weight rows of one tile, `columns` numbers each.
struct WeightRows {
  const uint8_t* first;
  uint64_t stride;
  uint64_t read_ahead;  // bytes from a row to the one that is asked of memory meanwhile; 0: none
};

template <class T, int kWeights, int kRows>
void tile(const LinearTask& t, const WeightRows& rows, uint32_t n, uint32_t row) {
  constexpr uint32_t kLine = 64 / T::kBytes;  // columns of a cache line
  const uint8_t* w[kWeights];
  const float* x[kRows];
  F sums[kWeights][kRows];
  for (int i = 0; i < kWeights; ++i) w[i] = rows.first + static_cast<uint32_t>(i) * rows.stride;
  for (int c = 0; c < kRows; ++c) x[c] = t.rows[row + static_cast<uint32_t>(c)];
  for (int i = 0; i < kWeights; ++i) {
    for (int c = 0; c < kRows; ++c) sums[i][c] = f_zero();
  }
  const auto add = [&](uint32_t k) __attribute__((always_inline)) {
    F a[kRows];
    for (int c = 0; c < kRows; ++c) a[c] = f_load(x[c] + k);
    for (int i = 0; i < kWeights; ++i) {
      const F b = T::load(w[i] + size_t{k} * T::kBytes);
      for (int c = 0; c < kRows; ++c) sums[i][c] = f_fma(a[c], b, sums[i][c]);
    }
  };
  uint32_t k = 0;
  for (; rows.read_ahead != 0 && k + kLine <= t.columns; k += kLine) {
    for (int i = 0; i < kWeights; ++i) __builtin_prefetch(w[i] + rows.read_ahead + size_t{k} * T::kBytes, 0, 2);
    for (uint32_t v = 0; v < kLine; v += kLanes) add(k + v);
  }
  for (; k + kLanes <= t.columns; k += kLanes) add(k);
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
void weights_by_rows(const LinearTask& t, const WeightRows& rows, uint32_t n) {
  uint32_t row = 0;
  for (; row + kFloatRows <= t.row_count; row += kFloatRows) tile<T, kWeights, kFloatRows>(t, rows, n, row);
  for (; row < t.row_count; ++row) tile<T, kWeights, 1>(t, rows, n, row);
}

template <class T, int kWeights>
void few_or_many(const LinearTask& t, uint32_t n) {
  const uint8_t* first = t.weights + n * t.stride;
  if (T::kBytes == sizeof(float) || t.row_count <= uint32_t{kFloatRows}) {
    const bool more = n + 2 * kWeights <= t.end_row;
    return weights_by_rows<T, kWeights>(t, {first, t.stride, more && t.row_count == 1 ? kWeights * t.stride : 0}, n);
  }
  float* wide = reinterpret_cast<float*>(t.scratch);
  const uint64_t padded = (t.columns + kMaxLanes - 1) / kMaxLanes * kMaxLanes;
  for (int i = 0; i < kWeights; ++i)
    decode<T>(first + static_cast<uint32_t>(i) * t.stride, 0, t.columns, wide + static_cast<uint32_t>(i) * padded);
  weights_by_rows<StoredF32, kWeights>(t, {t.scratch, padded * sizeof(float), 0}, n);
}

template <class T>
void linear(const LinearTask& t) {
  uint32_t n = t.first_row;
  for (; n + kWideRows <= t.end_row; n += kWideRows) few_or_many<T, kWideRows>(t, n);
  for (; n < t.end_row; ++n) few_or_many<T, 1>(t, n);
}

}  // namespace

void linear_f32(const LinearTask& task) { linear<StoredF32>(task); }
void linear_f16(const LinearTask& task) { linear<StoredF16>(task); }
#if !defined(SOTTO_CPU_BF16)
void linear_bf16(const LinearTask& task) { linear<StoredBF16>(task); }
#endif

void decode_f32(const uint8_t* row, uint64_t first, uint32_t count, float* x) { decode<StoredF32>(row, first, count, x); }
void decode_f16(const uint8_t* row, uint64_t first, uint32_t count, float* x) { decode<StoredF16>(row, first, count, x); }
void decode_bf16(const uint8_t* row, uint64_t first, uint32_t count, float* x) { decode<StoredBF16>(row, first, count, x); }

}  // namespace sotto::cpu::SOTTO_CPU_ISA

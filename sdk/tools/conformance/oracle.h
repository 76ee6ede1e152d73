// oracle.h - the formulas of plan.h over whole sequences in double precision: no ranks, no cache, no batches, no common code
// with any backend. The tests judge by these.
#pragma once

#include <cstdint>
#include <vector>

#include "conformance/mistakes.h"
#include "conformance/tensor.h"

namespace sotto::conformance {

// [rows, width], row by row.
struct Matrix {
  uint32_t rows = 0;
  uint32_t width = 0;
  std::vector<double> numbers;

  Matrix() = default;
  Matrix(uint32_t r, uint32_t w) : rows(r), width(w), numbers(size_t{r} * w) {}
  double& at(uint32_t row, uint32_t column) { return numbers[size_t{row} * width + column]; }
  double at(uint32_t row, uint32_t column) const { return numbers[size_t{row} * width + column]; }
};

double activate(uint32_t activation, double x);

// x Wt + bias. `bias` may be null.
Matrix multiply(const Matrix& x, const Tensor& weight, const Tensor* bias);

// Rows of `width` numbers in groups of `group`, each normalised for itself (a head, or the whole row).
Matrix normalise(const Matrix& x, uint32_t group, uint32_t kind, double epsilon, const Tensor* weight, const Tensor* bias,
                 Mistake mistake = Mistake::kNone);

struct RotationSpec {
  uint32_t layout = SOTTO_ROTATION_NONE;
  uint32_t rotary_dim = 0;
  float magnitude = 0;
  const Tensor* inv_freq = nullptr;
};
// Row t is position t.
Matrix rotate(const Matrix& x, uint32_t head_dim, const RotationSpec& spec, Mistake mistake = Mistake::kNone);

struct AttentionSpec {
  uint32_t heads = 1;
  uint32_t kv_heads = 1;
  uint32_t head_dim = 1;
  float scale = 0;
  float softcap = 0;
  uint32_t window = 0;
  bool causal = true;
  const Tensor* sink = nullptr;
};
Matrix attend(const Matrix& q, const Matrix& k, const Matrix& v, const AttentionSpec& spec, Mistake mistake = Mistake::kNone);

}  // namespace sotto::conformance

#include "weights.h"

#include <algorithm>
#include <cmath>

namespace sotto::recommendation {
namespace {

// Experts overlap (an hour is often a place), so that each begins at a third of its own word; chosen on development seeds.
constexpr double kFirstMean = 0.33;
constexpr double kFirstPrecision = 30;
constexpr double kFade = 0.9998;  // half of it after 3,500 choices
constexpr double kLowest = 0, kHighest = 2;

}  // namespace

Weights::Weights() {
  mean_.fill(kFirstMean);
  mean_[0] = 1;  // habit, which the others are measured against
  for (size_t i = 0; i < kExperts; ++i) precision_[i][i] = kFirstPrecision;
}

Weights::Matrix Weights::factor() const {
  Matrix lower{};
  for (size_t i = 0; i < kExperts; ++i)
    for (size_t j = 0; j <= i; ++j) {
      double sum = precision_[i][j];
      for (size_t k = 0; k < j; ++k) sum -= lower[i][k] * lower[j][k];
      // The precision is at least a part of the prior's, so that the diagonal is positive but for rounding.
      lower[i][j] = i == j ? std::sqrt(std::max(sum, 1e-9)) : sum / lower[j][j];
    }
  return lower;
}

namespace {

template <class Matrix>
Evidence back(const Matrix& lower, Evidence x) {  // solves LT y = x
  for (size_t i = kExperts; i-- > 0;) {
    for (size_t k = i + 1; k < kExperts; ++k) x[i] -= lower[k][i] * x[k];
    x[i] /= lower[i][i];
  }
  return x;
}

}  // namespace

void Weights::learn(const Evidence& gradient) {
  for (size_t i = 0; i < kExperts; ++i)
    for (size_t j = 0; j < kExperts; ++j)
      precision_[i][j] = kFade * precision_[i][j] + (i == j ? (1 - kFade) * kFirstPrecision : 0) + gradient[i] * gradient[j];
  const Matrix lower = factor();
  Evidence step = gradient;
  for (size_t i = 0; i < kExperts; ++i) {
    for (size_t k = 0; k < i; ++k) step[i] -= lower[i][k] * step[k];
    step[i] /= lower[i][i];
  }
  step = back(lower, step);
  for (size_t i = 0; i < kExperts; ++i) mean_[i] = std::clamp(mean_[i] + step[i], kLowest, kHighest);
}

Evidence Weights::draw(const Evidence& noise, double spread) const {
  Evidence drawn = back(factor(), noise);
  for (size_t i = 0; i < kExperts; ++i) drawn[i] = mean_[i] + spread * drawn[i];
  return drawn;
}

}  // namespace sotto::recommendation

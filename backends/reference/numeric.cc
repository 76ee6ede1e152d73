#include "numeric.h"

#include <algorithm>
#include <cmath>

namespace sotto::reference {

double dot(const float* a, const float* b, size_t count) {
  // Short runs are summed in single precision, eight at a time so that a compiler finds vectors; the runs in double.
  constexpr size_t kRun = 64, kLanes = 8;
  double sum = 0;
  size_t i = 0;
  for (; i + kRun <= count; i += kRun) {
    float lanes[kLanes] = {};
    for (size_t j = 0; j < kRun; j += kLanes)
      for (size_t l = 0; l < kLanes; ++l) lanes[l] += a[i + j + l] * b[i + j + l];
    sum += static_cast<double>((lanes[0] + lanes[4]) + (lanes[1] + lanes[5])) +
           static_cast<double>((lanes[2] + lanes[6]) + (lanes[3] + lanes[7]));
  }
  for (; i < count; ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return sum;
}

double activate(uint32_t activation, double x) {
  switch (activation) {
    case SOTTO_ACT_NONE:
      return x;
    case SOTTO_ACT_GELU_TANH:
      return 0.5 * x * (1 + std::tanh(0.7978845608 * (x + 0.044715 * x * x * x)));
    case SOTTO_ACT_GELU_ERF:
      return 0.5 * x * (1 + std::erf(x * 0.70710678118654752440));
    case SOTTO_ACT_QUICK_GELU:
      return x / (1 + std::exp(-1.702 * x));
    case SOTTO_ACT_SILU:
      return x / (1 + std::exp(-x));
    case SOTTO_ACT_RELU:
      return std::max(x, 0.0);
    case SOTTO_ACT_RELU_SQUARED:
      return std::max(x, 0.0) * std::max(x, 0.0);
    case SOTTO_ACT_SIGMOID:
      return 1 / (1 + std::exp(-x));
    case SOTTO_ACT_TANH:
      return std::tanh(x);
  }
  return x;
}

double softcap(double x, float cap) {
  const double c = static_cast<double>(cap);
  return cap == 0 ? x : c * std::tanh(x / c);
}

double clamp(double x, float limit) {
  const double l = static_cast<double>(limit);
  return limit == 0 ? x : std::min(std::max(x, -l), l);
}

void normalise(const NormSpec& spec, const float* x, size_t count, float* out) {
  double mean = 0;
  if (spec.kind == SOTTO_NORM_LAYER) {
    for (size_t i = 0; i < count; ++i) mean += static_cast<double>(x[i]);
    mean /= static_cast<double>(count);
  }
  double squares = 0;
  for (size_t i = 0; i < count; ++i) squares += (static_cast<double>(x[i]) - mean) * (static_cast<double>(x[i]) - mean);
  const double scale = 1 / std::sqrt(squares / static_cast<double>(count) + spec.epsilon);
  for (size_t i = 0; i < count; ++i) {
    double y = (static_cast<double>(x[i]) - mean) * scale;
    if (spec.weight != nullptr) y *= static_cast<double>(spec.weight[i]);
    if (spec.bias != nullptr) y += static_cast<double>(spec.bias[i]);
    out[i] = static_cast<float>(y);
  }
}

}  // namespace sotto::reference

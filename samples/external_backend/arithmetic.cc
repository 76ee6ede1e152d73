#include "arithmetic.h"

#include <algorithm>
#include <cmath>

namespace external {
namespace {

float none(float x) { return x; }
float gelu_tanh(float x) { return 0.5f * x * (1 + std::tanh(0.7978845608f * (x + 0.044715f * x * x * x))); }
float gelu_erf(float x) { return 0.5f * x * (1 + std::erf(x * 0.70710678f)); }
float sigmoid(float x) { return 1 / (1 + std::exp(-x)); }
float quick_gelu(float x) { return x * sigmoid(1.702f * x); }
float silu(float x) { return x * sigmoid(x); }
float relu(float x) { return std::max(x, 0.0f); }
float relu_squared(float x) { return relu(x) * relu(x); }
float hyperbolic(float x) { return std::tanh(x); }

using Activation = float (*)(float);
constexpr Activation kActivations[] = {none, gelu_tanh,    gelu_erf, quick_gelu, silu,  // by SOTTO_ACT_*
                                       relu, relu_squared, sigmoid,  hyperbolic};
static_assert(sizeof kActivations / sizeof kActivations[0] == SOTTO_ACT_TANH + 1);

}  // namespace

float dot(const float* a, const float* b, size_t count) {
  constexpr size_t kLanes = 16;  // sums side by side, which compilers turn into vector instructions
  float sums[kLanes] = {};
  size_t i = 0;
  for (; i + kLanes <= count; i += kLanes)
    for (size_t lane = 0; lane < kLanes; ++lane) sums[lane] += a[i + lane] * b[i + lane];
  double sum = 0;
  for (const float lane : sums) sum += static_cast<double>(lane);
  for (; i < count; ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return static_cast<float>(sum);
}

float activate(uint32_t activation, float x) { return kActivations[activation](x); }

float clamp(float x, float limit) { return limit == 0 ? x : std::clamp(x, -limit, limit); }

float softcap(float x, float cap) { return cap == 0 ? x : cap * std::tanh(x / cap); }

void normalise(const NormSpec& spec, const float* x, size_t count, float* out) {
  double mean = 0, squares = 0;
  for (size_t i = 0; spec.kind == SOTTO_NORM_LAYER && i < count; ++i)
    mean += static_cast<double>(x[i]) / static_cast<double>(count);
  for (size_t i = 0; i < count; ++i) squares += (static_cast<double>(x[i]) - mean) * (static_cast<double>(x[i]) - mean);
  const double scale = 1 / std::sqrt(squares / static_cast<double>(count) + static_cast<double>(spec.epsilon));
  for (size_t i = 0; i < count; ++i) {
    const auto y = static_cast<float>((static_cast<double>(x[i]) - mean) * scale);
    out[i] = y * (spec.weight == nullptr ? 1 : spec.weight[i]) + (spec.bias == nullptr ? 0 : spec.bias[i]);
  }
}

}  // namespace external

#include "model/rotation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/printable.h"

namespace sotto {
namespace {

constexpr double kMostFrequency = 1e6;  // radians per position; 1 is what unscaled models reach

// The dimension whose wave turns `turns` times within the original context (YaRN, equation 17 ff.).
double turning_dimension(double turns, uint32_t dimensions, double base, uint32_t context) {
  constexpr double kTwoPi = 6.283185307179586;
  return dimensions * std::log(context / (turns * kTwoPi)) / (2 * std::log(base));
}

}  // namespace

// Interpolated for slow waves, unchanged for fast ones, a ramp over the dimensions between.
double yarn_divisor(uint32_t dimensions, double base, const RotationScaling& s, size_t pair) {
  double low = turning_dimension(s.beta_fast, dimensions, base, s.original_context);
  double high = turning_dimension(s.beta_slow, dimensions, base, s.original_context);
  if (s.truncates) {
    low = std::floor(low);
    high = std::ceil(high);
  }
  low = std::max(low, 0.0);
  high = std::min(high, dimensions - 1.0);
  if (low == high) high += 0.001;
  const double ramp = std::clamp((static_cast<double>(pair) - low) / (high - low), 0.0, 1.0);
  return 1 / (ramp / s.factor + (1 - ramp));
}

Result<RotationTable> make_rotation(uint32_t dimensions, double base, const RotationScaling& scaling,
                                    const std::vector<float>& factors) {
  const size_t pairs = dimensions / 2;
  if (!factors.empty() && factors.size() != pairs)
    return Status(SOTTO_BAD_FILE, fmt::format("rope_freqs.weight has {} values, expected {} for {} rotated dimensions",
                                              factors.size(), pairs, dimensions));
  std::vector<double> inv_freq(pairs);
  for (size_t i = 0; i < pairs; ++i) inv_freq[i] = std::pow(base, -2.0 * static_cast<double>(i) / dimensions);
  RotationTable table;
  double magnitude = scaling.attention_factor;
  if (scaling.type == "linear") {
    for (double& f : inv_freq) f /= scaling.factor;
  } else if (scaling.type == "yarn") {
    for (size_t i = 0; i < pairs; ++i) inv_freq[i] /= yarn_divisor(dimensions, base, scaling, i);
    if (scaling.factor > 1) magnitude *= 0.1 * std::log(scaling.factor) + 1;
  } else if (scaling.type != "none") {
    return Status(
        SOTTO_UNSUPPORTED,
        fmt::format("rope.scaling.type '{}' is not supported; known are none, linear and yarn, and tensor rope_freqs.weight",
                    printable(scaling.type)));
  }
  table.magnitude = static_cast<float>(magnitude);
  for (size_t i = 0; i < pairs; ++i) {
    const double factor = factors.empty() ? 1 : static_cast<double>(factors[i]);
    const double f = inv_freq[i] / factor;
    if (!(factor > 0) || !(f > 0) || f > kMostFrequency)
      return Status(SOTTO_BAD_FILE,
                    fmt::format("rotation pair {} would have the frequency {} (rope_freqs.weight: {})", i, f, factor));
    table.inv_freq.push_back(static_cast<float>(f));
  }
  return table;
}

}  // namespace sotto

#include "rows.h"

#include <algorithm>
#include <cmath>
#include <random>

#include "convert/quantize/half.h"
#include "sotto/types.h"

namespace sotto::quantize {

const std::vector<uint32_t> kBlockTypes = {SOTTO_Q8_0, SOTTO_Q4_0, SOTTO_Q4_1, SOTTO_Q5_0,
                                           SOTTO_Q5_1, SOTTO_Q4_K, SOTTO_Q5_K, SOTTO_Q6_K};

namespace {

double uniform(std::mt19937& random) { return (static_cast<double>(random()) + 0.5) / 4294967296.0; }

double normal(std::mt19937& random) {
  constexpr double kTurn = 6.283185307179586;
  const double radius = std::sqrt(-2 * std::log(uniform(random)));
  return radius * std::cos(kTurn * uniform(random));
}

}  // namespace

std::vector<float> random_row(Shape shape, size_t count, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<float> row(count);
  for (float& v : row) {
    double x = 2 * uniform(random) - 1;
    if (shape != Shape::kUniform) x = normal(random);
    if (shape == Shape::kHeavyTailed) x *= std::abs(x);
    v = static_cast<float>(0.05 * x);
  }
  return row;
}

std::vector<float> round_trip(uint32_t type, const std::vector<float>& x, std::vector<float> weights) {
  const Format& f = *find_format(type);
  if (weights.empty()) weights.assign(x.size(), 1.0f);
  std::vector<uint8_t> bytes(x.size() / f.block * f.bytes);
  f.encode(x.data(), weights.data(), x.size(), bytes.data());
  std::vector<float> y(x.size());
  f.decode(bytes.data(), x.size(), y.data());
  return y;
}

namespace {

// Levels of a run with one scale, or with scale and offset; no rounding of these.
void nearest_run(const float* x, int count, int levels, bool has_offset, float* y) {
  const auto [least, most] = std::minmax_element(x, x + count);
  const float top = static_cast<float>(levels - 1);
  float scale = (*most - *least) / top, offset = *least, low = 0, high = top;
  if (!has_offset) {
    scale = std::max(std::abs(*least), std::abs(*most)) / static_cast<float>(levels / 2 - 1);
    offset = 0;
    low = static_cast<float>(-levels / 2 + 1);
    high = -low;
  }
  for (int i = 0; i < count; ++i)
    y[i] = scale > 0 ? scale * std::clamp(std::round((x[i] - offset) / scale), low, high) + offset : offset;
}

struct Naive {
  uint32_t type;
  int run, levels;
  bool has_offset;
};
constexpr Naive kNaive[] = {{SOTTO_Q8_0, 32, 256, false}, {SOTTO_Q4_0, 32, 16, false}, {SOTTO_Q4_1, 32, 16, true},
                            {SOTTO_Q5_0, 32, 32, false},  {SOTTO_Q5_1, 32, 32, true},  {SOTTO_Q4_K, 32, 16, true},
                            {SOTTO_Q5_K, 32, 32, true},   {SOTTO_Q6_K, 16, 64, false}};

}  // namespace

std::vector<float> nearest_levels(uint32_t type, const std::vector<float>& x) {
  const Naive& n = *std::find_if(std::begin(kNaive), std::end(kNaive), [&](const Naive& row) { return row.type == type; });
  std::vector<float> y(x.size());
  for (size_t at = 0; at < x.size(); at += static_cast<size_t>(n.run))
    nearest_run(x.data() + at, n.run, n.levels, n.has_offset, y.data() + at);
  return y;
}

double squared_error(const std::vector<float>& x, const std::vector<float>& y, const std::vector<float>& weights) {
  double sum = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    const double error = static_cast<double>(x[i]) - static_cast<double>(y[i]);
    sum += error * error * (weights.empty() ? 1.0 : static_cast<double>(weights[i]));
  }
  return sum;
}

double relative_error(const std::vector<float>& x, const std::vector<float>& y) {
  return std::sqrt(squared_error(x, y) / squared_error(x, std::vector<float>(x.size(), 0.0f)));
}

}  // namespace sotto::quantize

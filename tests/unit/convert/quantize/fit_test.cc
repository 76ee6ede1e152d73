#include "convert/quantize/fit.h"

#include <gtest/gtest.h>

#include <cmath>

#include "rows.h"

namespace sotto::quantize {
namespace {

constexpr int kRun = 32;

std::vector<float> unit_run(uint32_t seed) {
  auto x = random_row(seed % 2 ? Shape::kNormal : Shape::kHeavyTailed, kRun, seed);
  float largest = 0;
  for (const float v : x) largest = std::max(largest, std::abs(v));
  for (float& v : x) v /= largest;
  return x;
}

double error_on(const Line& line, const std::vector<float>& x, Levels levels) {
  Lines lines;
  for (int c = 0; c < kLanes; ++c) {
    lines.scale[c] = line.scale;
    lines.offset[c] = line.offset;
  }
  const std::vector<float> ones(kRun, 1.0f);
  return static_cast<double>(best_of<kRun>(lines, x.data(), ones.data(), levels).error);
}

// Every scale in steps so small that none is missed by much.
double least_error(const std::vector<float>& x, Levels levels) {
  double least = 1e9;
  for (float scale = 0.05f; scale < 0.4f; scale *= 1.0005f)
    for (const float sign : {1.0f, -1.0f}) least = std::min(least, error_on({sign * scale, 0}, x, levels));
  return least;
}

TEST(FitScale, ComesWithinPercentsOfTheBestThereIs) {
  const std::vector<float> ones(kRun, 1.0f);
  const Levels levels{-8, 7};
  double found = 0, least = 0;
  for (uint32_t seed = 0; seed < 50; ++seed) {
    const auto x = unit_run(seed);
    found += error_on({fit_scale<kRun>(x.data(), ones.data(), levels), 0}, x, levels);
    least += least_error(x, levels);
  }
  EXPECT_LT(found, 1.01 * least);
}

TEST(FitLine, FindsALineThatIsThere) {
  const std::vector<float> ones(kRun, 1.0f);
  std::vector<float> x(kRun);
  for (int i = 0; i < kRun; ++i) x[static_cast<size_t>(i)] = -0.4f + 0.05f * static_cast<float>(i % 16);
  const Line line = fit_line<kRun>(x.data(), ones.data(), 15, false);
  EXPECT_NEAR(line.scale, 0.05f, 1e-6f);
  EXPECT_NEAR(line.offset, -0.4f, 1e-5f);
}

TEST(FitLine, KeepsAnOffsetNegativeWhereTheFormatWantsIt) {
  const std::vector<float> ones(kRun, 1.0f);
  for (uint32_t seed = 0; seed < 20; ++seed) {
    auto x = unit_run(seed);
    for (float& v : x) v = 0.5f + 0.4f * v;
    EXPECT_LE(fit_line<kRun>(x.data(), ones.data(), 15, true).offset, 0.0f);
  }
}

TEST(FitScale, OfZerosIsZero) {
  const std::vector<float> zeros(kRun, 0.0f), ones(kRun, 1.0f);
  EXPECT_EQ(fit_scale<kRun>(zeros.data(), ones.data(), {-8, 7}), 0.0f);
}

}  // namespace
}  // namespace sotto::quantize

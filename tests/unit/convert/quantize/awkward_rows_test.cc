// Rows that a search gets wrong easily.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "rows.h"
#include "sotto/types.h"

namespace sotto::quantize {
namespace {

const char* name(uint32_t type) { return find_format(type)->name; }

bool all_finite(const std::vector<float>& y) {
  return std::all_of(y.begin(), y.end(), [](float v) { return std::isfinite(v); });
}

TEST(AwkwardRows, ZerosStayZeros) {
  const std::vector<float> x(256, 0.0f);
  for (const uint32_t type : kBlockTypes) EXPECT_EQ(round_trip(type, x), x) << name(type);
}

TEST(AwkwardRows, AConstantIsKeptToThePrecisionOfItsScale) {
  for (const float value : {1.0f, -1.0f, 0.0123f, -0.0123f, 700.0f, -3e-5f})
    for (const uint32_t type : kBlockTypes) {
      const std::vector<float> x(256, value);
      const auto y = round_trip(type, x);
      // Half precision: 2^-11 relative, and fewer digits below 2^-14, where the scales of K blocks lie; at last 2^-24 absolute.
      const auto [least, most] = std::minmax_element(y.begin(), y.end());
      EXPECT_NEAR(*least, value, std::abs(value) * 0x1p-9f + 0x1p-20f) << name(type);
      EXPECT_NEAR(*most, value, std::abs(value) * 0x1p-9f + 0x1p-20f) << name(type);
    }
}

TEST(AwkwardRows, ANarrowRowFarFromZeroKeepsItsDifferences) {
  auto x = random_row(Shape::kUniform, 256, 1);  // -0.05 .. 0.05
  for (float& v : x) v = 1 + 0.02f * v;
  for (const uint32_t type : {SOTTO_Q4_1, SOTTO_Q5_1}) {
    const double range = 0.002, steps = type == SOTTO_Q4_1 ? 15 : 31;
    EXPECT_LT(std::sqrt(squared_error(x, round_trip(type, x)) / 256), 1.15 * range / steps / std::sqrt(12)) << name(type);
  }
}

TEST(AwkwardRows, AnOutlierIsKeptAndTheRestIsSmall) {
  for (const float outlier : {100.0f, -100.0f})
    for (const uint32_t type : kBlockTypes) {
      auto x = random_row(Shape::kNormal, 256, 2);
      x[77] = outlier;
      const auto y = round_trip(type, x);
      EXPECT_NEAR(y[77], outlier, 0.5) << name(type);
      // The parts of a K block share what the outlier takes: it may cost all the rest, and no more.
      auto rest = x;
      rest[77] = 0;
      EXPECT_LE(squared_error(x, y), squared_error(rest, std::vector<float>(256, 0.0f)) + 0.1) << name(type);
    }
}

TEST(AwkwardRows, AnOutlierInAColumnThatDoesNotCountIsCutOff) {
  for (const uint32_t type : kBlockTypes) {
    auto x = random_row(Shape::kNormal, 256, 3);
    std::vector<float> weights(256, 1.0f);
    x[40] = 1.0f;
    weights[40] = 1e-4f;
    auto clean = x;
    clean[40] = 0;
    EXPECT_LT(squared_error(x, round_trip(type, x, weights), weights),
              2.0 * squared_error(clean, round_trip(type, clean)) + 1e-4)
        << name(type);
  }
}

TEST(AwkwardRows, TinyWeightsBecomeTheNearestThatHalfPrecisionHas) {
  for (const float scale : {1e-4f, 1e-6f, 1e-7f, 1e-9f, 1e-20f, 1e-40f})
    for (const uint32_t type : kBlockTypes) {
      auto x = random_row(Shape::kUniform, 256, 4);
      for (float& v : x) v *= 20 * scale;  // up to `scale`
      const auto y = round_trip(type, x);
      ASSERT_TRUE(all_finite(y));
      // Never worse than all zeros, and never further than a step of the smallest scale beside the format's own error.
      EXPECT_LE(squared_error(x, y), squared_error(x, std::vector<float>(256, 0.0f)) * (1 + 1e-6)) << name(type) << scale;
      if (scale >= 1e-4f) {
        EXPECT_LT(relative_error(x, y), 0.07) << name(type);
      }
    }
}

TEST(AwkwardRows, AllNegativeAndAllPositiveRowsUseTheirRange) {
  for (const float sign : {1.0f, -1.0f})
    for (const uint32_t type : {SOTTO_Q4_1, SOTTO_Q5_1, SOTTO_Q4_K, SOTTO_Q5_K, SOTTO_Q4_0, SOTTO_Q6_K}) {
      auto x = random_row(Shape::kUniform, 256, 5);
      for (float& v : x) v = sign * (v + 0.06f);  // 0.01 .. 0.11
      EXPECT_LT(relative_error(x, round_trip(type, x)), type == SOTTO_Q4_0 ? 0.055 : 0.03) << name(type) << sign;
    }
}

TEST(AwkwardRows, TheLargestWeightsThatAFormatTakesStayFinite) {
  for (const uint32_t type : kBlockTypes)
    for (const float sign : {1.0f, -1.0f}) {
      auto x = random_row(Shape::kUniform, 256, 6);
      for (float& v : x) v *= 20 * find_format(type)->largest;
      for (size_t i = 0; i < x.size(); i += 16) x[i] = sign * find_format(type)->largest;
      const auto y = round_trip(type, x);
      ASSERT_TRUE(all_finite(y)) << name(type);
      EXPECT_LT(relative_error(x, y), 0.08) << name(type) << sign;
    }
}

TEST(AwkwardRows, OneWeightAmongZeros) {
  for (const uint32_t type : kBlockTypes)
    for (const float value : {0.5f, -0.5f}) {
      std::vector<float> x(256, 0.0f);
      x[255] = value;
      const auto y = round_trip(type, x);
      EXPECT_NEAR(y[255], value, 1e-3) << name(type);
      EXPECT_LT(squared_error(x, y), 3e-6) << name(type);  // 31 zeros beside it, each off by its scale's rounding
    }
}

}  // namespace
}  // namespace sotto::quantize

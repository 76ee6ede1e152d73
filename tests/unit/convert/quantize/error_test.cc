// How large the errors of every format are, with and without importance.
#include <gtest/gtest.h>

#include <cmath>

#include "rows.h"
#include "sotto/types.h"

namespace sotto::quantize {
namespace {

constexpr size_t kCount = 64 * 256;
constexpr Shape kShapes[] = {Shape::kNormal, Shape::kHeavyTailed, Shape::kUniform};

struct Bound {
  uint32_t type;
  double normal;   // relative error of normally distributed weights
  double uniform;  // and of evenly distributed ones
};
// Uniform weights of amplitude 1 in N levels: steps of 2/N, an error of step/sqrt(12), relative to 1/sqrt(3): 1/N, and some
// percent less than that for the search, more for the scales' own rounding. Normal ones spread further: the largest of 32 lies
// at about 2.1 standard deviations, which gives 2.1*2/N/sqrt(12).
constexpr Bound kBounds[] = {{SOTTO_Q8_0, 0.0052, 0.0038}, {SOTTO_Q4_0, 0.0840, 0.0610}, {SOTTO_Q4_1, 0.0710, 0.0540},
                             {SOTTO_Q5_0, 0.0420, 0.0295}, {SOTTO_Q5_1, 0.0350, 0.0265}, {SOTTO_Q4_K, 0.0715, 0.0545},
                             {SOTTO_Q5_K, 0.0355, 0.0270}, {SOTTO_Q6_K, 0.0175, 0.0135}};

TEST(QuantizeError, StaysBelowWhatTheFormatAllows) {
  for (const Bound& b : kBounds) {
    const auto normal = random_row(Shape::kNormal, kCount, 1), uniform = random_row(Shape::kUniform, kCount, 2);
    EXPECT_LT(relative_error(normal, round_trip(b.type, normal)), b.normal) << find_format(b.type)->name;
    EXPECT_LT(relative_error(uniform, round_trip(b.type, uniform)), b.uniform) << find_format(b.type)->name;
  }
}

TEST(QuantizeError, IsSmallerThanWithoutASearch) {
  for (const uint32_t type : kBlockTypes)
    for (const Shape shape : kShapes) {
      const auto x = random_row(shape, kCount, 3);
      // 1 %: the parts of a K block have rounded scales, those of the plain way have not.
      EXPECT_LT(squared_error(x, round_trip(type, x)), 1.01 * squared_error(x, nearest_levels(type, x)))
          << find_format(type)->name << ", shape " << static_cast<int>(shape);
    }
}

TEST(QuantizeError, BlockByBlockItIsSmallerThanWithoutASearch) {
  for (const uint32_t type : {SOTTO_Q8_0, SOTTO_Q4_0, SOTTO_Q4_1, SOTTO_Q5_0, SOTTO_Q5_1})
    for (uint32_t seed = 0; seed < 200; ++seed) {
      const auto x = random_row(kShapes[seed % 3], 32, seed);
      // 1 %: the plain way's scale is not rounded to half precision.
      EXPECT_LE(squared_error(x, round_trip(type, x)), 1.01 * squared_error(x, nearest_levels(type, x)))
          << find_format(type)->name << ", seed " << seed;
    }
}

TEST(QuantizeError, ImportanceLowersTheErrorThatCounts) {
  for (const uint32_t type : kBlockTypes) {
    const auto x = random_row(Shape::kNormal, kCount, 5);
    auto weights = random_row(Shape::kHeavyTailed, kCount, 6);
    for (float& w : weights) w = 1e-3f + 100 * w * w;
    const double plain = squared_error(x, round_trip(type, x), weights),
                 led = squared_error(x, round_trip(type, x, weights), weights);
    EXPECT_LT(led, 0.9 * plain) << find_format(type)->name;
  }
}

TEST(QuantizeError, TwiceIsAsOnce) {
  for (const uint32_t type : kBlockTypes) {
    const auto once = round_trip(type, random_row(Shape::kNormal, kCount, 8));
    EXPECT_LT(relative_error(once, round_trip(type, once)), 0.3 * relative_error(random_row(Shape::kNormal, kCount, 8), once))
        << find_format(type)->name;
  }
}

TEST(QuantizeError, SingleNumbersAreRoundedToTheNearest) {
  const auto x = random_row(Shape::kNormal, 1000, 9);
  EXPECT_EQ(round_trip(SOTTO_F32, x), x);
  const auto half = round_trip(SOTTO_F16, x), brain = round_trip(SOTTO_BF16, x);
  for (size_t i = 0; i < x.size(); ++i) {
    EXPECT_LE(std::abs(half[i] - x[i]), std::abs(x[i]) * 0x1p-11f + 0x1p-25f);
    EXPECT_LE(std::abs(brain[i] - x[i]), std::abs(x[i]) * 0x1p-8f);
  }
}

}  // namespace
}  // namespace sotto::quantize

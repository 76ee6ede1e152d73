#include "model/rotation.h"

#include <gtest/gtest.h>

#include <cmath>

namespace sotto {
namespace {

TEST(Rotation, WithoutScalingItIsThePaperFormula) {
  const auto t = make_rotation(8, 10000, {}, {});
  ASSERT_TRUE(t.ok());
  const float wanted[] = {1, 0.1f, 0.01f, 0.001f};
  for (size_t i = 0; i < 4; ++i) EXPECT_FLOAT_EQ(t->inv_freq[i], wanted[i]);
  EXPECT_EQ(t->magnitude, 1);
}

TEST(Rotation, LinearDividesEveryFrequency) {
  RotationScaling s;
  s.type = "linear";
  s.factor = 4;
  const auto t = make_rotation(4, 100, s, {});
  ASSERT_TRUE(t.ok());
  EXPECT_FLOAT_EQ(t->inv_freq[0], 0.25f);
  EXPECT_FLOAT_EQ(t->inv_freq[1], 0.025f);
}

TEST(Rotation, FactorsDivideOneByOne) {
  const auto t = make_rotation(4, 100, {}, {2, 8});
  ASSERT_TRUE(t.ok());
  EXPECT_FLOAT_EQ(t->inv_freq[0], 0.5f);
  EXPECT_FLOAT_EQ(t->inv_freq[1], 0.0125f);
}

// The numbers are those of transformers 5.24, _compute_yarn_parameters, for head width 16, theta 1000, factor 4, original
// length 16.
TEST(Rotation, YarnKeepsFastWavesAndStretchesSlowOnes) {
  RotationScaling s;
  s.type = "yarn";
  s.factor = 4;
  s.original_context = 16;
  const auto t = make_rotation(16, 1000, s, {});
  ASSERT_TRUE(t.ok());
  const double base[] = {1, std::pow(1000, -0.125)};
  EXPECT_FLOAT_EQ(t->inv_freq[0], static_cast<float>(base[0]));
  EXPECT_GT(t->inv_freq[1], static_cast<float>(base[1] / 4));
  EXPECT_LT(t->inv_freq[1], static_cast<float>(base[1]));
  for (size_t i = 2; i < 8; ++i)
    EXPECT_FLOAT_EQ(t->inv_freq[i], static_cast<float>(std::pow(1000, -2.0 * static_cast<double>(i) / 16) / 4)) << i;
  EXPECT_FLOAT_EQ(t->magnitude, 1.1386294f);
}

TEST(Rotation, WhatCannotBeIsRefused) {
  RotationScaling dynamic;
  dynamic.type = "dynamic";
  EXPECT_EQ(make_rotation(4, 100, dynamic, {}).status().code(), SOTTO_UNSUPPORTED);
  for (const std::vector<float>& factors : {std::vector<float>{1}, {1, 0}, {1, -1}, {NAN, 1}, {1, 1, 1}, {1e-30f, 1}})
    EXPECT_EQ(make_rotation(4, 100, {}, factors).status().code(), SOTTO_BAD_FILE) << factors.size();
}

}  // namespace
}  // namespace sotto

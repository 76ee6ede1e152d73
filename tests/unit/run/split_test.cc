#include "run/split.h"

#include <gtest/gtest.h>

namespace sotto {
namespace {

constexpr uint64_t kMb = 1000000;

TEST(ChooseSplit, FollowsTheSpeeds) {
  EXPECT_EQ(choose_split({{4e9, 0}, {4e9, 0}}, 100 * kMb).value(), (std::vector<uint32_t>{500, 500}));
  EXPECT_EQ(choose_split({{6e9, 0}, {2e9, 0}}, 100 * kMb).value(), (std::vector<uint32_t>{750, 250}));
  EXPECT_EQ(choose_split({{1e9, 0}, {1e9, 0}, {2e9, 0}}, 100 * kMb).value(), (std::vector<uint32_t>{250, 250, 500}));
}

TEST(ChooseSplit, GivesNobodyMoreThanItsMemoryHolds) {
  // Three quarters of 40 MB are 30 % of the model; the two others share the rest by their speeds.
  EXPECT_EQ(choose_split({{8e9, 40 * kMb}, {2e9, 900 * kMb}, {5e9, 900 * kMb}}, 100 * kMb).value(),
            (std::vector<uint32_t>{300, 200, 500}));
  // The second is filled up by what the first leaves.
  EXPECT_EQ(choose_split({{8e9, 40 * kMb}, {2e9, 40 * kMb}, {1e9, 900 * kMb}}, 100 * kMb).value(),
            (std::vector<uint32_t>{300, 300, 400}));
}

TEST(ChooseSplit, SaysWhenAllTogetherHaveTooLittle) {
  const auto none = choose_split({{1e9, 40 * kMb}, {1e9, 40 * kMb}}, 100 * kMb);
  EXPECT_EQ(none.status().code(), SOTTO_OUT_OF_MEMORY);
  EXPECT_NE(none.status().text().find("80.0 MB"), std::string::npos) << none.status().text();
}

TEST(ChooseSplit, LeavesASlowRankAPart) {
  EXPECT_EQ(choose_split({{1e12, 0}, {1e3, 0}}, kMb).value(), (std::vector<uint32_t>{1000, 1}));
}

}  // namespace
}  // namespace sotto

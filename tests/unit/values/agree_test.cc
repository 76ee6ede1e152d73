#include "text/values/agree.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "cases.h"

namespace sotto::values {
namespace {

Agreement of(const std::vector<Hypothesis>& list) { return agree(Span<const Hypothesis>(list), default_options()); }

TEST(Agree, TheLikeliestWinsWhereAllDiffer) {
  const Agreement a = of({{"七点十分叫我", std::log(0.3)}, {"七点四十叫我", std::log(0.5)}, {"叫我", std::log(0.2)}});
  EXPECT_EQ(a.hypothesis, 1u);
  EXPECT_NEAR(a.share, 0.5, 1e-6);
}

TEST(Agree, ValuesThatSeveralHearOutweighTheLikeliest) {
  const Agreement a = of({{"set a timer for fifty minutes", std::log(0.4)},
                          {"set a timer for fifteen minutes", std::log(0.25)},
                          {"set the timer for fifteen minutes", std::log(0.35)}});
  EXPECT_EQ(a.hypothesis, 2u);  // the likelier of the two that agree
  EXPECT_NEAR(a.share, 0.6, 1e-6);
}

TEST(Agree, NormalFormsCountNotWords) {
  const Agreement a = of({{"半小时", -1}, {"三十分钟", -1}, {"十三分钟", -0.5}});
  EXPECT_EQ(a.hypothesis, 0u);
  EXPECT_NEAR(a.share, 2 * std::exp(-0.5) / (1 + 2 * std::exp(-0.5)), 1e-6);
}

TEST(Agree, OfEqualsTheEarlierIsTaken) {
  EXPECT_EQ(of({{"调到三十", -2}, {"调到四十", -2}}).hypothesis, 0u);
  EXPECT_EQ(of({{"nothing", -700}}).share, 1);
}

TEST(Agree, ScoresFarApartStayFinite) {
  const Agreement a = of({{"one lamp", -1e30}, {"two lamps", 1e30}});
  EXPECT_EQ(a.hypothesis, 1u);
  EXPECT_EQ(a.share, 1);
}

}  // namespace
}  // namespace sotto::values

// When nothing is suggested, what is tried out, and what is logged of it.
#include <gtest/gtest.h>

#include <map>

#include "recommendation/fake_host.h"

namespace sotto::test {
namespace {

class Suggestions : public testing::Test {
 protected:
  void SetUp() override {
    fake_host() = FakeHost{};
    fake_host().unix_ms = at(0, 12);
  }
  Where when(int day, double hour) const {
    Where w;
    w.unix_ms = at(day, hour);
    return w;
  }
  void begin(Skill* skill) {
    ASSERT_EQ(skill->open(), SOTTO_OK) << skill->error;
    ASSERT_EQ(skill->consent(), SOTTO_OK) << skill->error;
  }
};

TEST_F(Suggestions, NoMoreThanTheDaysShare) {
  sotto_recommender_options options{};
  options.daily_cap = 3;
  Skill skill(small_catalogue(), "", options);
  begin(&skill);
  EXPECT_EQ(skill.suggest(when(0, 10), 2).size(), 2u);
  EXPECT_EQ(skill.suggest(when(0, 11), 2).size(), 1u);
  EXPECT_EQ(skill.suggest(when(0, 12), 2).size(), 0u);
  EXPECT_EQ(skill.quiet, SOTTO_QUIET_CAP);
  EXPECT_EQ(skill.facts().suggestions_today, 3u);
  EXPECT_EQ(skill.suggest(when(1, 10), 5).size(), 3u);
}

TEST_F(Suggestions, AClockThatJumpsBackGivesNoMore) {
  sotto_recommender_options options{};
  options.daily_cap = 2;
  Skill skill(small_catalogue(), "", options);
  begin(&skill);
  EXPECT_EQ(skill.suggest(when(5, 10), 2).size(), 2u);
  EXPECT_EQ(skill.suggest(when(4, 20), 2).size(), 0u) << "a few hours back";
  EXPECT_EQ(skill.suggest(when(-400, 10), 2).size(), 0u) << "a year back, in the same run";
  EXPECT_EQ(skill.quiet, SOTTO_QUIET_CAP);
  fake_host().monotonic_ns += 25 * 3600 * uint64_t{1000000000};
  EXPECT_EQ(skill.suggest(when(-399, 10), 2).size(), 2u) << "a real day later";
}

TEST_F(Suggestions, NoneAtNight) {
  struct Case {
    double hour;
    bool is_quiet;
  };
  Skill skill(small_catalogue(), "");
  begin(&skill);
  int day = 0;
  for (const Case& c : {Case{6.9, true}, Case{7.0, false}, Case{21.9, false}, Case{22.0, true}, Case{0.5, true}}) {
    EXPECT_EQ(skill.suggest(when(++day, c.hour)).empty(), c.is_quiet) << c.hour;
    EXPECT_EQ(skill.quiet, c.is_quiet ? SOTTO_QUIET_HOURS : SOTTO_QUIET_NO) << c.hour;
  }
  sotto_recommender_options options{};
  options.flags = SOTTO_RECOMMEND_QUIET_HOURS_SET;
  options.quiet_from = 13 * 60;
  options.quiet_to = 15 * 60;
  Skill siesta(small_catalogue(), "", options);
  begin(&siesta);
  EXPECT_TRUE(siesta.suggest(when(0, 14)).empty());
  EXPECT_EQ(siesta.suggest(when(0, 15)).size(), 1u);
  options.flags = SOTTO_RECOMMEND_NO_QUIET_HOURS;
  options.quiet_from = options.quiet_to = 0;
  Skill awake(small_catalogue(), "", options);
  begin(&awake);
  EXPECT_EQ(awake.suggest(when(0, 3)).size(), 1u);
}

TEST_F(Suggestions, NoneDuringAnAlarmOrABadMood) {
  Skill skill(small_catalogue(), "");
  begin(&skill);
  Where w = when(0, 10);
  w.is_alarm = true;
  EXPECT_TRUE(skill.suggest(w).empty());
  EXPECT_EQ(skill.quiet, SOTTO_QUIET_ALARM);
  w.is_alarm = false;
  w.has_mood = true;
  w.mood = -0.5f;
  EXPECT_TRUE(skill.suggest(w).empty());
  EXPECT_EQ(skill.quiet, SOTTO_QUIET_MOOD);
  w.mood = -0.3f;
  EXPECT_EQ(skill.suggest(w).size(), 1u);
  EXPECT_EQ(skill.rank(w).size(), 5u);
}

TEST_F(Suggestions, NoneWithoutConsent) {
  Skill skill(small_catalogue(), "");
  ASSERT_EQ(skill.open(), SOTTO_OK);
  EXPECT_TRUE(skill.suggest(when(0, 10)).empty());
  EXPECT_EQ(skill.quiet, SOTTO_QUIET_CONSENT);
}

TEST_F(Suggestions, WhatWasDismissedCoolsDown) {
  sotto_recommender_options options{};
  options.cool_down_hours = 48;
  options.flags = SOTTO_RECOMMEND_NO_EXPLORATION | SOTTO_RECOMMEND_NO_SUGGESTION_CAP;
  Skill skill(small_catalogue(), "", options);
  begin(&skill);
  for (int i = 0; i < 50; ++i) skill.record("radio", when(0, 8 + 0.05 * i));
  EXPECT_EQ(skill.suggest(when(1, 8))[0].feature, "radio");
  skill.record("radio", when(1, 8.1), SOTTO_EVENT_DISMISSED);
  EXPECT_EQ(place_of(skill.suggest(when(1, 9), 12), "radio"), 11u) << "not among the others";
  EXPECT_EQ(place_of(skill.suggest(when(0, 9), 12), "radio"), 11u) << "nor when the clock has jumped back";
  EXPECT_LT(place_of(skill.suggest(when(3, 9), 12), "radio"), 12u) << "two days later again";
  EXPECT_LT(place_of(skill.rank(when(1, 9), 12), "radio"), 12u) << "who looks for it finds it";
}

TEST_F(Suggestions, ExplorationIsBoundedAndItsPropensityTrue) {
  sotto_recommender_options options{};
  options.flags = SOTTO_RECOMMEND_NO_SUGGESTION_CAP;
  options.exploration = 0.3f;
  Skill skill(small_catalogue(), "", options);
  begin(&skill);
  for (int day = 0; day < 2; ++day) {
    skill.record("radio", when(day, day % 2 ? 9 : 13));
    skill.record("song", when(day, day % 2 ? 13 : 9));
  }
  const std::string best = skill.rank(when(5, 11), 1)[0].feature;
  constexpr int kTimes = 1500;
  int others = 0;
  std::map<std::string, int> shown;
  std::map<std::string, double> expected;
  for (int i = 0; i < kTimes; ++i) {
    const Item item = skill.suggest(when(5, 11 + i * 1e-5))[0];
    ASSERT_GT(item.propensity, 0);
    ASSERT_LE(item.propensity, 1);
    if (item.feature != best) ++others;
    if (item.feature == best) {
      EXPECT_GE(item.propensity, 0.7);
    }
    ++shown[item.feature];
    expected[item.feature] += 1 / item.propensity;  // sums to the number of trials, whatever the feature
  }
  EXPECT_LE(others, kTimes * 0.34);
  EXPECT_GT(others, kTimes * 0.05);
  EXPECT_NEAR(expected[best], kTimes, kTimes * 0.1);
  EXPECT_GE(shown.size(), 3u);
}

TEST_F(Suggestions, ExplorationCanBeSwitchedOff) {
  sotto_recommender_options options{};
  options.flags = SOTTO_RECOMMEND_NO_SUGGESTION_CAP | SOTTO_RECOMMEND_NO_EXPLORATION;
  Skill skill(small_catalogue(), "", options);
  begin(&skill);
  const std::string best = skill.rank(when(0, 9), 1)[0].feature;
  for (int i = 0; i < 200; ++i) {
    const Item item = skill.suggest(when(0, 9 + i * 1e-5))[0];
    ASSERT_EQ(item.feature, best);
    ASSERT_EQ(item.propensity, 1);
  }
}

TEST_F(Suggestions, AreKeptWithTheirPropensity) {
  Skill skill(small_catalogue(), "");
  begin(&skill);
  const std::vector<Item> items = skill.suggest(when(0, 9), 2);
  ASSERT_EQ(items.size(), 2u);
  const std::string json = skill.exported();
  EXPECT_NE(json.find("\"kind\":\"suggested\",\"feature\":\"" + items[0].feature + "\""), std::string::npos) << json;
  EXPECT_NE(json.find("\"propensity\""), std::string::npos);
  EXPECT_NE(json.find("\"position\":1"), std::string::npos);
}

}  // namespace
}  // namespace sotto::test

// What is recommended and why, through the plugin's table.
#include <gtest/gtest.h>

#include <cmath>

#include "recommendation/fake_host.h"

namespace sotto::test {
namespace {

class Ranking : public testing::Test {
 protected:
  void SetUp() override {
    fake_host() = FakeHost{};
    fake_host().unix_ms = at(0, 12);
  }
  Where where(int day, double hour, const std::string& place = "", const std::string& tags = "") const {
    Where w;
    w.unix_ms = at(day, hour);
    w.place = place;
    w.tags = tags;
    return w;
  }
  // `days` of a life: radio in the kitchen in the morning, a lamp in the bedroom, umbrella when it rains, films on weekends.
  void live(Skill* skill, int days) {
    ASSERT_EQ(skill->open(), SOTTO_OK) << skill->error;
    ASSERT_EQ(skill->consent(), SOTTO_OK) << skill->error;
    for (int day = 0; day < days; ++day) {
      ASSERT_EQ(skill->record("radio", where(day, 7.0, "kitchen")), SOTTO_OK) << skill->error;
      skill->record("weather", where(day, 7.05, "kitchen"));
      if (day % 3 == 0) skill->record("umbrella", where(day, 12.3, "hall", "rain"));
      if (day % 3 != 0) skill->record("song", where(day, 12.3, "hall"));
      skill->record("timer", where(day, 12.9, "kitchen"));
      skill->record("lamp", where(day, 19.0, "bedroom"));
      if (day % 7 >= 5) skill->record("film", where(day, 16.0, "lounge"));
    }
  }
};

TEST_F(Ranking, FollowsTheContext) {
  Skill skill(small_catalogue(), "");
  live(&skill, 30);
  EXPECT_EQ(skill.rank(where(30, 7.0, "kitchen"))[0].feature, "radio");
  EXPECT_EQ(skill.rank(where(30, 19.0, "bedroom"))[0].feature, "lamp");
  EXPECT_EQ(skill.rank(where(30, 12.3, "hall", "rain"))[0].feature, "umbrella");
  EXPECT_EQ(skill.rank(where(30, 12.3, "hall"))[0].feature, "song");
  skill.record("radio", where(30, 7.0, "kitchen"));
  EXPECT_EQ(skill.rank(where(30, 7.02, "kitchen"))[0].feature, "weather");
}

TEST_F(Ranking, ProbabilitiesOfAllThatFitSumToOne) {
  Skill skill(small_catalogue(), "");
  live(&skill, 10);
  double sum = 0;
  for (const Item& item : skill.rank(where(10, 9), 100)) sum += item.probability;
  EXPECT_NEAR(sum, 1, 1e-9);
}

TEST_F(Ranking, TakingAwayWhatTheReasonNamesLowersTheRank) {
  Skill skill(small_catalogue(), "");
  live(&skill, 30);
  struct Case {
    const char* feature;
    const char* kind;
    Where with, without;
  };
  Where place = where(30, 10.5, "bedroom"), no_place = where(30, 10.5);
  Where tags = where(30, 10.5, "", "rain"), no_tags = where(30, 10.5);
  for (const Case& c : {Case{"lamp", "place", place, no_place}, Case{"umbrella", "tags", tags, no_tags}}) {
    const std::vector<Item> with = skill.rank(c.with, 12), without = skill.rank(c.without, 12);
    ASSERT_EQ(with[0].feature, c.feature);
    EXPECT_EQ(with[0].kind, c.kind);
    EXPECT_LT(place_of(with, c.feature), place_of(without, c.feature)) << c.feature;
    // The weight is what the probability loses, but for what the maker expects of others in that place.
    const double lost = std::log(with[0].probability / without[place_of(without, c.feature)].probability);
    EXPECT_NEAR(with[0].weight, lost, 0.01) << c.feature;
  }
}

TEST_F(Ranking, ReasonsNameTheContextInBothLanguages) {
  Skill skill(small_catalogue(), "");
  live(&skill, 30);
  const Item lamp = skill.rank(where(30, 10.5, "bedroom"))[0];
  EXPECT_EQ(lamp.reason_zh, "你在“bedroom”时常用它");
  EXPECT_EQ(lamp.reason_en, "You often use it in the place \"bedroom\"");
  const Item radio = skill.rank(where(30, 7.1))[0];
  EXPECT_EQ(radio.feature, "radio");
  EXPECT_EQ(radio.reason_zh, "你常在早上7点左右用它");
  EXPECT_EQ(radio.reason_en, "You often use it around 7 am");
  skill.record("radio", where(30, 15.5));
  const std::vector<Item> after = skill.rank(where(30, 15.6), 12);
  const Item& weather = after[place_of(after, "weather")];
  EXPECT_EQ(weather.kind, "before");
  EXPECT_EQ(weather.reason_zh, "你用过“收音机”之后常用它");
  EXPECT_EQ(weather.reason_en, "You often use it after \"Radio\"");
}

TEST_F(Ranking, BeginsWithWhatIsPopularAndWhatTheMakerExpects) {
  Skill skill(small_catalogue(), "");
  ASSERT_EQ(skill.open(), SOTTO_OK);
  const std::vector<Item> first = skill.rank(where(0, 10), 3);
  EXPECT_EQ(first[0].feature, "lamp");
  EXPECT_EQ(first[0].kind, "popular");
  EXPECT_EQ(first[0].reason_zh, "很多人喜欢它");
  const std::vector<Item> kitchen = skill.rank(where(0, 10, "kitchen"), 3);
  EXPECT_EQ(kitchen[0].feature, "timer");
  EXPECT_EQ(kitchen[0].kind, "expected");
}

TEST_F(Ranking, LeavesOutWhatTheDeviceLacks) {
  Skill skill(small_catalogue(), "");
  live(&skill, 14);
  Where w = where(19, 16.0, "lounge");
  EXPECT_LT(place_of(skill.rank(w, 12), "film"), 12u);
  w.has = "network speaker";
  EXPECT_EQ(place_of(skill.rank(w, 12), "film"), 11u);  // not among the 11 that are left
  w.has = "network screen";
  EXPECT_LT(place_of(skill.rank(w, 12), "film"), 12u);
}

TEST_F(Ranking, WordsFindTheirFeatureWithoutAModel) {
  Skill skill(small_catalogue(), "");
  ASSERT_EQ(skill.open(), SOTTO_OK);
  Where w = where(0, 10);
  w.request = "我想看菜谱";
  const Item zh = skill.rank(w)[0];
  EXPECT_EQ(zh.feature, "recipe");
  EXPECT_EQ(zh.kind, "request");
  w.request = "remind me of my UMBRELLA";
  EXPECT_EQ(skill.rank(w)[0].feature, "umbrella");
}

TEST_F(Ranking, AModelFindsWhatWordsDoNotShare) {
  Where w = where(0, 10);
  w.request = "it is so dark";
  Skill letters(small_catalogue(), "");
  ASSERT_EQ(letters.open(), SOTTO_OK);
  EXPECT_NE(letters.rank(w)[0].kind, "request");
  sotto_recommender_options options{};
  options.model = fake_model();
  Skill skill(small_catalogue(), "", options);
  ASSERT_EQ(skill.created, SOTTO_OK) << skill.error;
  ASSERT_EQ(skill.open(), SOTTO_OK);
  EXPECT_EQ(skill.rank(w)[0].feature, "lamp");
  EXPECT_EQ(skill.rank(w)[0].kind, "request");
  EXPECT_EQ(fake_host().sessions, 0u);
}

TEST_F(Ranking, TheModelReadsACatalogueOnce) {
  sotto_recommender_options options{};
  options.model = fake_model();
  Skill first(small_catalogue(), "", options);
  EXPECT_EQ(fake_host().embedded, 24u);
  Skill second(small_catalogue(), "", options);
  EXPECT_EQ(fake_host().embedded, 24u);
  fake_host().blobs.begin()->second[20] ^= 1;  // damaged: read again
  Skill third(small_catalogue(), "", options);
  EXPECT_EQ(fake_host().embedded, 48u);
  EXPECT_EQ(third.created, SOTTO_OK);
}

TEST_F(Ranking, DiversityKeepsLikeThingsApart) {
  Where w = where(0, 10);
  w.request = "radio music song station news";
  sotto_recommender_options options{};
  options.diversity = 0.9f;
  Skill varied(small_catalogue(), "", options);
  ASSERT_EQ(varied.open(), SOTTO_OK);
  options.diversity = 1e-6f;
  Skill plain(small_catalogue(), "", options);
  ASSERT_EQ(plain.open(), SOTTO_OK);
  const size_t before = place_of(plain.rank(w, 12), "song");
  EXPECT_LT(before, place_of(varied.rank(w, 12), "song"));
  EXPECT_EQ(plain.rank(w, 1)[0].feature, varied.rank(w, 1)[0].feature);
}

TEST_F(Ranking, DismissalsLowerAndAcceptancesRaise) {
  Skill skill(small_catalogue(), "");
  live(&skill, 10);
  const auto chance = [&](const char* feature) {
    const std::vector<Item> items = skill.rank(where(10, 9), 12);
    return items[place_of(items, feature)].probability;
  };
  const double before = chance("lamp");
  skill.record("lamp", where(10, 8.9), SOTTO_EVENT_DISMISSED);
  const double dismissed = chance("lamp");
  EXPECT_LT(dismissed, before / 2);
  skill.record("lamp", where(10, 8.95), SOTTO_EVENT_IGNORED);
  EXPECT_LT(chance("lamp"), dismissed);
  const double story = chance("story");
  skill.record("story", where(10, 8.96), SOTTO_EVENT_ACCEPTED);
  EXPECT_GT(chance("story"), story);
}

TEST_F(Ranking, HabitsFade) {
  sotto_recommender_options options{};
  options.half_life_days = 10;
  Skill skill(small_catalogue(), "", options);
  ASSERT_EQ(skill.open(), SOTTO_OK);
  skill.consent();
  for (int day = 0; day < 40; ++day) skill.record("radio", where(day, 9, "kitchen"));
  for (int day = 40; day < 65; ++day) skill.record("song", where(day, 9, "kitchen"));
  EXPECT_EQ(skill.rank(where(65, 9, "kitchen"))[0].feature, "song");
}

TEST_F(Ranking, AClockThatJumpsChangesNoHabit) {
  Skill skill(small_catalogue(), "");
  live(&skill, 30);
  skill.record("scale", where(20000, 3));  // fifty years ahead
  ASSERT_EQ(skill.last, SOTTO_OK);
  skill.record("radio", where(30, 7.0, "kitchen"));  // and back
  EXPECT_EQ(skill.rank(where(31, 7.0, "kitchen"))[0].feature, "radio");
  EXPECT_EQ(skill.rank(where(31, 19.0, "bedroom"))[0].feature, "lamp");
  EXPECT_EQ(skill.rank(where(-3000, 19.0, "bedroom"))[0].feature, "lamp");
}

TEST_F(Ranking, ALocalClockIsTheUsersOwn) {
  Skill skill(small_catalogue(), "");
  ASSERT_EQ(skill.open(), SOTTO_OK);
  skill.consent();
  for (int day = 0; day < 20; ++day) {
    Where morning = where(day, 23.0);  // 07:00 in Beijing
    morning.offset = 480;
    skill.record("radio", morning);
    Where evening = where(day, 11.0);
    evening.offset = 480;
    skill.record("lamp", evening);
  }
  EXPECT_EQ(skill.rank(where(21, 7.0))[0].feature, "radio");  // the same hour, at UTC
  EXPECT_EQ(skill.rank(where(21, 19.0))[0].feature, "lamp");
}

}  // namespace
}  // namespace sotto::test

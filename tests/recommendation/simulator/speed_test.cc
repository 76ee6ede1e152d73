// The top 5 of 1,000 features after 100,000 events, and what more places cost, through the plugin's table.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>

#include "recommendation/fake_host.h"
#include "recommendation/simulator/household.h"

namespace sotto::test {
namespace {

constexpr size_t kEvents = 100000;

std::string long_life() {
  std::string json = R"({"format": "sotto.profile", "version": 1, "events": [)";
  size_t count = 0;
  int64_t shift = 0;
  for (uint64_t seed = 1000; count < kEvents; ++seed, shift += 366 * int64_t{86400000})
    for (const Moment& m : live(seed, 365)) {
      if (count++ == kEvents) break;
      json += std::string(count == 1 ? "" : ",") + R"({"kind": "used", "time": )" + std::to_string(m.time_ms + shift) +
              R"(, "feature": ")" + household_feature_id(m.feature) + R"(", "place": ")" + m.place + R"(", "device": ")" +
              m.device + R"(", "tags": ")" + m.tag + "\"}";
    }
  return json + "]}";
}

double seconds(const std::function<void()>& run) {
  const auto start = std::chrono::steady_clock::now();
  run();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// Seconds of each of `calls` rankings at times that follow each other, the least first.
std::vector<double> rank_times(Skill* skill, Where now, uint32_t count, int calls) {
  std::vector<double> times;
  for (int i = 0; i < calls; ++i) {
    now.unix_ms += 1234567;
    times.push_back(seconds([&] { ASSERT_EQ(skill->rank(now, count).size(), count); }));
  }
  std::sort(times.begin(), times.end());
  return times;
}

TEST(Speed, TopFiveOfAThousandAfterAHundredThousandEvents) {
  fake_host() = FakeHost{};
  fake_host().unix_ms = kHouseholdStart;
  const Folder folder;
  Skill skill(household_catalogue(), folder.path());
  ASSERT_EQ(skill.open(), SOTTO_OK) << skill.error;
  ASSERT_EQ(skill.consent(), SOTTO_OK) << skill.error;
  const std::string json = long_life();
  const double import = seconds([&] { ASSERT_EQ(skill.import(json), SOTTO_OK) << skill.error; });
  ASSERT_GE(skill.facts().events, kEvents);
  Where now;
  now.place = "kitchen";
  now.device = "speaker";
  now.tags = "rain";
  now.unix_ms = kHouseholdStart + 8000 * int64_t{86400000};
  const std::vector<double> times = rank_times(&skill, now, 5, 200);
  const double open = seconds([&] { ASSERT_EQ(skill.open(), SOTTO_OK) << skill.error; });
  std::printf("  top 5 of %u features, %zu events: median %.2f ms, 90 %% below %.2f ms, least %.2f ms\n", kHouseholdFeatures,
              kEvents, 1e3 * times[100], 1e3 * times[180], 1e3 * times[0]);
  std::printf("  opening (read and learn anew) %.2f s, importing %.2f s, file %.1f MB\n", open, import,
              static_cast<double>(skill.facts().file_bytes) / 1e6);
}

// Each place compares what is left with the place before it alone: a hundred are about ten times the work of ten. Compared
// with every place above they were a hundred times; the bound lies between, and the least times are taken, so that no
// busy machine crosses it.
TEST(Speed, AHundredPlacesAreNotAHundredTimesTen) {
  fake_host() = FakeHost{};
  fake_host().unix_ms = kHouseholdStart;
  Skill skill(household_catalogue(), "");
  ASSERT_EQ(skill.open(), SOTTO_OK) << skill.error;
  Where now;
  now.place = "kitchen";
  now.unix_ms = kHouseholdStart + 400 * int64_t{86400000};
  std::vector<double> least;
  for (const uint32_t count : {1u, 5u, 10u, 50u, 100u}) {
    const std::vector<double> times = rank_times(&skill, now, count, 30);
    least.push_back(times[0]);
    std::printf("  top %3u of %u features: median %.2f ms, least %.2f ms\n", count, kHouseholdFeatures, 1e3 * times[15],
                1e3 * times[0]);
  }
  EXPECT_LT(least[4], 20 * least[2]);
}

}  // namespace
}  // namespace sotto::test

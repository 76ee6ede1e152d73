#include "household.h"

#include <algorithm>
#include <array>

namespace sotto::test {
namespace {

constexpr int64_t kMinuteMs = 60000;
constexpr uint32_t kDayMinutes = 1440;
constexpr std::array<const char*, 6> kRooms = {"bedroom", "kitchen", "living-room", "bathroom", "office", "car"};
constexpr std::array<const char*, 4> kDevices = {"speaker", "phone", "watch", "panel"};

enum class Days { kAll, kWorking, kWeekend, kOne };
enum class Season { kAll, kWinter, kSummer };

struct Step {
  uint32_t feature = 0;
  uint32_t in_rain = 0;  // instead, when it rains
  uint32_t in_bad_mood = 0;
  double chance = 1;
  uint32_t gap_minutes = 0;
};

struct Routine {
  Days days = Days::kAll;
  uint32_t weekday = 0;  // for kOne
  Season season = Season::kAll;
  uint32_t first_day = 0, end_day = 0;  // habits begin and end
  uint32_t minute = 0;
  double spread_minutes = 0;
  double chance = 1;
  const char* place = "";
  const char* device = "";
  std::vector<Step> steps;
};

struct Day {
  uint32_t number = 0;
  uint32_t weekday = 0;  // Monday is 0
  bool is_working = false, is_winter = false, is_summer = false, is_rainy = false, is_away = false;
  float mood = 0;
};

// Zipf over `taste`: the first is used most.
uint32_t draw(const std::vector<uint32_t>& taste, Dice* dice) {
  double total = 0;
  for (size_t i = 0; i < taste.size(); ++i) total += 1.0 / static_cast<double>(i + 1);
  double at = dice->unit() * total;
  for (size_t i = 0; i < taste.size(); ++i)
    if ((at -= 1.0 / static_cast<double>(i + 1)) < 0) return taste[i];
  return taste.back();
}

uint32_t popular(Dice* dice) {
  for (;;)
    if (const uint32_t feature = dice->below(kHouseholdFeatures); dice->chance(popularity_of(feature))) return feature;
}

uint32_t sibling(uint32_t feature, Dice* dice) {
  constexpr uint32_t kSize = kHouseholdFeatures / kHouseholdCategories;
  return category_of(feature) * kSize + dice->below(kSize);
}

std::vector<uint32_t> make_taste(uint32_t size, Dice* dice) {
  std::vector<uint32_t> taste;
  while (taste.size() < size)
    if (const uint32_t f = popular(dice); std::find(taste.begin(), taste.end(), f) == taste.end()) taste.push_back(f);
  return taste;
}

Routine make_routine(const std::vector<uint32_t>& taste, uint32_t days, Dice* dice) {
  Routine r;
  r.days = static_cast<Days>(dice->below(4));
  r.weekday = dice->below(7);
  r.season = dice->chance(0.6) ? Season::kAll : dice->chance(0.5) ? Season::kWinter : Season::kSummer;
  r.first_day = dice->chance(0.65) ? 0 : dice->below(days);
  r.end_day = dice->chance(0.65) ? days : r.first_day + dice->below(days - r.first_day) + 1;
  r.minute = 360 + dice->below(1020);  // 06:00 to 23:00
  r.spread_minutes = 8 + 30 * dice->unit();
  r.chance = 0.6 + 0.35 * dice->unit();
  r.place = kRooms[dice->below(kRooms.size())];
  r.device = kDevices[dice->below(kDevices.size())];
  const uint32_t count = 1 + dice->below(5);
  for (uint32_t i = 0; i < count; ++i) {
    Step s;
    s.feature = taste[dice->below(static_cast<uint32_t>(taste.size()))];
    s.in_rain = dice->chance(0.2) ? taste[dice->below(static_cast<uint32_t>(taste.size()))] : s.feature;
    s.in_bad_mood = dice->chance(0.15) ? taste[dice->below(static_cast<uint32_t>(taste.size()))] : s.feature;
    s.chance = 0.7 + 0.28 * dice->unit();
    s.gap_minutes = 1 + dice->below(10);
    r.steps.push_back(s);
  }
  return r;
}

bool happens(const Routine& r, const Day& day, Dice* dice) {
  if (day.is_away || day.number < r.first_day || day.number >= r.end_day) return false;
  if (r.days == Days::kWorking && !day.is_working) return false;
  if (r.days == Days::kWeekend && day.is_working) return false;
  if (r.days == Days::kOne && day.weekday != r.weekday) return false;
  if (r.season == Season::kWinter && !day.is_winter) return false;
  if (r.season == Season::kSummer && !day.is_summer) return false;
  return dice->chance(r.chance);
}

int64_t at(const Day& day, double minute) {
  const double within = std::clamp(minute, 0.0, kDayMinutes - 1.0);
  return kHouseholdStart + (static_cast<int64_t>(day.number) * kDayMinutes + static_cast<int64_t>(within)) * kMinuteMs;
}

void follow(const Routine& r, const Day& day, Dice* dice, std::vector<Moment>* log) {
  double minute = r.minute + r.spread_minutes * dice->normal();
  // Mornings are later in winter, and everything is on a free day.
  if (day.is_winter) minute += 15;
  if (!day.is_working) minute += 30;
  std::vector<Step> steps = r.steps;
  if (steps.size() > 1 && dice->chance(0.15)) {
    const size_t first = dice->below(static_cast<uint32_t>(steps.size() - 1));
    std::swap(steps[first], steps[first + 1]);
  }
  for (const Step& s : steps) {
    minute += s.gap_minutes;
    if (!dice->chance(s.chance)) continue;
    uint32_t feature = day.is_rainy ? s.in_rain : day.mood < -0.3f ? s.in_bad_mood : s.feature;
    if (dice->chance(0.06)) feature = sibling(feature, dice);
    log->push_back({at(day, minute), feature, r.place, r.device, day.is_rainy ? "rain" : "", day.mood});
  }
}

void wander(const std::vector<uint32_t>& taste, const Day& day, Dice* dice, std::vector<Moment>* log) {
  const uint32_t count = dice->below(day.is_away ? 5 : 7);
  for (uint32_t i = 0; i < count; ++i) {
    const char* place = day.is_away ? "away" : kRooms[dice->below(kRooms.size())];
    const char* device = day.is_away ? "phone" : kDevices[dice->below(kDevices.size())];
    const uint32_t feature = dice->chance(0.1) ? popular(dice) : draw(taste, dice);
    log->push_back({at(day, 420 + dice->below(960)), feature, place, device, day.is_rainy ? "rain" : "", day.mood});
  }
}

void receive_guests(const Day& day, Dice* dice, std::vector<Moment>* log) {
  const uint32_t count = 3 + dice->below(6);
  const bool is_seen = dice->chance(0.5);
  double minute = 1080 + dice->below(120);
  for (uint32_t i = 0; i < count; ++i) {
    minute += 2 + dice->below(25);
    log->push_back({at(day, minute), popular(dice), "living-room", "speaker", is_seen ? "guests" : "", day.mood});
  }
}

}  // namespace

double popularity_of(uint32_t feature) {
  // Scattered over the catalogue so that every category has well-known and unknown ones; Zipf-like.
  const uint32_t rank = feature * 389u % kHouseholdFeatures;  // 389 and 1000 have no common factor
  return 1.0 / (1.0 + 0.05 * rank);
}

std::string household_feature_id(uint32_t feature) {
  return "c" + std::to_string(category_of(feature)) + ".f" + std::to_string(feature);
}

std::string household_catalogue() {
  std::string json = R"({"version": 1, "features": [)";
  for (uint32_t f = 0; f < kHouseholdFeatures; ++f) {
    const std::string n = std::to_string(f);
    json += std::string(f == 0 ? "" : ",") + R"({"id": ")" + household_feature_id(f) + R"(", "name": {"zh": "功能)" + n +
            R"(", "en": "Feature )" + n + R"("}, "category": "c)" + std::to_string(category_of(f)) + R"(", "popularity": )" +
            std::to_string(popularity_of(f)) + "}\n";
  }
  return json + "]}";
}

std::vector<Moment> live(uint64_t seed, uint32_t days) {
  Dice dice(seed);
  const std::vector<uint32_t> taste = make_taste(40, &dice);
  std::vector<Routine> routines(10 + dice.below(6));
  for (Routine& r : routines) r = make_routine(taste, days, &dice);
  const uint32_t holiday = 150 + dice.below(90);
  std::vector<Moment> log;
  bool was_rainy = false;
  for (uint32_t d = 0; d < days; ++d) {
    Day day;
    day.number = d;
    day.weekday = (d + 2) % 7;
    day.is_working = day.weekday < 5 && !dice.chance(0.03);
    day.is_winter = d % 365 < 80 || d % 365 > 310;
    day.is_summer = d % 365 > 130 && d % 365 < 260;
    day.is_rainy = was_rainy = dice.chance(was_rainy ? 0.6 : 0.15);
    day.is_away = d % 365 >= holiday && d % 365 < holiday + 12;
    day.mood = static_cast<float>(std::clamp(0.35 * dice.normal() + 0.1, -1.0, 1.0));
    for (const Routine& r : routines)
      if (happens(r, day, &dice)) follow(r, day, &dice, &log);
    wander(taste, day, &dice, &log);
    if (!day.is_away && dice.chance(0.08)) receive_guests(day, &dice, &log);
  }
  std::stable_sort(log.begin(), log.end(), [](const Moment& a, const Moment& b) { return a.time_ms < b.time_ms; });
  return log;
}

}  // namespace sotto::test

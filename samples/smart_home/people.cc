#include "people.h"

#include <algorithm>
#include <random>

namespace {

enum class Days { kWorkdays, kWeekend, kAll };
struct Habit {
  const char* user;
  Days days;
  int hour, minute, jitter_minutes;
  double chance;
  const char* action;
};
constexpr Habit kHabits[] = {
    {"mei", Days::kWorkdays, 6, 50, 8, 0.95, "scene_morning"}, {"mei", Days::kWorkdays, 8, 0, 10, 0.9, "scene_leave"},
    {"mei", Days::kAll, 18, 40, 15, 0.9, "kitchen_lamp_on"},   {"mei", Days::kAll, 20, 30, 20, 0.5, "bedroom_ac_on"},
    {"mei", Days::kAll, 22, 20, 12, 0.95, "scene_night"},      {"mei", Days::kWeekend, 9, 0, 20, 0.9, "curtains_open"},
    {"tom", Days::kAll, 9, 30, 3, 0.9, "curtains_open"},       {"tom", Days::kAll, 9, 37, 3, 0.9, "coffee_on"},
    {"tom", Days::kAll, 19, 30, 20, 0.7, "living_lamp_on"},    {"tom", Days::kAll, 21, 0, 10, 0.85, "scene_movie"},
    {"tom", Days::kAll, 23, 45, 15, 0.9, "bedroom_lamp_on"}};
constexpr int64_t kMinute = 60000, kDay = 24 * 60 * kMinute;

bool is_weekend(int64_t midnight_ms) {
  const int64_t weekday = (midnight_ms / kDay + 4) % 7;  // 1970-01-01 was a Thursday; 0 is Sunday
  return weekday == 0 || weekday == 6;
}

}  // namespace

std::vector<Deed> a_day(int64_t midnight_ms, uint64_t seed) {
  std::mt19937_64 random(seed ^ static_cast<uint64_t>(midnight_ms / kDay));
  const auto share = [&] { return static_cast<double>(random() >> 11) / 9007199254740992.0; };
  std::vector<Deed> deeds;
  for (const Habit& habit : kHabits) {
    const double chance = share(), late = 2 * share() - 1;
    const bool fits = habit.days == Days::kAll || (habit.days == Days::kWeekend) == is_weekend(midnight_ms);
    if (!fits || chance >= habit.chance) continue;
    const int64_t minutes = habit.hour * 60 + habit.minute + static_cast<int64_t>(late * habit.jitter_minutes);
    deeds.push_back({midnight_ms + minutes * kMinute, habit.user, habit.action});
  }
  std::stable_sort(deeds.begin(), deeds.end(), [](const Deed& a, const Deed& b) { return a.at_ms < b.at_ms; });
  return deeds;
}

#include "rules.h"

namespace sotto::recommendation {
namespace {

constexpr int64_t kDayMs = 86400000;
constexpr uint64_t kDayNs = 86400000000000u;
constexpr int64_t kBelievedMs = 30 * kDayMs;  // a time further ahead comes from a clock that was wrong
constexpr size_t kMostSuggestions = 20000;    // older ones are no longer of today

int64_t day_of(const Situation& at) { return local_time(at.unix_ms, at.utc_offset_minutes).day; }

}  // namespace

void Rules::learn(const Event& event) {
  if (event.kind == SOTTO_EVENT_DISMISSED) dismissed_[event.feature] = event.at.unix_ms;
  if (event.kind != SOTTO_EVENT_SUGGESTED) return;
  suggested_.emplace(event.at.unix_ms, day_of(event.at));
  if (suggested_.size() > kMostSuggestions) suggested_.erase(suggested_.begin());
}

// Those of the local day; and when the clock has jumped back, those ahead that may be of today all the same.
uint32_t Rules::made_today(const Situation& now, uint64_t monotonic_ns) const {
  uint32_t count = 0;
  const int64_t today = day_of(now);
  const auto end = suggested_.upper_bound(now.unix_ms + kDayMs);
  for (auto it = suggested_.lower_bound(now.unix_ms - 2 * kDayMs); it != end; ++it)
    if (it->second == today || it->first > now.unix_ms) ++count;
  for (const MadeHere& made : made_here_)
    if (monotonic_ns - made.monotonic_ns < kDayNs && made.unix_ms > now.unix_ms + kDayMs) ++count;
  return count;
}

uint32_t Rules::left_today(const Situation& now, uint64_t monotonic_ns) const {
  if (limits_.daily_cap == SOTTO_NONE) return SOTTO_NONE;
  const uint32_t made = made_today(now, monotonic_ns);
  return made >= limits_.daily_cap ? 0 : limits_.daily_cap - made;
}

uint32_t Rules::quiet(const Asked& asked, uint64_t monotonic_ns) const {
  if (asked.is_alarm) return SOTTO_QUIET_ALARM;
  if (asked.at.mood && *asked.at.mood < limits_.bad_mood) return SOTTO_QUIET_MOOD;
  const uint32_t minute = local_time(asked.at.unix_ms, asked.at.utc_offset_minutes).minute;
  const bool is_after = minute >= limits_.quiet_from, is_before = minute < limits_.quiet_to;
  const bool passes_midnight = limits_.quiet_from > limits_.quiet_to;
  if (limits_.has_quiet_hours && (passes_midnight ? is_after || is_before : is_after && is_before)) return SOTTO_QUIET_HOURS;
  return left_today(asked.at, monotonic_ns) == 0 ? SOTTO_QUIET_CAP : SOTTO_QUIET_NO;
}

bool Rules::is_cooling(const std::string& feature, int64_t unix_ms) const {
  const auto found = dismissed_.find(feature);
  if (found == dismissed_.end()) return false;
  return unix_ms < found->second + limits_.cool_down_ms && found->second - unix_ms < kBelievedMs;
}

}  // namespace sotto::recommendation

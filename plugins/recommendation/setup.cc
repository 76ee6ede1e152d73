#include "setup.h"

#include <sys/stat.h>

#include <algorithm>

namespace sotto::recommendation {
namespace {

using plugin::Failure;

constexpr uint32_t kFlags = SOTTO_RECOMMEND_NO_EXPLORATION | SOTTO_RECOMMEND_QUIET_HOURS_SET | SOTTO_RECOMMEND_NO_QUIET_HOURS |
                            SOTTO_RECOMMEND_NO_SUGGESTION_CAP;
constexpr int64_t kHourMs = 3600000;
constexpr uint32_t kMostCoolDownHours = 24 * 365;
constexpr uint64_t kMostEvents = 2000000;
constexpr uint64_t kLeastEvents = 10;

[[noreturn]] void refuse(const std::string& text) { throw Failure(SOTTO_INVALID_ARGUMENT, "a recommender's options: " + text); }

double in_range(const char* name, float given, double usual, double low, double high) {
  if (given == 0) return usual;
  if (!(given >= low && given <= high))
    refuse(std::string(name) + " is not between " + std::to_string(low) + " and " + std::to_string(high));
  return static_cast<double>(given);
}

Limits read_limits(const sotto_recommender_options& o) {
  Limits limits;
  limits.daily_cap = (o.flags & SOTTO_RECOMMEND_NO_SUGGESTION_CAP) != 0 ? SOTTO_NONE : o.daily_cap == 0 ? 5 : o.daily_cap;
  if (o.cool_down_hours > kMostCoolDownHours) refuse("cool_down_hours is more than a year");
  limits.cool_down_ms = (o.cool_down_hours == 0 ? 72 : static_cast<int64_t>(o.cool_down_hours)) * kHourMs;
  limits.has_quiet_hours = (o.flags & SOTTO_RECOMMEND_NO_QUIET_HOURS) == 0;
  const bool is_set = (o.flags & SOTTO_RECOMMEND_QUIET_HOURS_SET) != 0;
  if (o.quiet_from >= 1440 || o.quiet_to >= 1440) refuse("quiet_from and quiet_to are minutes of a day, 0 to 1439");
  if (!is_set && (o.quiet_from != 0 || o.quiet_to != 0))
    refuse("quiet hours are given without SOTTO_RECOMMEND_QUIET_HOURS_SET in flags");
  limits.quiet_from = is_set ? o.quiet_from : 1320;
  limits.quiet_to = is_set ? o.quiet_to : 420;
  limits.bad_mood = static_cast<float>(in_range("bad_mood", o.bad_mood, -0.4, -1, 0));
  return limits;
}

std::string read_folder(sotto_str given) {
  std::string folder(plugin::view(given));
  if (folder.empty()) return folder;
  struct stat facts {};
  if (folder.find('\0') != std::string::npos || ::stat(folder.c_str(), &facts) != 0 || !S_ISDIR(facts.st_mode))
    throw Failure(SOTTO_NOT_FOUND, "a recommender's options: the folder " + folder.substr(0, 200) + " is not there: make it");
  return folder;
}

const sotto_recommender_options& checked(const sotto_recommender_options& o) {
  if (o.flags & ~kFlags) throw Failure(SOTTO_UNSUPPORTED, "a recommender's options: flags that are not known here");
  if (o.catalogue.data == nullptr) refuse("no catalogue is given");
  return o;
}

}  // namespace

Setup::Setup(const plugin::Host& h, const sotto_recommender_options& o)
    : host(h),
      clock(h.find<sotto_clock_service>(SOTTO_CLOCK_SERVICE_ID, &clock_self)),
      folder(read_folder(checked(o).folder)),
      catalogue(Catalogue::read(plugin::view(o.catalogue))),
      meaning(catalogue, h, o.model),
      limits(read_limits(o)),
      exploration((o.flags & SOTTO_RECOMMEND_NO_EXPLORATION) != 0 ? 0 : in_range("exploration", o.exploration, 0.1, 0, 0.5)),
      diversity(in_range("diversity", o.diversity, 0.1, 0, 0.9)),
      half_life_days(in_range("half_life_days", o.half_life_days, 45, 0.01, 36500)),
      seed(o.seed),
      max_events(o.max_events == 0 ? 200000 : o.max_events) {
  if (clock == nullptr) throw Failure(SOTTO_UNSUPPORTED, "recommendation: the host has no clock (" SOTTO_CLOCK_SERVICE_ID ")");
  if (max_events < kLeastEvents || max_events > kMostEvents)
    refuse("max_events is not between " + std::to_string(kLeastEvents) + " and " + std::to_string(kMostEvents));
}

std::string Setup::path_of(const std::string& user) const {
  return folder.empty() ? std::string(":memory:") : folder + "/" + user + ".profile";
}

}  // namespace sotto::recommendation

// setup.h: what all profiles of a recommender share: its options checked, the catalogue, what its words mean, the clock. Const
// after construction, any thread.
#pragma once

#include "meaning.h"
#include "rules.h"

namespace sotto::recommendation {

struct Setup {
  // Throws Failure.
  Setup(const plugin::Host& host, const sotto_recommender_options& options);

  int64_t unix_ms() const { return clock->unix_milliseconds(clock_self); }
  uint64_t monotonic_ns() const { return clock->monotonic_nanoseconds(clock_self); }
  std::string path_of(const std::string& user) const;

  plugin::Host host;
  void* clock_self = nullptr;
  const sotto_clock_service* clock = nullptr;
  std::string folder;  // empty: profiles are only in memory
  Catalogue catalogue;
  Meaning meaning;
  Limits limits;
  double exploration = 0;
  double diversity = 0;
  double half_life_days = 0;
  uint64_t seed = 0;
  uint64_t max_events = 0;
};

}  // namespace sotto::recommendation

// rules.h: when nothing is to be suggested: too often, too late, just refused. Learned from events, as the ranking is.
#pragma once

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "situation.h"

namespace sotto::recommendation {

struct Limits {
  uint32_t daily_cap = 0;  // SOTTO_NONE: none
  int64_t cool_down_ms = 0;
  bool has_quiet_hours = false;
  uint32_t quiet_from = 0, quiet_to = 0;  // minutes of the local day
  float bad_mood = 0;
};

class Rules {
 public:
  explicit Rules(const Limits& limits) : limits_(limits) {}
  void learn(const Event& event);
  // A suggestion made now by this process: still counted when the wall clock then jumps back.
  void note_now(uint64_t monotonic_ns, int64_t unix_ms) { made_here_.push_back({monotonic_ns, unix_ms}); }

  // SOTTO_QUIET_ALARM, _MOOD, _HOURS, _CAP or _NO.
  uint32_t quiet(const Asked& asked, uint64_t monotonic_ns) const;
  uint32_t left_today(const Situation& now, uint64_t monotonic_ns) const;
  uint32_t made_today(const Situation& now, uint64_t monotonic_ns) const;
  bool is_cooling(const std::string& feature, int64_t unix_ms) const;

 private:
  struct MadeHere {
    uint64_t monotonic_ns = 0;
    int64_t unix_ms = 0;
  };

  Limits limits_;
  std::multimap<int64_t, int64_t> suggested_;           // unix_ms: local day
  std::unordered_map<std::string, int64_t> dismissed_;  // when last
  std::vector<MadeHere> made_here_;
};

}  // namespace sotto::recommendation

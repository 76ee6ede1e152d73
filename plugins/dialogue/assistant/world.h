// world.h: what an assistant knows besides the talk: the domain, the functions, the home, its settings. Shared by its parts.
#pragma once

#include <algorithm>

#include "functions.h"
#include "home.h"
#include "values.h"
#include "vocabulary.h"

namespace sotto::assistant {

struct Settings {
  Language language = Language::kZh;
  std::string here;  // id of an area
  int32_t utc_offset_minutes = 0;
  uint32_t max_calls = 16;
  double function_threshold = 0.5, function_margin = 0.05;
};

// One thread at a time.
struct World {
  World(const Services& s, Domain d, Settings o)
      : services(s),
        domain(std::move(d)),
        rarity{Rarity(domain.examples(Language::kZh)), Rarity(domain.examples(Language::kEn))},
        settings(std::move(o)) {}

  const Services& services;
  const Domain domain;
  const std::array<Rarity, kLanguages> rarity;
  const Settings settings;
  Functions functions;
  Home home;

  // The latest time that was seen: a clock that jumps back does not make what was said a moment ago lie in the future.
  int64_t now_ms() { return latest_ms_ = std::max(latest_ms_, services.now_ms()); }
  // Times that users name are told by the clock as it is.
  ValueReader values() const {
    constexpr int64_t kLast = 250000000000000;  // what values.h takes: a clock that is out of its mind is no clock
    return ValueReader(services, {std::clamp<int64_t>(services.now_ms(), 0, kLast), settings.utc_offset_minutes});
  }

 private:
  int64_t latest_ms_ = INT64_MIN;
};

}  // namespace sotto::assistant

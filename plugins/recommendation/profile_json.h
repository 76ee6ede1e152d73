// profile_json.h: a profile's events as JSON (docs/models.md), and back.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "situation.h"

namespace sotto::recommendation {

class ProfileWriter {
 public:
  void add(const Event& event);
  std::string finish();

 private:
  std::string text_;
};

// Throws Failure: what is wrong, with which event.
std::vector<Event> read_profile(std::string_view json, uint64_t most_events);

}  // namespace sotto::recommendation

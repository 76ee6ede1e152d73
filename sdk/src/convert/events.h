// events.h: what a conversion says while it works, to whoever called it.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "sotto/convert.h"

namespace sotto {

// Copies of the caller's functions; may hold none.
class Events {
 public:
  Events() = default;
  explicit Events(const sotto_convert_events& events) : events_(events) {}

  // SOTTO_CANCELLED when the caller wants no more.
  Status progress(double fraction, std::string_view what) const {
    if (events_.progress == nullptr) return {};
    if (events_.progress(events_.user, static_cast<float>(fraction), sotto_str{what.data(), what.size()}) == 0) return {};
    return Status(SOTTO_CANCELLED, "cancelled at " + std::string(what) + "; nothing was written");
  }
  void warning(std::string_view sentence) const {
    if (events_.warning != nullptr) events_.warning(events_.user, sotto_str{sentence.data(), sentence.size()});
  }

 private:
  sotto_convert_events events_{};
};

}  // namespace sotto

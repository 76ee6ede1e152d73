#include "run/stop_rules.h"

#include <algorithm>

namespace sotto {

std::string_view StopRules::add(std::string_view text) {
  out_.clear();
  if (stopped_) return out_;
  held_ += text;
  // The stop that is complete first, so that the answer does not depend on where tokens end; of those the longest.
  size_t first = std::string::npos, end = std::string::npos;
  for (size_t i = 0; i < stops_.size(); ++i) {
    const size_t at = stops_[i].empty() ? std::string::npos : held_.find(stops_[i]);
    if (at == std::string::npos || at + stops_[i].size() > end || (at + stops_[i].size() == end && at >= first)) continue;
    first = at;
    end = at + stops_[i].size();
    index_ = static_cast<uint32_t>(i);
  }
  size_t shown = first;
  if (first != std::string::npos) {
    stopped_ = true;
  } else {
    shown = held_.size();
    for (const std::string& stop : stops_) {
      // The longest end of the text that begins this stop.
      for (size_t length = std::min(stop.empty() ? 0 : stop.size() - 1, held_.size()); length > 0; --length) {
        if (held_.compare(held_.size() - length, length, stop, 0, length) != 0) continue;
        shown = std::min(shown, held_.size() - length);
        break;
      }
    }
    // A character is never cut: a stop that begins inside one keeps the whole character back.
    while (shown < held_.size() && shown > 0 && (static_cast<uint8_t>(held_[shown]) & 0xC0) == 0x80) --shown;
  }
  out_.assign(held_, 0, shown);
  held_.erase(0, stopped_ ? held_.size() : shown);
  return out_;
}

std::string_view StopRules::finish() {
  out_ = std::move(held_);
  held_.clear();
  return out_;
}

}  // namespace sotto

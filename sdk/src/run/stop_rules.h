// stop_rules.h: stop strings in streamed text: found across token borders, held back while they may still come.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sotto {

class StopRules {
 public:
  explicit StopRules(std::vector<std::string> stops) : stops_(std::move(stops)) {}

  // Adds text and returns what may be shown now: everything before a stop string, without the end that may begin one. Valid
  // until the next call. When a stop string is complete, stopped() says which, and nothing follows.
  std::string_view add(std::string_view text);
  // The rest when no more text comes.
  std::string_view finish();

  bool stopped() const { return stopped_; }
  uint32_t stop_index() const { return index_; }

 private:
  std::vector<std::string> stops_;
  std::string held_;
  std::string out_;
  bool stopped_ = false;
  uint32_t index_ = 0;
};

}  // namespace sotto

// situation.h: when, where and how something happened or is asked for, checked; and what was kept of it as an event.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sotto/recommendation.h"

namespace sotto::recommendation {

constexpr int64_t kMostMs = 253402300799999;  // the end of the year 9999
constexpr int32_t kMostOffsetMinutes = 1080;
constexpr size_t kMostTagBytes = 64;
constexpr size_t kMostTags = 8;

struct Situation {
  int64_t unix_ms = 0;
  int32_t utc_offset_minutes = 0;
  std::string place, device;
  std::vector<std::string> tags;  // sorted, each once
  std::optional<float> mood;
};

struct Event {
  uint32_t kind = 0;  // SOTTO_EVENT_*
  std::string feature;
  Situation at;
  double propensity = 1;
  uint32_t position = 0;  // of a suggestion
};

// What a caller asks with; the situation and the rest, which is never kept.
struct Asked {
  Situation at;
  bool is_alarm = false;
  std::optional<std::vector<std::string>> has;
  std::string request;
};

// Throws Failure when a field is out of its bounds; `now_ms` stands for a time that is not given.
Asked read_context(const sotto_usage_context* given, int64_t now_ms);

// "" when `text` is well-formed UTF-8 of at most `most` bytes without control characters, else what is wrong with it.
std::string fault_of_text(std::string_view text, size_t most);
// Words between spaces, sorted, each once. Throws Failure, `what` in its sentence.
std::vector<std::string> read_tags(std::string_view text, const char* what, size_t most = kMostTags);
std::string join(const std::vector<std::string>& tags);

// Local calendar: days since 1970-01-01, minute of the day, Monday is 0.
struct LocalTime {
  int64_t day = 0;
  uint32_t minute = 0;
  uint32_t weekday = 0;
  bool is_weekend() const { return weekday >= 5; }
};
LocalTime local_time(int64_t unix_ms, int32_t utc_offset_minutes);

}  // namespace sotto::recommendation

// body.h: what a watch knows of its wearer's day (pulse, steps, sleep, and how words sounded) and what it makes of it: a state
// with the reasons that led there. Rules of ours, fitted to nothing; it is no diagnosis and says nothing about health.
#pragma once

#include <cstdint>
#include <deque>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

// How the words sounded lately, where the wearer agreed that it is looked at.
struct Words {
  float valence = 0;  // -1 to 1
  bool is_tired = false;
};

struct Text {
  std::string zh, en;
  const std::string& in(bool is_chinese) const { return is_chinese ? zh : en; }
};

struct BodyState {
  std::string name;  // "tense", "tired", "lively", "fine"
  Text text;
  std::vector<Text> reasons;  // the weightiest first
};

// One thread at a time. Times are milliseconds since 1970.
class Body {
 public:
  using Json = nlohmann::json;

  // What sensors tell. Readings that cannot be are refused (false): a pulse beyond 25 to 240, sleep beyond 24 hours.
  bool pulse(int64_t now_ms, int beats_a_minute);
  bool steps(int64_t now_ms, int more);
  bool slept(int64_t now_ms, double hours);

  BodyState state(int64_t now_ms, const std::optional<Words>& words) const;
  // The wearer sits for an hour by day and was not told so within it. Telling counts.
  bool wants_move(int64_t now_ms);

  int last_pulse() const { return pulse_; }    // 0: none
  int resting_pulse() const { return rest_; }  // the lowest of those seen without steps, rising by one a day
  int steps_today(int64_t now_ms) const;
  double hours_slept(int64_t now_ms) const;  // last night; 0: not known

  Json json() const;
  static Body read(const Json& json);  // throws nlohmann::json::exception

 private:
  struct Walk {
    int64_t at_ms;
    int steps;
  };
  int steps_since(int64_t from_ms) const;

  int pulse_ = 0, rest_ = 0;
  int64_t pulse_at_ms_ = 0, slept_at_ms_ = 0, told_at_ms_ = 0, begun_at_ms_ = 0;
  double slept_hours_ = 0;
  std::deque<Walk> walks_;  // of today and yesterday
};

// clockwork.h: timers, alarms and reminders against a clock that is given. Times are milliseconds since 1970, UTC.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace sotto::tools {

// One thread at a time.
class Clockwork {
 public:
  using Json = nlohmann::json;
  explicit Clockwork(int32_t utc_offset_minutes) : offset_ms_(int64_t{utc_offset_minutes} * 60000) {}

  // "timer.start" and its like; the assistant's arguments in, its result out.
  Json act(const std::string& function, const Json& arguments, int64_t now_ms);
  // What is due by now, and no more afterwards: {"zh", "en"} each.
  std::vector<Json> take_due(int64_t now_ms);

  Json state() const;
  void restore(const Json& state);

 private:
  struct Entry {
    std::string kind, label;  // "timer", "alarm", "reminder"
    int64_t due_ms = 0, length_ms = 0, every_ms = 0, left_ms = 0;
    bool is_held = false;
  };
  Json timer(const std::string& verb, const Json& arguments, int64_t now_ms);
  Json dated(const std::string& kind, const std::string& verb, const Json& arguments, int64_t now_ms);
  Entry* newest_timer();
  int64_t time_of(const std::string& iso) const;  // -1: none
  Json told(const std::vector<Entry>& entries, int64_t now_ms) const;

  int64_t offset_ms_;
  std::vector<Entry> entries_;
};

// "3分20秒" and "3 minutes 20 seconds".
nlohmann::json length_words(int64_t milliseconds);

}  // namespace sotto::tools

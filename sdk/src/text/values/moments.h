// moments.h: the parts of a time as they were said: a date, a part of the day, a clock time, a repeat. times.cc puts them
// together.
#pragma once

#include "text/values/calendar.h"
#include "text/values/rules.h"

namespace sotto::values {

struct DatePart {
  static constexpr int kMost = 4;
  struct Days {
    int64_t first;
    int64_t count;
  };

  size_t end = 0;  // 0: there is none
  int count = 0;
  Days options[kMost];  // most likely first
  uint32_t precision = SOTTO_UNIT_DAY;
  bool is_approximate = false;
  bool is_relative = false;
  bool is_today = false;     // "today": what is past at the clock time is meant for later that day
  bool is_bare_day = false;  // "the 3rd", 3号: may be an ordinal
  int day_number = 0;
  int weekday = 0;  // a weekday by itself: "friday"

  void add(int64_t first, int64_t days) {
    if (count > 0 && options[count - 1].first == first && options[count - 1].count == days) return;
    if (count < kMost) options[count++] = {first, days};
  }
};
DatePart read_date(Context& context, size_t at);
// The rest of dates.cc: months, days of months, holidays (month_days.cc).
DatePart read_month_day(Context& context, size_t at);
// Today in days since 1970.
int64_t today(const Context& context);

// Parts of a day. A clock time within one says which half of the day is meant.
enum class DayPart : uint8_t { kDawn, kMorning, kMidday, kAfternoon, kDusk, kEvening, kDeepNight, kNone };
struct DayPartRow {
  int begin_hour, end_hour;
};
const DayPartRow& row_of(DayPart part);

struct ClockPart {
  static constexpr int kMost = 4;
  struct Time {
    int hour, minute, second;
  };

  size_t end = 0;  // 0: there is none
  int count = 0;
  Time options[kMost];
  bool is_exact = false;  // hours of 24, or am or pm was said: no other half of the day
  bool is_bare = false;   // a number and nothing more
  bool is_weak = false;   // 一点: may be "a bit"
  bool is_approximate = false;
  bool has_seconds = false;
  bool is_hour_range = false;  // 七八点
  bool is_noon = false;        // of "pm" said later: "3 to 5 pm"
  double number = -1;          // what it is if it is no time: 350

  void add(int hour, int minute, int second = 0) {
    if (count < kMost) options[count++] = {hour, minute, second};
  }
};
// `is_expected`: a clock time may be told by a number alone.
ClockPart read_clock(Reader& reader, size_t at, bool is_expected);

struct Repeat {
  size_t end = 0;  // 0: there is none
  uint32_t unit = 0;
  uint32_t interval = 1;
  uint32_t weekdays = 0;
  DayPart part = DayPart::kNone;
};
Repeat read_repeat(Reader& reader, size_t at);
// "friday", 周五: 1 to 7, with its end; 0: there is none. `is_led`: something before it says that it is one.
size_t read_weekday(Reader& reader, size_t at, bool is_led, int* weekday);

}  // namespace sotto::values

// calendar.h: days and calendar fields. The Gregorian calendar without end (Hinnant, "chrono-Compatible Low-Level Date
// Algorithms", 2014), the Chinese one by a table.
#pragma once

#include <cstdint>
#include <optional>

#include "sotto/values.h"

namespace sotto::values {

constexpr int64_t kDaySeconds = 86400;

// Years that dates may lie in: beyond them a text means something else, and no arithmetic here overflows.
constexpr int kFirstYear = 1000;
constexpr int kLastYear = 9999;

struct Date {
  int year;
  int month;  // 1 to 12
  int day;    // 1 to 31
};

// Days since 1970-01-01. REQUIRES: a month of 1 to 12.
int64_t days_of(const Date& date);
Date date_of(int64_t days);
// 1 Monday to 7 Sunday.
int weekday_of(int64_t days);
int days_in_month(int year, int month);
bool is_date(const Date& date);
// The same day `months` later or earlier, or the last of its month where that has fewer.
Date add_months(const Date& date, int64_t months);

// The day of the Chinese calendar's year (the one that begins in the Gregorian year), leap months left out; none outside of
// 2020 to 2049, or where the month has 29 days and the 30th is asked for. `month` 12, `day` 0: the year's last day.
std::optional<int64_t> lunar_days(int year, int month, int day);

// Seconds of local time as a moment. `offset` is local time minus UTC in seconds.
sotto_moment moment_of(int64_t local_seconds, int64_t offset);

}  // namespace sotto::values

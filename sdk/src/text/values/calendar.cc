#include "text/values/calendar.h"

#include <algorithm>
#include <iterator>

namespace sotto::values {
namespace {

int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

// A lunar year: the Gregorian day it begins, and the bits that almanacs use: 0xF the leap month (0 none), bit 16 - m whether
// month m has 30 days, bit 16 whether the leap month has.
struct LunarYear {
  uint8_t month, day;
  uint32_t bits;
};

constexpr int kFirstLunarYear = 2020;
constexpr LunarYear kLunarYears[] = {
    {1, 25, 0x07954}, {2, 12, 0x06aa0}, {2, 1, 0x0ad50},  {1, 22, 0x05b52}, {2, 10, 0x04b60}, {1, 29, 0x0a6e6},
    {2, 17, 0x0a4e0}, {2, 6, 0x0d260},  {1, 26, 0x0ea65}, {2, 13, 0x0d530}, {2, 3, 0x05aa0},  {1, 23, 0x076a3},
    {2, 11, 0x096d0}, {1, 31, 0x04afb}, {2, 19, 0x04ad0}, {2, 8, 0x0a4d0},  {1, 28, 0x1d0b6}, {2, 15, 0x0d250},
    {2, 4, 0x0d520},  {1, 24, 0x0dd45}, {2, 12, 0x0b5a0}, {2, 1, 0x056d0},  {1, 22, 0x055b2}, {2, 10, 0x049b0},
    {1, 30, 0x0a577}, {2, 17, 0x0a4b0}, {2, 6, 0x0aa50},  {1, 26, 0x1b255}, {2, 14, 0x06d20}, {2, 2, 0x0ada0},
};

int lunar_month_days(uint32_t bits, int month) { return (bits & (0x10000u >> month)) != 0 ? 30 : 29; }

}  // namespace

int64_t days_of(const Date& date) {
  const int64_t y = date.month <= 2 ? date.year - 1 : date.year;
  const int64_t era = floor_div(y, 400);
  const int64_t year_of_era = y - era * 400;
  const int64_t day_of_year = (153 * (date.month + (date.month > 2 ? -3 : 9)) + 2) / 5 + date.day - 1;
  return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

Date date_of(int64_t days) {
  const int64_t z = days + 719468;
  const int64_t era = floor_div(z, 146097);
  const int64_t day_of_era = z - era * 146097;
  const int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t shifted = (5 * day_of_year + 2) / 153;  // months since March
  const int month = static_cast<int>(shifted < 10 ? shifted + 3 : shifted - 9);
  return {static_cast<int>(year_of_era + era * 400 + (month <= 2 ? 1 : 0)), month,
          static_cast<int>(day_of_year - (153 * shifted + 2) / 5 + 1)};
}

int weekday_of(int64_t days) { return static_cast<int>(((days + 3) % 7 + 7) % 7) + 1; }

int days_in_month(int year, int month) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return kDays[month - 1] + (month == 2 && is_leap ? 1 : 0);
}

bool is_date(const Date& date) {
  return date.year >= kFirstYear && date.year <= kLastYear && date.month >= 1 && date.month <= 12 && date.day >= 1 &&
         date.day <= days_in_month(date.year, date.month);
}

Date add_months(const Date& date, int64_t months) {
  const int64_t month = date.year * int64_t{12} + date.month - 1 + months;
  Date out{static_cast<int>(floor_div(month, 12)), static_cast<int>(month - floor_div(month, 12) * 12) + 1, date.day};
  out.day = std::min(out.day, days_in_month(out.year, out.month));
  return out;
}

std::optional<int64_t> lunar_days(int year, int month, int day) {
  const int index = year - kFirstLunarYear;
  if (index < 0 || index >= static_cast<int>(std::size(kLunarYears)) || month < 1 || month > 12) return std::nullopt;
  const LunarYear& row = kLunarYears[index];
  const int leap = static_cast<int>(row.bits & 0xF);
  const int leap_days = leap == 0 ? 0 : (row.bits & 0x10000u) != 0 ? 30 : 29;
  const int month_days = lunar_month_days(row.bits, month);
  if (day > month_days) return std::nullopt;
  int64_t days = days_of({year, row.month, row.day});
  for (int m = 1; m < month; ++m) days += lunar_month_days(row.bits, m) + (m == leap ? leap_days : 0);
  return days + (day == 0 ? month_days : day) - 1;
}

sotto_moment moment_of(int64_t local_seconds, int64_t offset) {
  const int64_t days = floor_div(local_seconds, kDaySeconds);
  const int64_t rest = local_seconds - days * kDaySeconds;
  const Date date = date_of(days);
  sotto_moment out{};
  out.unix_seconds = local_seconds - offset;
  out.year = date.year;
  out.month = static_cast<uint8_t>(date.month);
  out.day = static_cast<uint8_t>(date.day);
  out.hour = static_cast<uint8_t>(rest / 3600);
  out.minute = static_cast<uint8_t>(rest / 60 % 60);
  out.second = static_cast<uint8_t>(rest % 60);
  out.weekday = static_cast<uint8_t>(weekday_of(days));
  return out;
}

}  // namespace sotto::values

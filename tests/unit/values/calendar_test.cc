#include "text/values/calendar.h"

#include <gtest/gtest.h>

namespace sotto::values {
namespace {

TEST(Calendar, EveryDayComesBackAndFollowsTheOneBefore) {
  Date before = date_of(days_of({1000, 1, 1}) - 1);
  for (int64_t day = days_of({1000, 1, 1}); day <= days_of({3000, 12, 31}); ++day) {
    const Date date = date_of(day);
    ASSERT_EQ(days_of(date), day);
    const bool is_next_day = date.month == before.month && date.day == before.day + 1;
    const bool is_next_month = date.day == 1 && before.day == days_in_month(before.year, before.month);
    ASSERT_TRUE(is_next_day || is_next_month) << date.year << '-' << date.month << '-' << date.day;
    ASSERT_TRUE(is_date(date));
    before = date;
  }
}

TEST(Calendar, WeekdaysAreThoseOfKnownDays) {
  EXPECT_EQ(days_of({1970, 1, 1}), 0);
  EXPECT_EQ(weekday_of(0), 4);
  EXPECT_EQ(weekday_of(days_of({2000, 1, 1})), 6);
  EXPECT_EQ(weekday_of(days_of({1969, 12, 29})), 1);
  EXPECT_EQ(weekday_of(days_of({2026, 11, 28})), 6);
}

TEST(Calendar, MonthsAreAddedToTheLastDayThereIs) {
  const Date leap = add_months({2028, 1, 31}, 1), back = add_months({2026, 3, 31}, -1), year = add_months({2028, 2, 29}, 12);
  EXPECT_EQ(leap.day, 29);
  EXPECT_EQ(back.month, 2);
  EXPECT_EQ(back.day, 28);
  EXPECT_EQ(year.year, 2029);
  EXPECT_EQ(year.day, 28);
  EXPECT_EQ(add_months({2026, 1, 1}, -13).year, 2024);
}

// Published dates of the Chinese calendar, with those around leap months.
TEST(Calendar, LunarDaysAreThoseOfTheAlmanac) {
  struct Case {
    int year, month, day;
    Date expected;
  };
  for (const auto& [year, month, day, expected] :
       {Case{2026, 1, 1, {2026, 2, 17}}, Case{2026, 8, 15, {2026, 9, 25}}, Case{2025, 5, 5, {2025, 5, 31}},
        Case{2025, 8, 15, {2025, 10, 6}}, Case{2023, 8, 15, {2023, 9, 29}}, Case{2020, 8, 15, {2020, 10, 1}},
        Case{2024, 12, 0, {2025, 1, 28}}, Case{2027, 1, 15, {2027, 2, 20}}, Case{2033, 8, 15, {2033, 9, 8}},
        Case{2049, 1, 1, {2049, 2, 2}}})
    EXPECT_EQ(lunar_days(year, month, day), days_of(expected)) << year << ' ' << month << ' ' << day;
  EXPECT_FALSE(lunar_days(2019, 1, 1));
  EXPECT_FALSE(lunar_days(2050, 1, 1));
  EXPECT_FALSE(lunar_days(2026, 13, 1));
}

// Each lunar year ends on the day before the next one begins: the table agrees with itself.
TEST(Calendar, LunarYearsJoin) {
  for (int year = 2020; year < 2049; ++year) EXPECT_EQ(*lunar_days(year, 12, 0) + 1, *lunar_days(year + 1, 1, 1)) << year;
}

TEST(Calendar, MomentsHaveTheFieldsOfTheCallersClock) {
  const sotto_moment m = moment_of(days_of({2026, 11, 28}) * kDaySeconds + 3661, 28800);
  EXPECT_EQ(m.unix_seconds, days_of({2026, 11, 28}) * kDaySeconds + 3661 - 28800);
  EXPECT_EQ(m.year, 2026);
  EXPECT_EQ(m.month, 11);
  EXPECT_EQ(m.day, 28);
  EXPECT_EQ(m.hour, 1);
  EXPECT_EQ(m.minute, 1);
  EXPECT_EQ(m.second, 1);
  EXPECT_EQ(m.weekday, 6);
  EXPECT_EQ(moment_of(-1, 0).year, 1969);
  EXPECT_EQ(moment_of(-1, 0).second, 59);
}

}  // namespace
}  // namespace sotto::values

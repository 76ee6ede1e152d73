// dates.cc: days and longer stretches told from today: tomorrow, 下周三, "next friday", three days ago. Weeks begin on Monday.
#include <algorithm>

#include "text/values/moments.h"

namespace sotto::values {
namespace {

constexpr int64_t kWeek = 7;

int64_t monday_of(int64_t day) { return day - (weekday_of(day) - 1); }

DatePart one(size_t end, int64_t first, int64_t count, uint32_t precision) {
  DatePart out;
  if (end == 0) return out;
  out.end = end;
  out.precision = precision;
  out.add(first, count);
  return out;
}

// The month `count` months from this one, the year alike.
DatePart period(const Context& context, size_t end, int64_t count, uint32_t unit) {
  const int64_t now = today(context);
  Date date = date_of(now);
  if (unit == SOTTO_UNIT_DAY) return one(end, now + count, 1, unit);
  if (unit == SOTTO_UNIT_WEEK) return one(end, monday_of(now) + kWeek * count, 7, unit);
  date.day = 1;
  if (unit == SOTTO_UNIT_YEAR) date.month = 1;
  const int64_t step = unit == SOTTO_UNIT_YEAR ? 12 : 1;
  const int64_t first = days_of(add_months(date, count * step));
  return one(end, first, days_of(add_months(date, (count + 1) * step)) - first, unit);
}

DatePart weekend(const Context& context, size_t end, int64_t weeks) {
  return one(end, monday_of(today(context)) + kWeek * weeks + 5, 2, SOTTO_UNIT_PART);
}

// 周三: the coming one; where today is one, today or a week later. 下周三: of the next week, always.
DatePart read_zh_week(Context& context, size_t at) {
  Reader& reader = context.reader;
  int32_t weeks = 0;
  const size_t next = reader.word(at, Word::kZhNext, &weeks);
  const size_t week = reader.word(next == 0 ? at : next, Word::kWeek);
  const int64_t now = today(context);
  if (week == 0) return {};
  if (const size_t end = reader.word(next == 0 ? at : next, Word::kWeekend)) return weekend(context, end, weeks);
  int weekday = 0;
  const size_t end = read_weekday(reader, next == 0 ? at : next, true, &weekday);
  if (end == 0) return next == 0 ? DatePart{} : period(context, week, weeks, SOTTO_UNIT_WEEK);
  if (next != 0) return one(end, monday_of(now) + kWeek * weeks + weekday - 1, 1, SOTTO_UNIT_DAY);
  const int64_t ahead = (weekday - weekday_of(now) + 7) % 7;
  DatePart out = one(end, now + ahead, 1, SOTTO_UNIT_DAY);
  if (ahead == 0) out.add(now + 7, 1);
  out.weekday = weekday;
  return out;
}

// "this friday": of this week. "next friday": the coming one, or that of the next week. "last friday" likewise.
DatePart read_en_weekday(Context& context, size_t at) {
  Reader& reader = context.reader;
  int32_t which = 0;
  const size_t next = reader.word(at, Word::kThisNext, &which);
  int weekday = 0;
  const size_t begin = next == 0 ? at : next;
  if (reader.word(begin, Word::kWeek) != 0) return {};
  // "the sun" is no Sunday.
  int32_t is_only_the = 0;
  const bool is_behind_glue = reader.word_before(at, Word::kGlue, &is_only_the) && is_only_the == 0;
  const bool is_led = next != 0 || is_behind_glue || reader.word_before(at, Word::kAt);
  const size_t end = read_weekday(reader, begin, is_led, &weekday);
  if (end == 0) return {};
  const int64_t now = today(context);
  const int64_t ahead = (weekday - weekday_of(now) + 7) % 7;
  const int64_t of_week = monday_of(now) + weekday - 1;
  if (next == 0 || which == 2) {
    DatePart out = one(end, now + ahead, 1, SOTTO_UNIT_DAY);
    if (ahead == 0) out.add(now + 7, 1);
    if (next == 0) out.weekday = weekday;
    return out;
  }
  if (which == 0) {
    DatePart out = one(end, of_week, 1, SOTTO_UNIT_DAY);
    if (of_week < now) out.options[0].first += 7;  // "this monday" said on a Saturday is the coming one
    return out;
  }
  const int64_t coming = which > 0 ? now + (ahead == 0 ? 7 : ahead) : now - (ahead == 0 ? 7 : 7 - ahead);
  DatePart out = one(end, coming, 1, SOTTO_UNIT_DAY);
  out.add(of_week + kWeek * which, 1);
  return out;
}

DatePart read_en_period(Context& context, size_t at) {
  Reader& reader = context.reader;
  int32_t which = 0, unit = 0;
  const size_t next = reader.word(at, Word::kThisNext, &which);
  if (next == 0) return {};
  if (which == 2) which = 1;
  if (const size_t end = reader.word(next, Word::kWeekend)) return weekend(context, end, which);
  const size_t end = reader.word(next, Word::kPeriod, &unit);
  return end == 0 ? DatePart{} : period(context, end, which, static_cast<uint32_t>(unit));
}

DatePart read_zh_period(Context& context, size_t at) {
  int32_t value = 0;
  const size_t end = context.reader.word(at, Word::kZhPeriod, &value);
  return end == 0 ? DatePart{} : period(context, end, value / 16 - 8, static_cast<uint32_t>(value & 15));
}

// 三天后, "in three days", "two weeks ago": days and longer units alone; shorter ones are instants (times.cc).
DatePart read_distance(Context& context, size_t at) {
  Reader& reader = context.reader;
  int32_t sign = 1;
  size_t in = reader.word(at, Word::kIn);
  const size_t about = in == 0 ? 0 : reader.word(in, Word::kAbout);
  if (about != 0) in = about;
  const Duration d = read_duration(reader, in == 0 ? at : in);
  if (d.end == 0 || !d.is_whole_days || d.is_range) return {};
  size_t end = reader.word(d.end, Word::kLater, &sign);
  if (end == 0 && in == 0) return {};
  if (end == 0) end = d.end;
  const int64_t now = today(context);
  const auto months = static_cast<int64_t>(d.months), days = static_cast<int64_t>(d.seconds / kDaySeconds);
  if (d.seconds != static_cast<double>(days * kDaySeconds)) return {};
  DatePart out = one(end, days_of(add_months(date_of(now), sign * months)) + sign * days, 1, SOTTO_UNIT_DAY);
  out.is_relative = true;
  out.is_approximate = d.is_approximate || about != 0;
  return out;
}

DatePart read_day(Context& context, size_t at) {
  int32_t days = 0;
  const size_t end = context.reader.word(at, Word::kDay, &days);
  DatePart out = one(end, today(context) + days, 1, SOTTO_UNIT_DAY);
  out.is_today = days == 0;
  return out;
}

// 月底, "end of the month": the month's last day, about.
DatePart read_edge(Context& context, size_t at) {
  Reader& reader = context.reader;
  int32_t edge = 0;
  size_t end = 0;
  DatePart whole = read_zh_period(context, at);
  if (whole.end != 0) {
    end = reader.word(whole.end, Word::kEdge, &edge);
    const bool is_own = (edge & 16) != 0 || (edge >= 64 && whole.precision == SOTTO_UNIT_YEAR);  // 下个月底, 明年年底
    if (!is_own) end = 0;
  } else if ((end = reader.word(at, Word::kEdge, &edge)) != 0) {
    if ((edge & 16) != 0) return {};
    whole = period(context, end, 0, edge >= 64 ? SOTTO_UNIT_YEAR : SOTTO_UNIT_MONTH);
  } else if ((end = reader.word(at, Word::kEnEdge, &edge)) != 0) {
    whole = read_en_period(context, end);
    int32_t unit = 0;
    if (whole.end == 0 && (end = reader.word(end, Word::kThe)) != 0 && (end = reader.word(end, Word::kPeriod, &unit)) != 0)
      whole = period(context, end, 0, static_cast<uint32_t>(unit));
    end = whole.end;
  }
  if (end == 0 || whole.count == 0) return {};
  const int which = edge & 15;
  const DatePart::Days days = whole.options[0];
  const bool is_year = whole.precision == SOTTO_UNIT_YEAR;
  const int64_t middle = is_year ? 181 : whole.precision == SOTTO_UNIT_MONTH ? 14 : days.count / 2;
  DatePart out = one(end, days.first + (which == 0 ? 0 : which == 1 ? middle : days.count - 1), 1, SOTTO_UNIT_DAY);
  out.is_approximate = true;
  return out;
}

}  // namespace

int64_t today(const Context& context) {
  const int64_t days = context.now / kDaySeconds;
  return context.now % kDaySeconds < 0 ? days - 1 : days;
}

size_t read_weekday(Reader& reader, size_t at, bool is_led, int* weekday) {
  int32_t value = 0;
  size_t end = reader.word(at, Word::kWeekday, &value);
  if (end == 0 && is_led) end = reader.word(at, Word::kWeekdayShort, &value);
  if (end == 0) {
    const size_t week = reader.word(at, Word::kWeek);
    if (week == 0 || reader.skip(week) != week) return 0;
    int digit = 0;
    if ((end = reader.word(week, Word::kDigit, &value)) == 0 && (end = digit_at(reader.text(), week, &digit)) != 0)
      value = digit;
    if (end == 0) end = reader.word(week, Word::kDayMark, &value), value = value == 0 && end != 0 ? 7 : 0;
    // 下周一点半 is next week, half past one.
    int32_t clock = 0;
    if (end != 0 && reader.word(end, Word::kClock, &clock) != 0 && reader.skip(end) == end) return 0;
    if (end != 0 && (value < 1 || value > 7 || reader.word(end, Word::kCounter) == end + 3)) return 0;
  }
  if (end != 0) *weekday = value;
  return end;
}

DatePart read_date(Context& context, size_t at) {
  if (!context.has_clock) return {};
  DatePart best;
  for (const auto rule :
       {read_day, read_zh_week, read_en_weekday, read_en_period, read_zh_period, read_edge, read_distance, read_month_day}) {
    const DatePart found = rule(context, at);
    if (found.end > best.end) best = found;
  }
  return best;
}

}  // namespace sotto::values

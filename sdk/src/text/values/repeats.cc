// repeats.cc: how often: 每天, 每周一三五, "every other day", "on weekdays".
#include "text/values/moments.h"

namespace sotto::values {
namespace {

constexpr uint32_t kWorkdays = 31, kWeekendDays = 96;

uint32_t bit(int weekday) { return 1u << (weekday - 1); }

uint32_t days_between(int first, int last) {
  uint32_t out = 0;
  for (int d = first, i = 0; i < 7; ++i, d = d % 7 + 1) {
    out |= bit(d);
    if (d == last) break;
  }
  return out;
}

// 一三五 behind 周: one character a day.
size_t read_digit_days(Reader& reader, size_t at, uint32_t* weekdays) {
  int32_t value = 0;
  for (size_t end; reader.skip(at) == at && (end = reader.word(at, Word::kDigit, &value)) != 0; at = end) {
    int32_t clock = 0;
    const bool is_hour = reader.word(end, Word::kClock, &clock) != 0 || reader.word(end, Word::kPower) != 0;
    if (value < 1 || value > 6 || is_hour) break;
    *weekdays |= bit(value);
  }
  return at;
}

// "monday, wednesday and friday", 周一到周五, 周一三五
size_t read_weekday_list(Reader& reader, size_t at, uint32_t* weekdays) {
  int day = 0;
  size_t end = read_weekday(reader, at, true, &day);
  if (end == 0) return 0;
  *weekdays = bit(day);
  if (static_cast<unsigned char>(reader.text()[reader.skip(at)]) >= 0xE0) end = read_digit_days(reader, end, weekdays);
  if (const size_t until = reader.word(end, Word::kUntil)) {
    int last = 0;
    int32_t value = 0;
    size_t next = read_weekday(reader, until, true, &last);
    if (next == 0 && (next = reader.word(until, Word::kDigit, &value)) != 0 && value >= 1 && value <= 6) last = value;
    if (next != 0 && last != 0) return *weekdays = days_between(day, last), next;
  }
  for (int i = 0; i < 6; ++i) {
    size_t next = reader.word(end, Word::kAnd);
    if (next == 0 && end < reader.text().size() && reader.text()[end] == ',') next = end + 1;
    if (next == 0 && reader.text().substr(end, 3) == "、") next = end + 3;
    if (next == 0) break;
    if (const size_t more = reader.word(next, Word::kAnd)) next = more;
    if ((next = read_weekday(reader, next, true, &day)) == 0) break;
    *weekdays |= bit(day);
    end = next;
  }
  return end;
}

// A unit with its count: "two hours", 半小时, "other day", "day".
Repeat read_interval(Reader& reader, size_t at) {
  Repeat out;
  int32_t value = 0;
  const size_t other = reader.word(at, Word::kOther);
  const size_t from = other == 0 ? at : other;
  if ((out.end = reader.word(from, Word::kPeriod, &value)) != 0 ||
      (out.end = reader.word(from, Word::kTimeUnit, &value)) != 0) {
    if ((value & (kWeakUnit | kTightUnit)) != 0) return Repeat{};
    out.unit = static_cast<uint32_t>(value & 15);
    out.interval = other == 0 ? 1 : 2;
    return out.unit == SOTTO_UNIT_SECOND ? Repeat{} : out;
  }
  if (other != 0) return out;
  const Duration d = read_duration(reader, at);
  if (d.end == 0 || d.is_range || d.is_approximate || d.is_weak) return out;
  const double count[] = {d.months / 12, d.months, d.seconds / 604800, d.seconds / 86400, d.seconds / 3600, d.seconds / 60};
  constexpr uint32_t kUnits[] = {SOTTO_UNIT_YEAR, SOTTO_UNIT_MONTH, SOTTO_UNIT_WEEK,
                                 SOTTO_UNIT_DAY,  SOTTO_UNIT_HOUR,  SOTTO_UNIT_MINUTE};
  for (size_t i = 0; i < 6; ++i) {
    const auto whole = static_cast<uint32_t>(count[i]);
    if (whole == 0 || whole != count[i]) continue;
    out.end = d.end;
    out.unit = kUnits[i];
    out.interval = whole;
    return out;
  }
  return out;
}

}  // namespace

Repeat read_repeat(Reader& reader, size_t at) {
  Repeat out;
  int32_t value = 0;
  if ((out.end = reader.word(at, Word::kEveryWhole, &value)) != 0) {
    out.unit = static_cast<uint32_t>(value & 255);
    out.weekdays = static_cast<uint32_t>(value >> 8 & 255);
    if (value >> 16 != 0) out.part = static_cast<DayPart>((value >> 16) - 1);
    return out;
  }
  const size_t every = reader.word(at, Word::kEvery);
  if (every == 0) return out;
  out = read_interval(reader, every);
  size_t end = 0;
  uint32_t weekdays = 0;
  if ((end = read_weekday_list(reader, every, &weekdays)) > out.end)
    return out.end = end, out.unit = SOTTO_UNIT_WEEK, out.weekdays = weekdays, out;
  if ((end = reader.word(every, Word::kWeekdays)) != 0)
    weekdays = kWorkdays;
  else if ((end = reader.word(every, Word::kWeekend)) != 0)
    weekdays = kWeekendDays;
  if (end != 0) return out.end = end, out.unit = SOTTO_UNIT_WEEK, out.weekdays = weekdays, out;
  if (out.end == 0 && (end = reader.word(every, Word::kPart, &value)) != 0) {
    out.end = end;
    out.unit = SOTTO_UNIT_DAY;
    out.part = static_cast<DayPart>(value);
  }
  return out;
}

}  // namespace sotto::values

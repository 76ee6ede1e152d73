// times.cc: puts date, part of the day, clock time and repeat together, in whichever order they were said, and says every point
// or stretch of time that can be meant.
#include <algorithm>

#include "text/values/moments.h"

namespace sotto::values {
namespace {

constexpr int kMostParts = 6;
constexpr int64_t kHour = 3600;

struct Parts {
  size_t end = 0;
  DatePart date;
  DayPart part = DayPart::kNone;
  ClockPart clock;
  Repeat repeat;
  bool is_maybe_number = false;  // "for 7": people, or a time
};

bool is_led(Context& context, size_t at) {
  int32_t value = 0;
  return context.expect == SOTTO_VALUE_TIME || (context.reader.word_before(at, Word::kAt, &value) && value == 1);
}

// Behind "on", "at", 的, a comma. `is_at`: a clock time is announced.
size_t skip_glue(Reader& reader, size_t at, bool* is_at) {
  const std::string_view text = reader.text();
  if (at < text.size() && text[at] == ',') ++at;
  for (int i = 0; i < 2; ++i) {
    int32_t value = 0;
    size_t end = reader.word(at, Word::kAt, &value);
    if (end != 0)
      *is_at = true;
    else
      end = reader.word(at, Word::kGlue);
    if (end == 0) break;
    at = end;
  }
  return at;
}

bool takes_clock(const Parts& p) {
  return p.date.end == 0 || p.date.precision == SOTTO_UNIT_DAY || p.date.precision == SOTTO_UNIT_PART;
}

// "monday next week", 下周的周三, "saturday the 5th": two dates that together are one day.
DatePart refine(const DatePart& date, const DatePart& more) {
  DatePart out = more;
  if (date.end == 0) return out;
  out.end = 0;
  const bool is_in_week = date.precision == SOTTO_UNIT_WEEK && more.weekday != 0;
  const bool is_of_week = date.weekday != 0 && more.precision == SOTTO_UNIT_WEEK;
  if (more.end == 0) return out;
  if (is_in_week || is_of_week) {
    const int64_t monday = is_in_week ? date.options[0].first : more.options[0].first;
    out = DatePart{};
    out.end = more.end;
    out.add(monday + (is_in_week ? more.weekday : date.weekday) - 1, 1);
  } else if (date.weekday != 0 && more.is_bare_day && weekday_of(more.options[0].first) == date.weekday) {
    out.end = more.end;
    out.is_bare_day = false;
  }
  return out;
}

// The part of a time that reaches furthest from `at`; false: none.
bool take_part(Context& context, size_t at, bool is_at, Parts* p) {
  Reader& reader = context.reader;
  int32_t value = 0;
  const bool has_date = p->date.end != 0, has_part = p->part != DayPart::kNone;
  const Repeat repeat = p->repeat.end == 0 ? read_repeat(reader, at) : Repeat{};
  const DatePart date = refine(p->date, read_date(context, at));
  const size_t day_part = has_date || has_part ? 0 : reader.word(at, Word::kDayPart, &value);
  size_t part = has_part || day_part != 0 ? 0 : reader.word(at, Word::kPart, &value);
  if (part == 0 && has_date && !has_part) part = reader.word(at, Word::kPartShort, &value);
  ClockPart clock = p->clock.end == 0 && takes_clock(*p) ? read_clock(reader, at, is_at || has_date || has_part) : ClockPart{};
  if (clock.is_bare && !is_at) clock = ClockPart{};
  const size_t best = std::max({repeat.end, date.end, day_part, part, clock.end});
  if (best == 0) return false;
  p->end = best;
  if (repeat.end == best) {
    p->repeat = repeat;
    if (repeat.part != DayPart::kNone) p->part = repeat.part;
  } else if (clock.end == best && !(date.end == best && date.precision == SOTTO_UNIT_DAY && clock.is_bare)) {
    p->clock = clock;
  } else if (date.end == best) {
    p->date = date;
  } else {
    p->part = static_cast<DayPart>(value & 15);
    if (day_part == best) {
      p->date.end = best;
      p->date.add(today(context) + value / 16 - 8, 1);
      p->date.is_today = value / 16 == 8;
    }
  }
  return true;
}

// "7" alone is a time when it is announced ("at"), or a day or its part follows ("7 tonight").
bool take_bare_clock(Context& context, size_t at, Parts* p) {
  Reader& reader = context.reader;
  ClockPart clock = read_clock(reader, at, true);
  const Number& asked = reader.whole(at);
  if (context.expect == SOTTO_VALUE_TIME && clock.end == 0 && asked && asked.value <= 24 && !asked.is_approximate &&
      reader.clause_ends(asked.end)) {
    clock.end = asked.end;
    clock.is_bare = true;
    clock.is_exact = asked.value > 12 || asked.value == 0;
    clock.add(static_cast<int>(asked.value), 0);
  }
  if (clock.end == 0 || !clock.is_bare) return false;
  bool is_at = false;
  int32_t value = 0;
  const size_t next = skip_glue(reader, clock.end, &is_at);
  const bool is_followed = reader.word(next, Word::kPart) != 0 ||
                           (!is_at && (reader.word(next, Word::kDayPart) != 0 || reader.word(next, Word::kDay) != 0));
  const bool is_maybe = reader.word_before(at, Word::kAt, &value) && value == 2 && context.direction == 0 &&
                        reader.clause_ends(clock.end) && clock.options[0].hour <= 12;
  if (!is_led(context, at) && !is_followed && !is_maybe) return false;
  p->clock = clock;
  p->end = clock.end;
  p->is_maybe_number = is_maybe && !is_followed && context.expect != SOTTO_VALUE_TIME;
  return true;
}

Parts read_parts(Context& context, size_t at) {
  Parts p;
  bool is_at = is_led(context, at);
  const ClockPart led = is_at ? read_clock(context.reader, at, true) : ClockPart{};
  if (!take_part(context, at, is_at && !led.is_bare, &p) && !take_bare_clock(context, at, &p)) return p;
  // "at 7": a bare number that also is the beginning of something longer is that.
  for (int i = 1; i < kMostParts; ++i) {
    is_at = false;
    const bool had_clock = p.clock.end != 0;
    const bool is_about = context.reader.word(p.end, Word::kAbout) != 0;
    const size_t next = skip_glue(context.reader, p.end, &is_at);
    if (!take_part(context, next, is_at, &p)) break;
    if (is_about && !had_clock && p.clock.end != 0) p.clock.is_approximate = true;
  }
  if (p.date.end != 0 || p.part != DayPart::kNone || p.repeat.end != 0) {
    p.clock.is_weak = false;
    p.clock.number = -1;
  }
  return p;
}

// Seconds of the day that a clock time can mean: 0 to 29 hours.
struct Times {
  int count = 0;
  int64_t items[Readings::kMost];
  void add(int64_t seconds) {
    if (count < static_cast<int>(Readings::kMost)) items[count++] = seconds;
  }
};

// The hour within a part of the day; the second one where two can be meant, else -1.
int hour_within(DayPart part, int hour, bool has_date, int* other) {
  switch (part) {
    case DayPart::kDawn:
      return hour == 12 ? 0 : hour;
    case DayPart::kMorning:
    case DayPart::kNone:
      return hour;
    case DayPart::kMidday:
      return hour >= 10 ? hour : hour + 12;
    case DayPart::kAfternoon:
    case DayPart::kDusk:
      return hour == 12 ? 12 : hour + 12;
    case DayPart::kEvening:
      return hour < 5 ? 24 + hour : 12 + hour;  // an evening's one o'clock is the next day's
    case DayPart::kDeepNight:
      if (hour >= 6) return hour + 12;
      if (has_date) *other = 24 + hour;
      return hour;
  }
  return hour;
}

Times times_of(const Parts& p) {
  Times out;
  for (int i = 0; i < p.clock.count; ++i) {
    const auto& t = p.clock.options[i];
    const int64_t rest = t.minute * 60 + t.second;
    if (p.clock.is_exact || t.hour > 12) {
      const bool is_night = p.part == DayPart::kEvening && t.hour == 0;
      out.add((is_night ? 24 : t.hour) * kHour + rest);
    } else if (p.part != DayPart::kNone) {
      int other = -1;
      out.add(hour_within(p.part, t.hour, p.date.end != 0, &other) * kHour + rest);
      if (other >= 0) out.add(other * kHour + rest);
    } else {
      out.add(t.hour * kHour + rest);
      out.add((t.hour + 12) * kHour + rest);
    }
  }
  return out;
}

struct Stretch {
  int64_t from, to;  // local seconds
};

struct Stretches {
  int count = 0;
  Stretch items[Readings::kMost];
  void add(int64_t from, int64_t to) {
    for (int i = 0; i < count; ++i)
      if (items[i].from == from && items[i].to == to) return;
    if (count < static_cast<int>(Readings::kMost)) items[count++] = {from, to};
  }
  // What is past goes where something lies ahead.
  void drop_past(int64_t now) {
    const bool is_any_ahead = std::any_of(items, items + count, [now](const Stretch& s) { return s.from > now; });
    if (!is_any_ahead) return;
    count = static_cast<int>(std::remove_if(items, items + count, [now](const Stretch& s) { return s.from <= now; }) - items);
  }
  void sort() {
    std::stable_sort(items, items + count, [](const Stretch& a, const Stretch& b) { return a.from < b.from; });
  }
};

int64_t length_of(const Parts& p) { return p.clock.is_hour_range ? kHour : 0; }

// The next occurrence after now of a time of the day.
int64_t next_time(const Context& context, int64_t seconds) {
  int64_t t = today(context) * kDaySeconds + seconds;
  while (t - kDaySeconds > context.now) t -= kDaySeconds;
  return t > context.now ? t : t + kDaySeconds;
}

// The first day of a repeat, not before today, whose stretch ends after now.
int64_t first_day(const Context& context, const Parts& p, int64_t begin, int64_t end) {
  const int64_t now_day = today(context);
  const auto is_ahead = [&](int64_t day) {
    return day * kDaySeconds + begin > context.now || (end > begin && day * kDaySeconds + end > context.now);
  };
  if (p.repeat.weekdays != 0) {
    for (int64_t day = now_day; day < now_day + 8; ++day)
      if ((p.repeat.weekdays >> (weekday_of(day) - 1) & 1) != 0 && is_ahead(day)) return day;
  }
  int64_t day = p.date.end != 0 ? p.date.options[0].first : now_day;
  if (is_ahead(day)) return day;
  const int64_t months = p.repeat.unit == SOTTO_UNIT_MONTH ? 1 : p.repeat.unit == SOTTO_UNIT_YEAR ? 12 : 0;
  if (months != 0 && p.date.end != 0) return days_of(add_months(date_of(day), months));
  return day + (p.repeat.unit == SOTTO_UNIT_WEEK && p.date.end != 0 ? 7 : 1);
}

Stretches resolve_repeat(const Context& context, const Parts& p) {
  Stretches out;
  if (p.repeat.unit <= SOTTO_UNIT_HOUR) {
    const int64_t step = (p.repeat.unit == SOTTO_UNIT_HOUR ? kHour : 60) * p.repeat.interval;
    out.add(context.now + step, context.now + step);
    return out;
  }
  if (p.clock.end != 0) {
    const Times times = times_of(p);
    for (int i = 0; i < times.count; ++i) {
      const int64_t from = first_day(context, p, times.items[i], times.items[i]) * kDaySeconds + times.items[i];
      out.add(from, from + length_of(p));
    }
    out.sort();
    return out;
  }
  const DayPartRow& row = row_of(p.part);
  const int64_t day = first_day(context, p, row.begin_hour * kHour, row.end_hour * kHour) * kDaySeconds;
  out.add(day + row.begin_hour * kHour, day + row.end_hour * kHour);
  return out;
}

Stretches resolve(const Context& context, const Parts& p) {
  if (p.repeat.end != 0) return resolve_repeat(context, p);
  Stretches out;
  const Times times = times_of(p);
  const DayPartRow& row = row_of(p.part);
  if (p.date.end == 0) {
    for (int i = 0; i < times.count; ++i)
      out.add(next_time(context, times.items[i]), next_time(context, times.items[i]) + length_of(p));
    if (times.count == 0) {
      const int64_t day = today(context) * kDaySeconds;
      const int64_t later = day + row.end_hour * kHour > context.now ? 0 : kDaySeconds;
      out.add(day + later + row.begin_hour * kHour, day + later + row.end_hour * kHour);
    }
    out.sort();
    return out;
  }
  for (int d = 0; d < p.date.count; ++d) {
    const DatePart::Days& days = p.date.options[d];
    const int64_t begin = days.first * kDaySeconds;
    if (times.count == 0 && p.part == DayPart::kNone) out.add(begin, begin + days.count * kDaySeconds);
    for (int64_t day = 0; day < std::min<int64_t>(days.count, 2); ++day) {
      const int64_t midnight = begin + day * kDaySeconds;
      for (int i = 0; i < times.count; ++i) out.add(midnight + times.items[i], midnight + times.items[i] + length_of(p));
      if (times.count == 0 && p.part != DayPart::kNone)
        out.add(midnight + row.begin_hour * kHour, midnight + row.end_hour * kHour);
    }
  }
  if (times.count > 0) out.drop_past(context.now);
  if (times.count > 0) out.sort();
  return out;
}

uint32_t precision_of(const Parts& p, int64_t from) {
  if (p.clock.end != 0 || (p.repeat.unit != 0 && p.repeat.unit <= SOTTO_UNIT_HOUR))
    return p.clock.has_seconds || from % 60 != 0 ? SOTTO_UNIT_SECOND : SOTTO_UNIT_MINUTE;
  if (p.part != DayPart::kNone) return SOTTO_UNIT_PART;
  return p.date.end != 0 ? p.date.precision : SOTTO_UNIT_DAY;
}

sotto_value time_value(const Context& context, const Stretch& s, uint32_t precision) {
  sotto_value value = number_value(SOTTO_VALUE_TIME, 0);
  value.from = moment_of(s.from, context.offset);
  value.to = moment_of(s.to, context.offset);
  value.precision = precision;
  return value;
}

uint32_t flags_of(const Parts& p) {
  return (p.date.is_approximate || p.clock.is_approximate ? SOTTO_VALUE_APPROXIMATE : 0) |
         (p.date.is_relative ? SOTTO_VALUE_RELATIVE : 0) | (p.clock.is_hour_range ? SOTTO_VALUE_RANGE : 0);
}

void add_values(const Context& context, const Parts& p, const Stretches& stretches, uint32_t more_flags, Readings* out) {
  for (int i = 0; i < stretches.count; ++i) {
    const Stretch& s = stretches.items[i];
    sotto_value value = time_value(context, s, precision_of(p, s.from));
    value.flags = flags_of(p) | more_flags;
    if (p.repeat.end != 0) {
      value.repeat_unit = p.repeat.unit;
      value.repeat_interval = p.repeat.interval;
      value.repeat_weekdays = p.repeat.weekdays;
    }
    out->add(value);
  }
}

// The end of a range: the first time that can be meant after `from`.
int64_t end_after(const Parts& p, const Stretch& s) {
  if (p.clock.end == 0) {
    int64_t day = p.date.options[0].first;
    const int64_t first = s.from / kDaySeconds;
    if (p.date.is_bare_day) {
      Date date = date_of(first);
      if (date.day > p.date.day_number) date = add_months({date.year, date.month, 1}, 1);
      date.day = std::min(p.date.day_number, days_in_month(date.year, date.month));
      day = days_of(date);
    }
    if (p.date.weekday != 0 && day < first) day += 7;
    return (day + p.date.options[0].count) * kDaySeconds;
  }
  const Times times = times_of(p);
  const int64_t midnight = (p.date.end != 0 ? p.date.options[0].first : s.from / kDaySeconds) * kDaySeconds;
  int64_t best = INT64_MAX;
  for (int i = 0; i < times.count; ++i) {
    int64_t t = midnight + times.items[i];
    if (p.date.end == 0 && t <= s.from) t += kDaySeconds;
    if (t > s.from) best = std::min(best, t);
  }
  return best;
}

// 三点到五点, "from 3 to 5 pm", 周一到周五. False: there is no second end.
bool find_range(Context& context, const Parts& first, Readings* out) {
  Reader& reader = context.reader;
  const size_t until = reader.word(first.end, Word::kUntil);
  if (until == 0 || (first.repeat.end != 0 && first.clock.end == 0)) return false;
  Parts last;
  bool is_at = false;
  const size_t begin = skip_glue(reader, until, &is_at);
  const ClockPart bare = first.clock.end != 0 ? read_clock(reader, begin, true) : ClockPart{};
  const bool is_bare_end = bare.is_bare && reader.clause_ends(bare.end);  // "from 2:30 to 4"
  if (!take_part(context, begin, is_bare_end, &last)) return false;
  for (int i = 1; i < kMostParts; ++i) {
    const size_t next = skip_glue(reader, last.end, &is_at);
    if (!take_part(context, next, is_at, &last)) break;
  }
  const bool has_clock = first.clock.end != 0;
  if (has_clock != (last.clock.end != 0) || (!has_clock && last.date.end == 0) || last.repeat.end != 0) return false;
  if (last.part == DayPart::kNone && has_clock && last.date.end == 0)
    last.part = first.part == DayPart::kMorning ? DayPart::kNone : first.part;
  Stretches found = resolve(context, first);
  int64_t shortest = INT64_MAX;
  for (int i = 0; i < found.count; ++i) {
    Stretch& s = found.items[i];
    s.to = end_after(last, s);
    if (s.to <= s.from || s.to == INT64_MAX) return false;
    shortest = std::min(shortest, s.to - s.from);
  }
  // "3 to 5 pm": one end says which half of the day.
  if (has_clock && last.clock.is_exact)
    found.count = static_cast<int>(
        std::remove_if(found.items, found.items + found.count, [&](const Stretch& s) { return s.to - s.from != shortest; }) -
        found.items);
  out->end = last.end;
  add_values(context, first, found, SOTTO_VALUE_RANGE, out);
  return true;
}

// "3 to 5 pm": the first end is a number alone.
Parts read_range_begin(Context& context, size_t at) {
  Parts p;
  const ClockPart clock = read_clock(context.reader, at, true);
  const size_t until = clock.is_bare ? context.reader.word(clock.end, Word::kUntil) : 0;
  if (until == 0) return p;
  const ClockPart last = read_clock(context.reader, until, false);
  if (last.end == 0 || !last.is_exact || last.is_bare) return p;
  p.clock = clock;
  p.end = clock.end;
  return p;
}

// 半小时后, "in twenty minutes", "an hour ago".
bool find_distance(Context& context, size_t at, Readings* out) {
  Reader& reader = context.reader;
  int32_t sign = 1;
  size_t in = reader.word(at, Word::kIn);
  const size_t about = in == 0 ? 0 : reader.word(in, Word::kAbout);
  if (about != 0) in = about;
  const Duration d = read_duration(reader, in == 0 ? at : in);
  if (d.end == 0 || d.months > 0 ||
      (d.is_whole_days && !d.is_range && d.seconds == static_cast<double>(static_cast<int64_t>(d.seconds / 86400) * 86400)))
    return false;
  size_t end = reader.word(d.end, Word::kLater, &sign);
  if (end == 0 && in == 0) return false;
  out->end = end == 0 ? d.end : end;
  const int64_t near = context.now + sign * static_cast<int64_t>(d.seconds),
                far = context.now + sign * static_cast<int64_t>(d.seconds_to);
  const Stretch s{std::min(near, far), std::max(near, far)};
  sotto_value value = time_value(context, s, s.from % 60 != 0 ? SOTTO_UNIT_SECOND : SOTTO_UNIT_MINUTE);
  value.flags = SOTTO_VALUE_RELATIVE | (d.is_approximate || about != 0 ? SOTTO_VALUE_APPROXIMATE : 0) |
                (near != far ? SOTTO_VALUE_RANGE : 0);
  out->add(value);
  return true;
}

// A part of the day by itself is a time only where nothing makes it a greeting or a name.
bool is_only_part(Context& context, size_t at, const Parts& p) {
  if (p.part == DayPart::kNone || p.date.end != 0 || p.clock.end != 0 || p.repeat.end != 0) return false;
  Reader& reader = context.reader;
  const bool is_english = is_letter(static_cast<unsigned char>(reader.text()[at]));
  return reader.word(p.end, Word::kNotBare) != 0 || reader.word_before(at, Word::kNotBare) ||
         (is_english && !reader.word_before(at, Word::kGlue));
}

}  // namespace

void find_time(Context& context, size_t at, Readings* out) {
  if (!context.has_clock) return;
  Readings distance;
  find_distance(context, at, &distance);
  Parts p = read_parts(context, at);
  if (p.end == 0) p = read_range_begin(context, at);
  if (p.end <= distance.end) {
    *out = distance;
    return;
  }
  if (is_only_part(context, at, p) || find_range(context, p, out)) return;
  if (p.clock.is_bare && p.date.end == 0 && p.part == DayPart::kNone && p.repeat.end == 0 && !is_led(context, at) &&
      !p.is_maybe_number)
    return;
  out->end = p.end;
  add_values(context, p, resolve(context, p), 0, out);
  out->is_shared = p.clock.is_weak;
  if (p.clock.number >= 0)
    out->items[out->count < Readings::kMost ? out->count++ : 0] = number_value(SOTTO_VALUE_NUMBER, p.clock.number);
  if (p.is_maybe_number) out->add(number_value(SOTTO_VALUE_NUMBER, p.clock.options[0].hour));
  if (p.date.is_bare_day && p.date.end == p.end && p.clock.end == 0 && p.part == DayPart::kNone && p.repeat.end == 0)
    out->add(number_value(SOTTO_VALUE_ORDINAL, p.date.day_number));
}

}  // namespace sotto::values

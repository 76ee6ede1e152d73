// month_days.cc: days by the calendar: 五月三号, "the 3rd of May", 2026-12-01, 农历八月十五, Christmas. Without a year it is
// the next one, today included.
#include "text/values/moments.h"

namespace sotto::values {
namespace {

// The next day of month and day, or of the years that were said.
void add_yearly(const Context& context, int year, int month, int day, DatePart* out) {
  const int64_t now = today(context);
  const int first = year != 0 ? year : date_of(now).year;
  for (int y = first; y <= first + (year != 0 ? 0 : 8); ++y) {
    const Date date{y, month, day};
    if (!is_date(date) || (year == 0 && days_of(date) < now)) continue;
    return out->add(days_of(date), 1);
  }
}

void add_lunar(const Context& context, int year, int month, int day, DatePart* out) {
  const int64_t now = today(context);
  const int first = year != 0 ? year : date_of(now).year - 1;
  for (int y = first; y <= first + (year != 0 ? 0 : 8); ++y) {
    const auto days = lunar_days(y, month, day);
    if (!days || (year == 0 && *days < now)) continue;
    return out->add(*days, 1);
  }
}

DatePart whole_month(const Context& context, size_t end, int year, int month) {
  const int64_t now = today(context);
  const Date here = date_of(now);
  const Date first{year != 0 ? year : month < here.month ? here.year + 1 : here.year, month, 1};
  DatePart out;
  out.end = end;
  out.precision = SOTTO_UNIT_MONTH;
  out.add(days_of(first), days_in_month(first.year, month));
  return out;
}

bool is_in(const Number& n, double low, double high) {
  return n && n.is_whole && !n.is_approximate && n.value >= low && n.value <= high;
}

// 2026年, 明年: the end and the year, or 0.
size_t read_year(Context& context, size_t at, int* year) {
  Reader& reader = context.reader;
  int32_t value = 0;
  if (const size_t end = reader.word(at, Word::kZhPeriod, &value)) {
    if ((value & 15) != SOTTO_UNIT_YEAR) return 0;
    return *year = date_of(today(context)).year + value / 16 - 8, end;
  }
  const Number n = reader.whole(at);
  const size_t end = is_in(n, 1900, 2999) ? reader.word(n.end, Word::kYearMark) : 0;
  if (end != 0) *year = static_cast<int>(n.value);
  return end;
}

// 八月, 正月. `is_lunar` is set where only the Chinese calendar says so.
size_t read_zh_month(Reader& reader, size_t at, int* month, bool* is_lunar) {
  int32_t value = 0;
  if (const size_t end = reader.word(at, Word::kLunarMonth, &value)) return *month = value, *is_lunar = true, end;
  const Number n = reader.whole(at);
  const size_t end = is_in(n, 1, 12) && n.form != Form::kEn ? reader.word(n.end, Word::kMonthMark) : 0;
  if (end != 0) *month = static_cast<int>(n.value);
  return end;
}

// 十五号, 初五, 十五. `is_marked`: 号 or 日 was said.
size_t read_zh_day(Reader& reader, size_t at, int* day, bool* is_marked, bool* is_lunar) {
  const size_t first = reader.word(at, Word::kLunarDay);
  const Number n = reader.whole(first == 0 ? at : first);
  if (!is_in(n, 1, first == 0 ? 31 : 10) || n.form == Form::kEn || reader.skip(at) != at) return 0;
  *day = static_cast<int>(n.value);
  if (first != 0) return *is_lunar = true, n.end;
  const size_t end = reader.word(n.end, Word::kDayMark);
  *is_marked = end != 0;
  if (end != 0) return end;
  // 三月五个人, 三月五点: another thing is counted.
  for (const Word w : {Word::kCounter, Word::kClock, Word::kTimeUnit, Word::kDegree, Word::kPercent})
    if (reader.word(n.end, w) != 0) return 0;
  return n.end;
}

// [2026年] [农历] 八月 [十五[号]]
DatePart read_zh_date(Context& context, size_t at) {
  Reader& reader = context.reader;
  int year = 0, month = 0, day = 0;
  bool is_lunar = false, is_marked = false;
  const size_t after_year = read_year(context, at, &year);
  size_t begin = after_year == 0 ? at : after_year;
  if (const size_t lunar = reader.word(begin, Word::kLunar)) begin = lunar, is_lunar = true;
  const size_t after_month = read_zh_month(reader, begin, &month, &is_lunar);
  DatePart out;
  if (after_month == 0) {
    if (after_year == 0 || begin != after_year || reader.word(at, Word::kZhPeriod) != 0) return out;
    out.end = after_year;
    out.precision = SOTTO_UNIT_YEAR;
    out.add(days_of({year, 1, 1}), days_of({year + 1, 1, 1}) - days_of({year, 1, 1}));
    return out;
  }
  const bool has_words = static_cast<unsigned char>(reader.text()[begin]) >= 0xE0;
  const size_t after_day = read_zh_day(reader, after_month, &day, &is_marked, &is_lunar);
  if (after_day == 0) return is_lunar ? out : whole_month(context, after_month, year, month);
  out.end = after_day;
  if (!is_lunar) add_yearly(context, year, month, day, &out);
  // 八月十五 without 号 or 日 is how days of the Chinese calendar are told as well.
  if (is_lunar || (!is_marked && has_words && day <= 30)) add_lunar(context, year, month, day, &out);
  return out.count > 0 ? out : DatePart{};
}

void add_day_of_month(const Context& context, int day, DatePart* out) {
  const int64_t now = today(context);
  Date date = date_of(now);
  if (date.day > day) date = add_months({date.year, date.month, 1}, 1);
  while (day > days_in_month(date.year, date.month)) date = add_months({date.year, date.month, 1}, 1);
  out->add(days_of({date.year, date.month, day}), 1);
}

// 15号, 下个月三号, 初五.
DatePart read_zh_day_alone(Context& context, size_t at) {
  Reader& reader = context.reader;
  int32_t value = 0;
  int day = 0;
  bool is_marked = false, is_lunar = false;
  DatePart out;
  const size_t month = reader.word(at, Word::kZhPeriod, &value);
  if (month != 0 && (value & 15) != SOTTO_UNIT_MONTH) return out;
  const size_t end = read_zh_day(reader, month == 0 ? at : month, &day, &is_marked, &is_lunar);
  if (end == 0 || (!is_marked && month == 0) || is_lunar || reader.word(end, Word::kNotDay) != 0) return out;
  if (month != 0) {
    const Date date = date_of(today(context));
    Date first = add_months({date.year, date.month, 1}, value / 16 - 8);
    first.day = day;
    if (!is_date(first) || (!is_marked && day < 10)) return out;
    out.add(days_of(first), 1);
  } else {
    add_day_of_month(context, day, &out);
    out.is_bare_day = true;
  }
  out.day_number = day;
  out.end = end;
  return out;
}

// "march", or "may" where something says that it is the month.
size_t read_en_month(Reader& reader, size_t at, bool is_led, int* month) {
  int32_t value = 0;
  size_t end = reader.word(at, Word::kMonthWord, &value);
  if (end == 0 && is_led) end = reader.word(at, Word::kMonthVerb, &value);
  if (end != 0) *month = value;
  return end;
}

// "3rd", "third", "twenty-first", "3"; `is_ordinal` for all but the last.
size_t read_en_day(Reader& reader, size_t at, int* day, bool* is_ordinal) {
  int32_t value = 0, more = 0;
  *is_ordinal = true;
  size_t end = 0;
  if ((end = reader.word(at, Word::kTens, &value)) != 0 && (end = reader.word(end, Word::kOrdinal, &more)) != 0 && more < 10) {
    *day = value + more;
  } else if ((end = reader.word(at, Word::kOrdinal, &value)) != 0 || (end = reader.word(at, Word::kOrdinalTens, &value)) != 0) {
    *day = value;
  } else {
    const Number n = reader.whole(at);
    if (!is_in(n, 1, 31) || n.form == Form::kZh) return 0;
    const size_t suffix =
        n.form == Form::kDigits && reader.skip(n.end) == n.end ? reader.word(n.end, Word::kOrdinalMark, &value) : 0;
    *is_ordinal = suffix != 0 && value > 1;
    *day = static_cast<int>(n.value);
    end = *is_ordinal ? suffix : n.end;
    if (!*is_ordinal && letter_at(reader.text(), end)) return 0;
  }
  return *day >= 1 && *day <= 31 ? end : 0;
}

// ", 2027" behind a day.
size_t read_year_behind(Reader& reader, size_t at, int* year) {
  const std::string_view text = reader.text();
  const size_t from = at < text.size() && text[at] == ',' ? at + 1 : at;
  const Number n = reader.whole(from);
  if (!is_in(n, 1900, 2999) || n.form != Form::kDigits || n.length != 4) return at;
  *year = static_cast<int>(n.value);
  return n.end;
}

// "May 3rd", "May the third, 2027", "in May".
DatePart read_month_first(Context& context, size_t at) {
  Reader& reader = context.reader;
  DatePart out;
  int month = 0, day = 0, year = 0;
  bool is_ordinal = false;
  int32_t which = 0;
  const size_t next = reader.word(at, Word::kThisNext, &which);
  const size_t end = read_en_month(reader, next == 0 ? at : next, true, &month);
  if (end == 0) return out;
  const size_t the = reader.word(end, Word::kThe);
  const size_t after_day = read_en_day(reader, the == 0 ? end : the, &day, &is_ordinal);
  if (after_day != 0 && next == 0 && (the == 0 || is_ordinal) && day <= 31 && reader.word(after_day, Word::kTimeUnit) == 0) {
    out.end = read_year_behind(reader, after_day, &year);
    add_yearly(context, year, month, day, &out);
    if (out.count > 0) return out;
  }
  out = DatePart{};
  const bool is_led = next != 0 || reader.word_before(at, Word::kGlue) || reader.word_before(at, Word::kAt);
  if (read_en_month(reader, next == 0 ? at : next, is_led, &month) == 0) return out;
  const size_t behind = read_year_behind(reader, end, &year);
  const int here = date_of(today(context)).year;
  if (next != 0 && which < 0) year = date_of(today(context)).month > month ? here : here - 1;
  return whole_month(context, behind, year, month);
}

// "the 3rd of May", "3 May 2027", "the 3rd".
DatePart read_day_first(Context& context, size_t at) {
  Reader& reader = context.reader;
  DatePart out;
  int month = 0, day = 0, year = 0;
  bool is_ordinal = false;
  const size_t the = reader.word(at, Word::kThe);
  const size_t end = read_en_day(reader, the == 0 ? at : the, &day, &is_ordinal);
  if (end == 0) return out;
  const size_t of = reader.word(end, Word::kOf);
  size_t after_month = read_en_month(reader, of == 0 ? end : of, true, &month);
  // "3 may" may go on as a sentence.
  if (after_month != 0 && !is_ordinal && of == 0 && reader.word(end, Word::kMonthVerb) != 0 &&
      !reader.clause_ends(after_month) && read_year_behind(reader, after_month, &year) == after_month)
    after_month = 0;
  if (after_month != 0) {
    out.end = read_year_behind(reader, after_month, &year);
    add_yearly(context, year, month, day, &out);
    return out.count > 0 ? out : DatePart{};
  }
  // Digits, so that "the first lamp" and "the second" stay what they are.
  int digit = 0;
  const bool has_the = the != 0 || reader.word_before(at, Word::kThe);
  if (!has_the || !is_ordinal || digit_at(reader.text(), reader.skip(the == 0 ? at : the), &digit) == 0) return out;
  int32_t is_only_the = 0;
  const bool is_on = reader.word_before(at, Word::kGlue, &is_only_the) && is_only_the == 0;
  if (!is_on && !reader.clause_ends(end) && reader.word(end, Word::kAt) == 0) return out;  // "the 3rd lamp"
  out.end = end;
  out.is_bare_day = !is_on;
  out.day_number = day;
  add_day_of_month(context, day, &out);
  return out;
}

// 2026-12-01, 2026/12/1.
DatePart read_written(Context& context, size_t at) {
  Reader& reader = context.reader;
  const std::string_view text = reader.text();
  DatePart out;
  int parts[3] = {0, 0, 0};
  char mark = 0;
  for (int i = 0; i < 3; ++i) {
    int digit = 0;
    size_t digits = 0;
    for (; at < text.size() && is_digit(static_cast<unsigned char>(text[at])) && digits < 5; ++at, ++digits) {
      digit_at(text, at, &digit);
      parts[i] = parts[i] * 10 + digit;
    }
    if (digits == 0 || digits > (i == 0 ? 4u : 2u)) return out;
    if (i == 2) break;
    if (at >= text.size() || (text[at] != '-' && text[at] != '/') || (mark != 0 && text[at] != mark)) return out;
    mark = text[at++];
  }
  const Date date{parts[0], parts[1], parts[2]};
  const bool has_clock = at + 1 < text.size() && text[at] == 'T' && is_digit(static_cast<unsigned char>(text[at + 1]));
  if (parts[0] < 1900 || !is_date(date) || (letter_at(text, at) && !has_clock)) return out;
  out.end = has_clock ? at + 1 : at;
  out.add(days_of(date), 1);
  return out;
}

DatePart read_holiday(Context& context, size_t at) {
  Reader& reader = context.reader;
  int year = 0;
  int32_t value = 0;
  const size_t after_year = read_year(context, at, &year);
  DatePart out;
  out.end = reader.word(after_year == 0 ? at : after_year, Word::kHoliday, &value);
  if (out.end == 0) return out;
  const int month = value / 100 % 100, day = value % 100;
  if (value < 10000)
    add_yearly(context, year, month, day, &out);
  else
    add_lunar(context, year, month, day, &out);
  return out.count > 0 ? out : DatePart{};
}

}  // namespace

DatePart read_month_day(Context& context, size_t at) {
  DatePart best;
  for (const auto rule : {read_zh_date, read_zh_day_alone, read_month_first, read_day_first, read_written, read_holiday}) {
    const DatePart found = rule(context, at);
    if (found.end > best.end) best = found;
  }
  return best;
}

}  // namespace sotto::values

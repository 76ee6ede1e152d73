// clocks.cc: times of the day as clocks tell them: 七点一刻, "half past six", 18:30, "3 pm".
#include "text/values/moments.h"

namespace sotto::values {
namespace {

bool is_hour(const Number& n, int most) { return n && n.is_whole && !n.is_signed && n.value >= 0 && n.value <= most; }

// Minutes of an hour behind 点: 一刻, 半, 五分, 零五, 十五.
size_t read_zh_minutes(Reader& reader, size_t at, bool needs_mark, int* minutes) {
  int32_t value = 0;
  if (const size_t end = reader.word(at, Word::kQuarterMinutes, &value)) return *minutes = value, end;
  const Number n = reader.whole(at);
  if (!is_hour(n, 59) || n.form == Form::kEn || n.is_approximate || reader.skip(at) != at) return 0;
  if (n.is_spelled && !n.has_zero) return 0;  // 三点一四 is a number
  *minutes = static_cast<int>(n.value);
  size_t end = reader.word(n.end, Word::kTimeUnit, &value);
  if (end != 0 && value == (SOTTO_UNIT_MINUTE | kWeakUnit) && reader.skip(n.end) == n.end) return end;
  if (end != 0 || needs_mark || (n.value < 10 && !n.has_zero) || reader.word(n.end, Word::kCounter) != 0) return 0;
  return n.end;
}

// 七点 [钟|整|半|一刻|十五[分[三十秒]]|过五分|差五分]
void read_zh_behind(Reader& reader, int hour, ClockPart* out) {
  int minutes = 0;
  int32_t sign = 1;
  size_t end = 0;
  const size_t half = reader.word(out->end, Word::kHalf);
  if (half != 0 && reader.word(half, Word::kTimeUnit) == 0 && reader.word(half, Word::kCounter) == 0) {
    out->end = half;
    return out->add(hour, 30);
  }
  if ((end = reader.word(out->end, Word::kExact)) != 0) {
    out->end = end;
    return out->add(hour, 0);
  }
  if ((end = reader.word(out->end, Word::kPast, &sign)) != 0 && (end = read_zh_minutes(reader, end, true, &minutes)) != 0) {
    out->end = end;
    return sign > 0 ? out->add(hour, minutes) : out->add(hour == 0 ? 23 : hour - 1, 60 - minutes);
  }
  if ((end = read_zh_minutes(reader, out->end, false, &minutes)) == 0) return out->add(hour, 0);
  out->end = end;
  const Number seconds = reader.whole(end);
  int32_t unit = 0;
  const size_t mark = is_hour(seconds, 59) ? reader.word(seconds.end, Word::kTimeUnit, &unit) : 0;
  out->has_seconds = mark != 0 && unit == SOTTO_UNIT_SECOND;
  if (out->has_seconds) out->end = mark;
  out->add(hour, minutes, out->has_seconds ? static_cast<int>(seconds.value) : 0);
}

// 差一刻八点
ClockPart read_zh_before(Reader& reader, size_t at) {
  ClockPart out;
  int32_t sign = 0, kind = 0;
  int minutes = 0;
  size_t end = reader.word(at, Word::kPast, &sign);
  if (end == 0 || sign > 0 || (end = read_zh_minutes(reader, end, true, &minutes)) == 0) return out;
  const Number n = reader.whole(end);
  if (!is_hour(n, 24) || n.value < 1 || minutes < 1 || (end = reader.word(n.end, Word::kClock, &kind)) == 0) return out;
  out.end = end;
  out.add(static_cast<int>(n.value) - 1, 60 - minutes);
  out.is_exact = n.value > 13;
  return out;
}

ClockPart read_zh_clock(Reader& reader, size_t at) {
  ClockPart out;
  int32_t kind = 0;
  const Number n = reader.whole(at);
  if (!n || n.form == Form::kEn || reader.word(n.end, Word::kNotClock) != 0) return out;
  out.end = reader.word(n.end, Word::kClock, &kind);
  if (out.end == 0 || reader.skip(n.end) != n.end) return ClockPart{};
  if (n.is_approximate) {  // 七八点
    if (n.to > 12 || n.to != n.value + 1) return ClockPart{};
    out.is_hour_range = out.is_approximate = true;
    out.add(static_cast<int>(n.value), 0);
    return out;
  }
  if (!is_hour(n, 24) || n.is_spelled) return ClockPart{};
  const size_t begin = out.end;
  const int hour = static_cast<int>(n.value);
  read_zh_behind(reader, hour, &out);
  const Number& decimal = reader.number(at);  // 三点零五 may be 3.05
  if (decimal.end == out.end && !decimal.is_whole) out.number = decimal.value;
  out.is_exact = hour > 12 || hour == 0 || n.has_zero;
  out.is_weak = out.end == begin && n.value == 1 && n.form == Form::kZh && kind == 1;
  return out;
}

// The end of "am" or "pm" behind `at`; 0.
size_t read_am_pm(Reader& reader, size_t at, int* noon) {
  int32_t value = 0;
  const size_t end = reader.word(at, Word::kAm, &value);
  if (end != 0) *noon = value;
  return end;
}

// Makes the hours exact where am or pm stands behind.
void read_half_of_day(Reader& reader, ClockPart* out) {
  int noon = 0;
  const size_t end = read_am_pm(reader, out->end, &noon);
  if (end == 0) return;
  for (int i = 0; i < out->count; ++i)
    if (out->options[i].hour > 12) return;
  for (int i = 0; i < out->count; ++i) out->options[i].hour = out->options[i].hour % 12 + noon;
  const size_t sharp = reader.word(end, Word::kExact);
  out->end = sharp == 0 ? end : sharp;
  out->is_exact = true;
  out->is_bare = false;
  out->is_noon = noon == 12;
  out->number = -1;
}

int two_digits(std::string_view text, size_t at, size_t* end) {
  int high = 0, low = 0, more = 0;
  size_t next = digit_at(text, at, &high);
  if (next == 0 || (next = digit_at(text, next, &low)) == 0 || digit_at(text, next, &more) != 0) return -1;
  *end = next;
  return high * 10 + low;
}

size_t colon_at(std::string_view text, size_t at) {
  if (at < text.size() && text[at] == ':') return at + 1;
  return text.substr(at < text.size() ? at : text.size(), 3) == "：" ? at + 3 : 0;
}

// 18:30[:15]; 7.30 with am or pm.
ClockPart read_digital(Reader& reader, size_t at) {
  const std::string_view text = reader.text();
  ClockPart out;
  const Number n = reader.whole(at);
  if (!is_hour(n, 24) || n.form != Form::kDigits || n.length > 2) return out;
  size_t end = 0;
  const size_t colon = colon_at(text, n.end);
  const bool is_dot = colon == 0 && n.end < text.size() && text[n.end] == '.';
  if (colon == 0 && !is_dot) return out;
  const int minute = two_digits(text, colon != 0 ? colon : n.end + 1, &end);
  if (minute < 0 || minute > 59 || (n.value == 24 && minute != 0)) return out;
  out.end = end;
  int second = 0;
  if (const size_t more = is_dot ? 0 : colon_at(text, end)) {
    second = two_digits(text, more, &end);
    out.has_seconds = second >= 0 && second <= 59;
    if (!out.has_seconds) return ClockPart{};
    out.end = end;
  }
  out.add(static_cast<int>(n.value), minute, second);
  out.is_exact = n.value > 12 || n.value == 0 || n.has_zero;
  read_half_of_day(reader, &out);
  if (out.end == end && is_dot) return ClockPart{};
  return out;
}

// An hour in words or digits, 1 to 12.
size_t read_en_hour(Reader& reader, size_t at, int* hour) {
  const Number n = reader.whole(at);
  if (!is_hour(n, 12) || n.form == Form::kZh || n.value < 1 || n.is_approximate || n.has_zero) return 0;
  if (n.form == Form::kDigits && letter_at(reader.text(), n.end)) return 0;
  *hour = static_cast<int>(n.value);
  return n.end;
}

// "half past six", "quarter to seven", "ten minutes past nine", "twenty to eight", "half seven".
ClockPart read_past(Reader& reader, size_t at) {
  ClockPart out;
  int32_t value = 0, sign = 0;
  int hour = 0, minutes = 0;
  const size_t article = reader.word(at, Word::kArticle);
  size_t end = reader.word(article == 0 ? at : article, Word::kQuarter, &value);
  const size_t half = reader.word(at, Word::kHalf);
  if (half != 0) {
    minutes = 30;
    if ((end = read_en_hour(reader, half, &hour)) != 0 && static_cast<unsigned char>(reader.text()[reader.skip(at)]) < 0x80) {
      out.end = end;  // British: half past seven; elsewhere half an hour before
      out.add(hour - 1, 30);
      out.add(hour, 30);
      read_half_of_day(reader, &out);
      return out;
    }
    end = half;
  } else if (end != 0 && value == 4) {
    minutes = 15;
  } else {
    const Number n = reader.whole(at);
    if (!is_hour(n, 59) || n.value < 1 || n.form == Form::kZh || n.is_approximate) return out;
    minutes = static_cast<int>(n.value);
    end = reader.word(n.end, Word::kTimeUnit, &value);
    if (end != 0 && value != SOTTO_UNIT_MINUTE) return out;
    if (end == 0 && (minutes % 5 != 0 || minutes > 30 || reader.word_before(at, Word::kNotOne))) return out;
    if (end == 0) end = n.end;
  }
  if ((end = reader.word(end, Word::kPast, &sign)) == 0 || (sign < 0 && minutes == 30)) return out;
  if ((end = read_en_hour(reader, end, &hour)) == 0) return out;
  if (reader.word(end, Word::kPercent) != 0 || reader.word(end, Word::kDegree) != 0 || reader.word(end, Word::kTimeUnit) != 0)
    return out;
  out.end = end;
  if (const size_t clock = reader.word(end, Word::kExact)) out.end = clock;
  out.add(sign > 0 ? hour : hour - 1, sign > 0 ? minutes : 60 - minutes);
  read_half_of_day(reader, &out);
  return out;
}

// "six oh five", "seven thirty": an hour and minutes in words.
size_t read_en_minutes(Reader& reader, size_t at, int* minutes) {
  int32_t value = 0;
  size_t end = reader.word(at, Word::kPhoneDigit, &value);
  if (end == 0 && (end = reader.word(at, Word::kUnit, &value)) != 0 && value != 0) end = 0;
  if (end != 0 && value == 0) {
    if ((end = reader.word(end, Word::kUnit, &value)) == 0 || value > 9) return 0;
    return *minutes = value, end;
  }
  const Number n = reader.whole(at);
  if (!is_hour(n, 59) || n.form != Form::kEn || n.value < 10 || n.is_approximate) return 0;
  for (const Word w : {Word::kTimeUnit, Word::kPercent, Word::kDegree, Word::kScale})
    if (reader.word(n.end, w) != 0) return 0;
  *minutes = static_cast<int>(n.value);
  return n.end;
}

// "6 30 am": minutes in digits behind a blank, where am or pm follows.
size_t read_spaced_minutes(Reader& reader, const Number& hour, int* minutes) {
  size_t end = 0;
  int noon = 0;
  const size_t at = reader.skip(hour.end);
  if (hour.form != Form::kDigits || at == hour.end || hour.value < 1 || hour.value > 12) return 0;
  *minutes = two_digits(reader.text(), at, &end);
  return *minutes >= 0 && *minutes <= 59 && read_am_pm(reader, end, &noon) != 0 ? end : 0;
}

// "7", "seven o'clock", "7 pm", "seven thirty".
ClockPart read_en_clock(Reader& reader, size_t at, bool is_expected) {
  ClockPart out;
  int32_t value = 0;
  if ((out.end = reader.word(at, Word::kFixedClock, &value)) != 0) {
    out.add(value / 60, value % 60);
    out.is_exact = true;
    return out;
  }
  const Number n = reader.whole(at);
  if (!is_hour(n, 24) || n.form == Form::kZh || n.is_approximate || n.length > 2 * (n.form == Form::kDigits ? 1 : 2))
    return out;
  const int hour = static_cast<int>(n.value);
  int minutes = 0, noon = 0;
  out.end = n.end;
  if (const size_t end = reader.word(n.end, Word::kExact)) {
    out.end = end;
    out.add(hour, 0);
    out.is_exact = hour > 12 || hour == 0;
  } else if (const size_t more =
                 n.form == Form::kEn && hour >= 1 && hour <= 12 ? read_en_minutes(reader, n.end, &minutes) : 0) {
    out.end = more;
    out.add(hour, minutes);
    if (!is_expected) out.number = hour * 100 + minutes;
  } else if (const size_t spaced = read_spaced_minutes(reader, n, &minutes)) {
    out.end = spaced;
    out.add(hour, minutes);
  } else if (hour <= 12 && read_am_pm(reader, n.end, &noon) != 0) {
    out.add(hour, 0);
  } else {
    if (n.form == Form::kDigits && letter_at(reader.text(), n.end)) return ClockPart{};
    out.add(hour, 0);
    out.is_bare = true;
    out.is_exact = hour > 12 || hour == 0 || n.has_zero;
  }
  read_half_of_day(reader, &out);
  return out;
}

}  // namespace

ClockPart read_clock(Reader& reader, size_t at, bool is_expected) {
  ClockPart best = read_en_clock(reader, at, is_expected);
  for (const auto rule : {read_zh_before, read_zh_clock, read_digital, read_past}) {
    const ClockPart found = rule(reader, at);
    if (found.end > best.end) best = found;
  }
  if (best.end == 0) return best;
  if (const size_t end = reader.word(best.end, Word::kOrSo)) {
    best.end = end;
    best.is_approximate = true;
  }
  return best;
}

const DayPartRow& row_of(DayPart part) {
  static constexpr DayPartRow kRows[] = {{0, 6}, {6, 12}, {11, 13}, {12, 18}, {17, 19}, {18, 24}, {23, 29}, {0, 24}};
  return kRows[static_cast<size_t>(part)];
}

}  // namespace sotto::values

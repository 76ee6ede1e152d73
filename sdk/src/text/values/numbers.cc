// numbers.cc: numbers in digits, Chinese numerals and English words. Chinese after the reading of sections of four powers
// (个 to 千) below 万 and 亿; a digit at the end counts the next lower power (三万五 is 35000) unless a 零 stands before it.
#include <algorithm>
#include <cmath>

#include "text/values/reader.h"

namespace sotto::values {
namespace {

constexpr int kMostDigits = 15;    // what a double holds exactly
constexpr size_t kMostParts = 32;  // numerals or words of one number; longer runs are none
constexpr double kMostValue = 1e15;

// Digits, with thousands between commas. 0 digits: none, or too many.
struct Digits {
  size_t end = 0;
  double value = 0;
  int count = 0;
  bool has_zero = false;
};

Digits read_digits(std::string_view text, size_t at) {
  Digits out;
  int digit = 0;
  for (size_t end; (end = digit_at(text, at, &digit)) != 0; at = end) {
    if (++out.count > kMostDigits) return {};
    if (out.count == 1) out.has_zero = digit == 0;
    out.value = out.value * 10 + digit;
    out.end = end;
  }
  return out;
}

// "1,234,567": the groups behind the first.
void read_groups(std::string_view text, Digits* digits) {
  if (digits->count == 0 || digits->count > 3) return;
  while (digits->end < text.size() && text[digits->end] == ',') {
    const Digits group = read_digits(text, digits->end + 1);
    if (group.count != 3 || digits->count + 3 > kMostDigits) return;
    digits->value = digits->value * 1000 + group.value;
    digits->count += 3;
    digits->end = group.end;
  }
}

// A Chinese number in the making.
struct Sections {
  double total = 0;      // of the sections that 万 or 亿 closed
  double section = 0;    // of this one
  double digit = -1;     // not yet in a power; -1: none
  double low = 1e18;     // the last power of this section
  double closed = 1e18;  // the last 万 or 亿
  double shorthand = 0;  // what a digit at the end counts; 0: one
  double pair = -1;      // 两三: the second digit

  double value(double last) const {
    return total + section + (last < 0 ? 0 : shorthand != 0 && last < 10 ? last * shorthand : last);
  }
};

bool add_power(double power, Sections* s) {
  if (power >= 10000) {
    const double held = s->section + std::max(s->digit, 0.0);
    if (held == 0 || (power >= s->closed && s->total > 0 && power <= 10000)) return false;
    s->total = power > s->closed ? (s->total + held) * power : s->total + held * power;
    s->closed = std::min(s->closed, power);
    s->section = 0;
    s->low = power;
  } else {
    if (power >= s->low && s->low < 10000) return false;
    if (s->digit < 0 && power != 10) return false;
    s->section += std::max(s->digit, s->digit < 0 ? 1.0 : 0.0) * power;
    s->low = power;
  }
  s->shorthand = s->low >= 100 ? s->low / 10 : 0;
  s->digit = -1;
  return s->total + s->section < kMostValue;
}

// 一三八: digits one by one, at least two.
Number read_spelled(Reader& reader, size_t at) {
  Number out;
  out.form = Form::kZh;
  int32_t digit = 0;
  while (out.length <= kMostDigits) {
    const size_t end = skip_blanks(reader.text(), at) == at ? reader.word(at, Word::kDigit, &digit) : 0;
    if (end == 0) break;
    if (out.length == 0) out.has_zero = digit == 0;
    out.value = out.value * 10 + digit;
    ++out.length;
    out.end = at = end;
  }
  if (out.length < 2 || out.length > kMostDigits) return {};
  out.is_spelled = true;
  out.to = out.value;
  return out;
}

// 三四(十): neighbours, said as an estimate. 二三 at the end of a longer number too.
Number read_pair(Reader& reader, size_t at) {
  int32_t first = 0, second = 0, power = 1;
  size_t end = reader.word(at, Word::kDigit, &first);
  if (end == 0 || first < 1 || skip_blanks(reader.text(), end) != end) return {};
  if ((end = reader.word(end, Word::kDigit, &second)) == 0 || second != first + 1) return {};
  int32_t more = 0;
  if (reader.word(end, Word::kDigit, &more) != 0) return {};
  Number out;
  out.form = Form::kZh;
  out.end = end;
  if ((end = reader.word(end, Word::kPower, &power)) != 0) out.end = end;
  out.value = static_cast<double>(first) * power;
  out.to = static_cast<double>(second) * power;
  out.length = 2;
  out.is_approximate = true;
  return out;
}

Number read_zh(Reader& reader, size_t at) {
  const std::string_view text = reader.text();
  if (Number pair = read_pair(reader, at)) return pair;
  if (Number spelled = read_spelled(reader, at)) {
    int32_t power = 0;
    if (reader.word(spelled.end, Word::kPower, &power) == 0) return spelled;
    // 二零二六 with a power behind is none; 零 before a digit is read below.
    if (!spelled.has_zero || spelled.length > 2) return {};
  }
  Sections s;
  Number out;
  out.form = Form::kZh;
  bool has_power = false;
  for (; out.length < kMostParts; ++out.length) {
    int32_t value = 0;
    size_t end = 0;
    if (out.length > 0 && skip_blanks(text, at) != at) break;
    if ((end = reader.word(at, Word::kPower, &value)) != 0) {
      if (!add_power(value, &s)) break;
      has_power = true;
    } else if ((end = reader.word(at, Word::kDigit, &value)) != 0) {
      if (value == 0 && out.length > 0) {
        s.shorthand = 0;
        s.low = 1000;  // what follows is below; 一万零五百
        if (reader.word(end, Word::kDigit) == 0 && reader.word(end, Word::kPower) == 0) break;
      } else if (s.digit >= 0 && !(s.digit == 0 && out.length == 1)) {
        break;
      } else {
        out.has_zero = out.has_zero || (value == 0 && out.length == 0);
        s.digit = value;
      }
    } else if (const Digits digits = read_digits(text, at); digits.count > 0 && s.digit < 0 && (out.length == 0 || has_power)) {
      s.digit = digits.value;
      end = digits.end;
      out.has_zero = out.length == 0 && digits.has_zero && digits.count > 1;
    } else {
      break;
    }
    out.end = at = end;
  }
  if (out.length == kMostParts) return {};
  out.value = out.to = s.value(s.digit);
  return out;
}

// One to 99 in words; 0 and "oh" only where `with_zero`.
size_t read_below_hundred(Reader& reader, size_t at, double* value) {
  int32_t first = 0, second = 0;
  if (const size_t end = reader.word(at, Word::kUnit, &first)) return *value = first, end;
  const size_t end = reader.word(at, Word::kTens, &first);
  if (end == 0) return 0;
  *value = first;
  const size_t more = reader.word(end, Word::kUnit, &second);
  if (more == 0 || second < 1 || second > 9) return end;
  *value += second;
  return more;
}

// "two hundred and five thousand and one"; also digits before a scale: "3 million".
Number read_en(Reader& reader, size_t at, const Digits& digits) {
  Number out;
  out.form = Form::kEn;
  double total = 0, group = -1, last_scale = 1e18;
  int32_t scale = 0;
  if (digits.count > 0) {
    if (reader.word(digits.end, Word::kScale) == 0) return {};
    group = digits.value;
    out.end = at = digits.end;
  }
  for (; out.length < kMostParts; ++out.length) {
    size_t end = 0, from = at;
    double part = 0;
    if (group >= 0 && (end = reader.word(at, Word::kScale, &scale)) != 0) {
      if (scale == 100 || scale == 12) {
        if (group >= 100) break;
        group *= scale;
      } else {
        if (scale >= last_scale) break;
        total += group * scale;
        group = -1;
        last_scale = scale;
      }
    } else {
      if (out.length > 0 && (end = reader.word(at, Word::kAnd)) != 0) from = end;
      if ((end = read_below_hundred(reader, from, &part)) != 0) {
        if (group >= 0 && (group < 100 || std::fmod(group, 100) != 0 || part == 0)) break;
        if (group < 0 && total > 0 && part == 0) break;
        group = std::max(group, 0.0) + part;
      } else if (out.length == 0 && (end = reader.word(at, Word::kArticle)) != 0 && reader.word(end, Word::kScale) != 0) {
        group = 1;
      } else {
        break;
      }
    }
    out.end = at = end;
    if (total > kMostValue) return {};
  }
  if (out.end == 0 || out.length == kMostParts) return {};
  out.value = out.to = total + std::max(group, 0.0);
  return out;
}

// ".25" behind a whole number in digits; a second point makes it a version or an address.
bool read_decimals(std::string_view text, Number* n) {
  if (n->form == Form::kDigits && n->end + 1 < text.size() && text[n->end] == '.') {
    const Digits digits = read_digits(text, n->end + 1);
    if (digits.count == 0) return n->end + 1 >= text.size() || !is_digit(static_cast<unsigned char>(text[n->end + 1]));
    if (digits.end + 1 < text.size() && text[digits.end] == '.' && is_digit(static_cast<unsigned char>(text[digits.end + 1])))
      return false;
    n->value += digits.value / std::pow(10.0, digits.count);
    n->end = digits.end;
    n->is_whole = false;
  }
  return true;
}

// 点五, "point five" behind a number in words.
void read_spoken_decimals(Reader& reader, Number* n) {
  const bool is_zh = n->form == Form::kZh;
  int32_t digit = 0;
  const size_t point = is_zh ? reader.word(n->end, Word::kClock, &digit) : reader.word(n->end, Word::kPoint);
  if (point == 0 || (is_zh && digit != 1) || n->is_approximate) return;
  if (is_zh && reader.word(point, Word::kQuarterMinutes) != 0) return;  // 七点一刻
  size_t at = point;
  double value = 0, place = 1;
  int count = 0;
  for (size_t end; count < 8; ++count, at = end) {
    int written = 0;
    end = reader.word(at, is_zh ? Word::kDigit : Word::kUnit, &digit);
    if (end == 0 && (end = digit_at(reader.text(), at, &written)) != 0) digit = written;
    if (end == 0 || digit > 9) break;
    value = value * 10 + digit;
    place *= 10;
  }
  if (count == 0) return;
  if (is_zh && reader.word(at, Word::kPower, &digit) != 0 && digit < 10000) return;  // 三点五十: a time
  n->value += value / place;
  n->end = at;
  n->is_whole = false;
}

// 万 behind decimals: 三点五万, 1.5亿.
void read_big_power(Reader& reader, Number* n) {
  int32_t power = 0;
  const size_t end = reader.word(n->end, Word::kPower, &power);
  if (end == 0 || power < 10000 || n->is_whole || n->value * power > kMostValue) return;
  n->value *= power;
  n->end = end;
}

// "two and a half".
void read_and_half(Reader& reader, Number* n) {
  int32_t part = 0;
  size_t end = reader.word(n->end, Word::kAnd);
  if (end == 0) return;
  double count = 1;
  size_t next = reader.word(end, Word::kArticle);
  if (next == 0 && (next = reader.word(end, Word::kUnit, &part)) != 0) count = part;
  if (next == 0) return;
  if ((end = reader.word(next, Word::kHalf)) != 0)
    part = 2;
  else if ((end = reader.word(next, Word::kQuarter, &part)) == 0 || part < 3)
    return;
  if (count >= part) return;
  n->value += count / part;
  n->end = end;
  n->is_whole = false;
}

Number read_fuzzy(Reader& reader, size_t at) {
  int32_t value = 0;
  Number out;
  out.end = reader.word(at, Word::kFuzzy, &value);
  if (out.end == 0) return out;
  out.form = static_cast<unsigned char>(reader.text()[reader.skip(at)]) < 0x80 ? Form::kEn : Form::kZh;
  const int32_t low = value / 100, high = value % 100;
  out.value = low;
  out.to = high;
  out.length = 1;
  out.is_approximate = true;
  return out;
}

}  // namespace

size_t digit_at(std::string_view text, size_t at, int* value) {
  if (at >= text.size()) return 0;
  const auto c = static_cast<unsigned char>(text[at]);
  if (is_digit(c)) return *value = c - '0', at + 1;
  if (c != 0xEF || at + 2 >= text.size() || static_cast<unsigned char>(text[at + 1]) != 0xBC) return 0;
  const int full = static_cast<unsigned char>(text[at + 2]) - 0x90;
  return full >= 0 && full <= 9 ? (*value = full, at + 3) : 0;
}

Number read_whole(Reader& reader, size_t at) {
  const std::string_view text = reader.text();
  Digits digits = read_digits(text, at);
  if (digits.count == 0 && !reader.lexemes(at).count) return {};
  if (digits.count == 0) {
    if (Number fuzzy = read_fuzzy(reader, at)) return fuzzy;
    if (Number zh = read_zh(reader, at)) return zh;
    return read_en(reader, at, digits);
  }
  // 3万5: digits before a power, if no decimals stand between.
  if (reader.word(digits.end, Word::kPower) != 0) return read_zh(reader, at);
  read_groups(text, &digits);
  if (Number en = read_en(reader, at, digits)) return en;
  Number out;
  out.end = digits.end;
  out.value = out.to = digits.value;
  out.length = static_cast<uint8_t>(digits.count);
  out.has_zero = digits.has_zero && digits.count > 1;
  return out;
}

Number read_number(Reader& reader, size_t at) {
  const std::string_view text = reader.text();
  int32_t sign = 1;
  size_t begin = at;
  if (const size_t end = reader.word(at, Word::kSign, &sign)) {
    const bool is_mark = end == at + 1;  // "-5": close to the digit, and nothing close before it
    int digit = 0;
    if (is_mark && (digit_at(text, end, &digit) == 0 ||
                    (at > 0 && (is_digit(static_cast<unsigned char>(text[at - 1])) || letter_before(text, at)))))
      return {};
    begin = end;
  }
  Number n = reader.whole(begin);
  if (!n) return n;
  if (!read_decimals(text, &n)) return {};
  if (n.form != Form::kDigits || !n.is_whole) {
    if (n.is_whole) read_spoken_decimals(reader, &n);
    read_big_power(reader, &n);
  }
  int32_t scale = 0;
  if (const size_t end = n.form == Form::kDigits && !n.is_whole ? reader.word(n.end, Word::kScale, &scale) : 0) {
    n.value *= scale;
    n.end = end;
  }
  if (n.is_whole && !n.is_approximate && begin == at) read_and_half(reader, &n);
  if (!n.is_approximate) n.to = n.value;
  if (begin != at) {
    if (n.is_approximate) return {};
    n.value = n.to = sign * n.value;
    n.is_signed = true;
  }
  return n;
}

}  // namespace sotto::values

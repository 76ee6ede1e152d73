// quantities.cc: numbers by themselves, ordinals, percent, temperatures, colour temperatures.
#include <cmath>

#include "text/values/rules.h"

namespace sotto::values {
namespace {

void set_flags(const Quantity& q, sotto_value* value) {
  if (q.is_approximate) value->flags |= SOTTO_VALUE_APPROXIMATE;
  if (q.is_range) value->flags |= SOTTO_VALUE_RANGE;
}

// 百分之四十, 千分之五, 四分之三, 三分之一.
bool find_zh_fraction(Reader& reader, size_t at, Readings* out) {
  int32_t whole = 0;
  size_t end = reader.word(at, Word::kPercentOf, &whole);
  if (end == 0) {
    const Number below = reader.whole(at);
    if (!below || below.form != Form::kZh || below.value < 2 || below.is_approximate) return false;
    if ((end = reader.word(below.end, Word::kFractionOf)) == 0) return false;
    whole = static_cast<int32_t>(below.value > 1e6 ? 0 : below.value);
  }
  const Number above = reader.number(end);
  if (!above || whole == 0) return false;
  out->end = above.end;
  const bool is_percent = whole == 100;
  const double scale = is_percent ? 1 : whole;
  out->add(number_value(is_percent ? SOTTO_VALUE_PERCENT : SOTTO_VALUE_NUMBER, above.value / scale, above.to / scale));
  if (above.is_approximate) out->items[0].flags |= SOTTO_VALUE_APPROXIMATE;
  return true;
}

// 三成, 七成五; not 三成功.
bool find_tenths(Reader& reader, size_t at, Readings* out) {
  const Number n = reader.whole(at);
  if (!n || n.form == Form::kEn || n.value < 1 || n.to > 10 || n.value != std::floor(n.value)) return false;
  if (reader.word(n.end, Word::kNotTenths) != 0) return false;
  size_t end = reader.word(n.end, Word::kTenths);
  if (end == 0 || reader.skip(n.end) != n.end) return false;
  int32_t digit = 0;
  const size_t more = reader.word(end, Word::kDigit, &digit);
  const bool has_more = more != 0 && digit > 0 && !n.is_approximate && reader.skip(end) == end;
  out->end = has_more ? more : end;
  out->add(number_value(SOTTO_VALUE_PERCENT, n.value * 10 + (has_more ? digit : 0), n.to * 10 + (has_more ? digit : 0)));
  if (n.is_approximate) out->items[0].flags |= SOTTO_VALUE_APPROXIMATE | SOTTO_VALUE_RANGE;
  return true;
}

// "three quarters", "two thirds"; "a third" needs an "of", a change or an end before and behind it.
bool find_en_fraction(Context& context, size_t at, Readings* out) {
  Reader& reader = context.reader;
  int32_t count = 1, parts = 0;
  const size_t article = reader.word(at, Word::kArticle);
  const size_t after = article != 0 ? article : reader.word(at, Word::kUnit, &count);
  if (after == 0) return false;
  const size_t end = reader.word(after, Word::kQuarter, &parts);
  if (end == 0 || count >= parts || reader.word(end, Word::kPast) != 0 || reader.word(end, Word::kTimeUnit) != 0) return false;
  const bool is_plural = reader.text()[end - 1] == 's';
  if (!is_plural && !reader.word_before(at, Word::kTo) && !reader.word_before(at, Word::kByWord) &&
      reader.word(end, Word::kOf) == 0)
    return false;
  out->end = end;
  out->add(number_value(SOTTO_VALUE_NUMBER, static_cast<double>(count) / parts));
  return true;
}

bool is_alone(const Reader& reader, size_t begin, size_t end) { return reader.clause_begins(begin) && reader.clause_ends(end); }

// "half", where it is no part of a name: at the end of "to half", or alone.
bool find_half(Context& context, size_t at, Readings* out) {
  Reader& reader = context.reader;
  if (const size_t whole = reader.word(at, Word::kPercentWhole, nullptr)) {
    int32_t value = 0;
    reader.word(at, Word::kPercentWhole, &value);
    out->end = whole;
    out->add(number_value(SOTTO_VALUE_PERCENT, value));
    return true;
  }
  const size_t end = reader.word(at, Word::kHalf);
  if (end == 0 || !is_letter(static_cast<unsigned char>(reader.text()[at]))) return false;
  if (!reader.clause_ends(end) ||
      !(reader.clause_begins(at) || reader.word_before(at, Word::kTo) || reader.word_before(at, Word::kByWord)))
    return false;
  out->end = end;
  out->add(number_value(SOTTO_VALUE_PERCENT, 50));
  return true;
}

}  // namespace

void find_percent(Context& context, size_t at, Readings* out) {
  Reader& reader = context.reader;
  const Quantity q = read_quantity(reader, at, [&](const Number& n) { return reader.word(n.end, Word::kPercent); });
  Readings best, other;
  if (q.end != 0) {
    best.end = q.end;
    best.add(number_value(SOTTO_VALUE_PERCENT, q.low, q.high));
    set_flags(q, &best.items[0]);
  }
  for (const auto rule : {find_zh_fraction, find_tenths}) {
    other = Readings{};
    if (rule(reader, at, &other) && other.end > best.end) best = other;
  }
  for (const auto rule : {find_en_fraction, find_half}) {
    other = Readings{};
    if (rule(context, at, &other) && other.end > best.end) best = other;
  }
  *out = best;
}

void find_temperature(Context& context, size_t at, Readings* out) {
  Reader& reader = context.reader;
  int32_t scale = 0, unit = 0;
  const size_t name = reader.word(at, Word::kScaleName, &scale);
  size_t begin = name == 0 ? at : name;
  const size_t freezing = reader.word(begin, Word::kFreezing);
  if (freezing != 0) begin = freezing;
  const auto unit_at = [&](const Number& n) -> size_t {
    size_t end = n.end;
    unit = SOTTO_UNIT_DEGREE;
    if (const size_t counter = reader.word(n.end, Word::kCounter)) end = counter;  // 降个两度, 两个度
    int32_t found = 0;
    if (const size_t behind = reader.word(n.end, Word::kScaleName, &found)) {  // "70 fahrenheit", 26摄氏度
      const size_t degree = reader.word(behind, Word::kDegree);
      unit = found;
      return degree == 0 ? behind : degree;
    }
    const size_t degree = reader.word(end, Word::kDegree, &unit);
    if (degree == 0) {
      if (const size_t below = reader.word(n.end, Word::kBelow)) return below;
      return freezing != 0 || name != 0 ? n.end : 0;
    }
    if (const size_t behind = reader.word(degree, Word::kScaleName, &found)) return unit = found, behind;
    return degree;
  };
  Quantity q = read_quantity(reader, begin, unit_at);
  if (q.end == 0 || unit == 0) return;
  // 二十六度五, 零下五
  int32_t digit = 0;
  const size_t more = q.low == q.high && reader.word(at, Word::kDegree) == 0 ? reader.word(q.end, Word::kDigit, &digit) : 0;
  if (more != 0 && digit > 0 && q.low == std::floor(q.low) && reader.word(more, Word::kCounter) == 0 &&
      reader.word(more, Word::kClock) == 0 && reader.word(more, Word::kPower) == 0 && reader.word(more, Word::kTimeUnit) == 0) {
    q.low = q.high = q.low + digit / 10.0;
    q.end = more;
  }
  if (const size_t half = q.low == q.high && q.low == std::floor(q.low) ? reader.word(q.end, Word::kHalf) : 0) {
    if (ideograph_at(reader.text(), q.end)) q = {half, q.low + 0.5, q.low + 0.5, q.is_approximate, false};  // 二十三度半
  }
  const bool is_below = reader.word_before(q.end, Word::kBelow);
  const size_t below = is_below ? q.end : reader.word(q.end, Word::kBelow);
  if (below != 0) q = {below, -q.high, -q.low, q.is_approximate, q.is_range};
  if (scale != 0) unit = scale;
  if (freezing != 0) q = {q.end, -q.high, -q.low, q.is_approximate, q.is_range};
  out->end = q.end;
  out->add(number_value(SOTTO_VALUE_TEMPERATURE, q.low, q.high, static_cast<uint32_t>(unit)));
  set_flags(q, &out->items[0]);
}

void find_light(Context& context, size_t at, Readings* out) {
  Reader& reader = context.reader;
  int32_t kelvin = 0;
  if ((out->end = reader.word(at, Word::kLight, &kelvin)) != 0) {
    out->add(number_value(SOTTO_VALUE_LIGHT, kelvin, kelvin, SOTTO_UNIT_KELVIN));
    out->items[0].flags |= SOTTO_VALUE_APPROXIMATE;
    return;
  }
  const Quantity q = read_quantity(reader, at, [&](const Number& n) { return reader.word(n.end, Word::kKelvin); });
  if (q.end == 0 || q.low < 1000 || q.high > 20000) return;
  out->end = q.end;
  out->add(number_value(SOTTO_VALUE_LIGHT, q.low, q.high, SOTTO_UNIT_KELVIN));
  set_flags(q, &out->items[0]);
}

void find_ordinal(Context& context, size_t at, Readings* out) {
  Reader& reader = context.reader;
  int32_t value = 0, more = 0;
  size_t end = 0;
  if ((end = reader.word(at, Word::kLast, &value)) != 0) {
    out->end = end;
    return out->add(number_value(SOTTO_VALUE_ORDINAL, value));
  }
  if ((end = reader.word(at, Word::kOrdinalMark, &value)) != 0 && (value == 1 || value == -1)) {
    const Number n = reader.whole(end);
    if (!n || n.is_approximate || n.form == Form::kEn) return;
    out->end = n.end;
    return out->add(number_value(SOTTO_VALUE_ORDINAL, value * n.value));
  }
  if ((end = reader.word(at, Word::kTens, &value)) != 0 && (end = reader.word(end, Word::kOrdinal, &more)) != 0 && more < 10) {
    out->end = end;
    out->is_shared = true;
    return out->add(number_value(SOTTO_VALUE_ORDINAL, value + more));
  }
  if ((end = reader.word(at, Word::kOrdinal, &value)) != 0 || (end = reader.word(at, Word::kOrdinalTens, &value)) != 0) {
    if (reader.word_before(at, Word::kArticle) && value > 2) return;  // "a third" is a part
    out->end = end;
    return out->add(number_value(SOTTO_VALUE_ORDINAL, value));
  }
  const Number n = reader.whole(at);
  if (!n || n.form != Form::kDigits || reader.skip(n.end) != n.end) return;
  if ((end = reader.word(n.end, Word::kOrdinalMark, &value)) == 0 || value < 2) return;
  out->end = end;
  out->add(number_value(SOTTO_VALUE_ORDINAL, n.value));
}

namespace {

// A single Chinese numeral is a letter of many words; it is a number before a counter, behind 到 and its like, or alone.
bool is_single_number(Context& context, size_t at, const Number& n) {
  Reader& reader = context.reader;
  if (reader.word(n.end, Word::kCounter) != 0 || reader.word_before(at, Word::kNumberBefore)) return true;
  return !ideograph_before(reader.text(), at) && !ideograph_at(reader.text(), n.end);
}

// "one" stands for a thing in "this one".
bool is_pronoun(Context& context, size_t at) {
  Reader& reader = context.reader;
  return reader.word_before(at, Word::kNotOne) ||
         (!reader.word_before(at, Word::kNumberBefore) && !reader.clause_begins(at) && reader.clause_ends(at + 3));
}

bool is_standing_alone(const std::string_view text, size_t at, size_t end) {
  if (at > 0 && (is_digit(static_cast<unsigned char>(text[at - 1])) || text[at - 1] == '.' || text[at - 1] == ':'))
    return false;
  if (at >= 2 && (text[at - 1] == '/' || text[at - 1] == '-') && is_digit(static_cast<unsigned char>(text[at - 2])))
    return false;
  if (letter_at(text, end)) return false;
  const std::string_view behind = text.substr(end, 2);
  return behind.size() < 2 || (behind[0] != ':' && behind[0] != '/' && behind[0] != '-') ||
         !is_digit(static_cast<unsigned char>(behind[1]));
}

// What was asked for, by a number alone.
void add_expected(const Context& context, const Number& n, Readings* out) {
  static constexpr struct {
    uint32_t kind, unit;
  } kRows[] = {{SOTTO_VALUE_PERCENT, 0},
               {SOTTO_VALUE_TEMPERATURE, SOTTO_UNIT_DEGREE},
               {SOTTO_VALUE_ORDINAL, 0},
               {SOTTO_VALUE_LEVEL, SOTTO_UNIT_STEP}};
  for (const auto& row : kRows)
    if (row.kind == context.expect && !(n.is_signed && row.kind == SOTTO_VALUE_TEMPERATURE))
      out->add(number_value(row.kind, n.value, n.to, row.unit));
}

}  // namespace

void find_number(Context& context, size_t at, Readings* out) {
  Reader& reader = context.reader;
  const Number n = reader.number(at);
  const std::string_view text = reader.text();
  if (!n) return;
  size_t end = n.end;
  if (n.form == Form::kDigits && !is_standing_alone(text, at, end)) return;
  const bool is_asked = context.expect != 0 && is_alone(reader, at, end);
  if (n.form == Form::kZh && n.length == 1 && n.is_whole && !n.is_signed && !is_asked && !is_single_number(context, at, n))
    return;
  if (n.form == Form::kZh && n.is_approximate && !is_asked && reader.word(end, Word::kCounter) == 0 && n.to < 10) return;
  if (n.form == Form::kEn && n.value == 1 && n.length == 1 && !is_asked && is_pronoun(context, at)) return;
  const bool is_half_thing =
      n.form == Form::kEn && n.is_approximate && reader.clause_begins(at) && reader.clause_ends(end) && !is_asked;
  if (is_half_thing) return;
  out->end = end;
  const bool is_half = n.form == Form::kZh && n.length == 1 && reader.word(end, Word::kCounter) != 0 &&
                       reader.word(reader.word(end, Word::kCounter), Word::kHalf) != 0;
  out->add(number_value(SOTTO_VALUE_NUMBER, n.value + (is_half ? 0.5 : 0), n.to + (is_half ? 0.5 : 0)));
  if (is_half) out->end = reader.word(reader.word(end, Word::kCounter), Word::kHalf);
  if (n.is_approximate) out->items[0].flags |= SOTTO_VALUE_APPROXIMATE;
  if (n.to != n.value) out->items[0].flags |= SOTTO_VALUE_RANGE;
  if (n.is_signed && n.value < 0) out->add(number_value(SOTTO_VALUE_TEMPERATURE, n.value, n.value, SOTTO_UNIT_DEGREE));
  add_expected(context, n, out);
}

}  // namespace sotto::values

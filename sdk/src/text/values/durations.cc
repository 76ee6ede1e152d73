// durations.cc: lengths of time, from 半小时 to "2 hours and 15 minutes".
#include <algorithm>
#include <cmath>

#include "text/values/rules.h"

namespace sotto::values {
namespace {

constexpr int kMostParts = 4;
constexpr double kMostSeconds = 1e11;  // 3000 years
constexpr double kUnitSeconds[] = {0, 1, 60, 3600, 86400, 604800};

struct Unit {
  size_t end = 0;
  uint32_t unit = 0;   // SOTTO_UNIT_*
  double seconds = 0;  // of one, or 0 for months and years
  double months = 0;
  int32_t flags = 0;
};

// The unit behind a count that ends at `at`. Chinese puts 个 before some.
Unit unit_at(Reader& reader, size_t at, bool behind_digits) {
  Unit out;
  int32_t value = 0;
  if ((out.end = reader.word(at, Word::kLongUnit, &value)) != 0) {
    out.unit = SOTTO_UNIT_MINUTE;
    out.seconds = value;
    if (value >= kUnitSeconds[SOTTO_UNIT_DAY]) out.unit = SOTTO_UNIT_DAY;
    return out;
  }
  if ((out.end = reader.word(at, Word::kTimeUnit, &value)) == 0) return out;
  out.flags = value & ~15;
  if ((value & kTightUnit) != 0 && (!behind_digits || reader.skip(at) != at)) return {};
  out.unit = static_cast<uint32_t>(value & 15);
  if (out.unit == SOTTO_UNIT_MONTH)
    out.months = 1;
  else if (out.unit == SOTTO_UNIT_YEAR)
    out.months = 12;
  else
    out.seconds = kUnitSeconds[out.unit];
  return out;
}

// A count of one unit with its halves.
struct Part {
  size_t end = 0;
  double low = 0, high = 0;
  Unit unit;
  bool is_approximate = false;
  bool is_range = false;
  int ordinal = 0;
};

// 半小时, 半个小时, "half an hour", "a quarter of an hour", "three quarters of an hour".
Part read_fraction(Reader& reader, size_t at) {
  Part out;
  int32_t count = 1, parts = 2;
  size_t end = reader.word(at, Word::kArticle);
  if (end == 0 && reader.word(at, Word::kHalf) == 0 && (end = reader.word(at, Word::kUnit, &count)) == 0) end = reader.skip(at);
  if (end == 0) end = reader.skip(at);
  size_t next = reader.word(end, Word::kHalf);
  if (next == 0 && (next = reader.word(end, Word::kQuarter, &parts)) == 0) return out;
  if (const size_t of = reader.word(next, Word::kOf)) next = of;
  if (const size_t counter = reader.word(next, Word::kCounter)) next = counter;
  if (const size_t article = reader.word(next, Word::kArticle))
    next = article;
  else if (const size_t the = reader.word(next, Word::kThe))
    next = the;
  out.unit = unit_at(reader, next, false);
  if (out.unit.end == 0 || count >= parts) return out;
  out.end = out.unit.end;
  out.low = out.high = static_cast<double>(count) / parts;
  return out;
}

bool is_year_name(const Number& n) { return n.is_whole && (n.is_spelled || n.value >= 1000) && n.value < 10000; }

Part read_counted(Reader& reader, size_t at) {
  Part out;
  bool has_counter = false, has_half = false, in_words = false, is_tens = false;
  const auto unit = [&](const Number& n) -> size_t {
    size_t end = reader.word(n.end, Word::kCounter);
    has_counter = end != 0;
    if (end == 0) end = n.end;
    const size_t half = n.form == Form::kEn ? 0 : reader.word(end, Word::kHalf);
    has_half = half != 0 && (has_counter || n.form != Form::kDigits);
    if (has_half) end = half;
    out.unit = unit_at(reader, end, n.form == Form::kDigits && end == n.end);
    const bool is_zh_month = out.unit.unit == SOTTO_UNIT_MONTH && !has_counter && reader.text()[out.unit.end - 1] != 's' &&
                             static_cast<unsigned char>(reader.text()[out.unit.end - 1]) >= 0x80;
    if (out.unit.end == 0 || is_zh_month || (out.unit.unit == SOTTO_UNIT_YEAR && is_year_name(n))) return 0;
    in_words = n.form == Form::kEn;
    is_tens = n.is_whole && n.value >= 20 && n.value < 100 && std::fmod(n.value, 10) == 0;
    return out.unit.end;
  };
  Quantity q = read_quantity(reader, at, unit);
  if (q.end == 0) {
    const size_t article = reader.word(at, Word::kArticle);
    if (article == 0) return out;
    out.unit = unit_at(reader, article, false);
    if (out.unit.end == 0) return out;
    q = {out.unit.end, 1, 1, false, false};
    if ((out.unit.flags & kOrdinalUnit) != 0) out.ordinal = 2;
  }
  if (q.low < 0) return out;
  out.end = q.end;
  out.low = q.low + (has_half ? 0.5 : 0);
  out.high = q.high + (has_half ? 0.5 : 0);
  out.is_approximate = q.is_approximate;
  out.is_range = q.is_range;
  if ((out.unit.flags & kOrdinalUnit) != 0 && in_words && is_tens && q.low == q.high) out.ordinal = static_cast<int>(q.low) + 2;
  return out;
}

// 两分半, "an hour and a half". A half hour behind "past" belongs to a clock.
void read_half_behind(Reader& reader, Part* part) {
  size_t end = reader.word(part->end, Word::kAnd);
  const bool is_en = end != 0;
  if (is_en && (end = reader.word(end, Word::kArticle)) == 0) return;
  end = reader.word(is_en ? end : part->end, Word::kHalf);
  if (end == 0 || (!is_en && reader.skip(part->end) != part->end) || part->low != std::floor(part->low)) return;
  if (!is_en && static_cast<unsigned char>(reader.text()[part->end]) < 0x80) return;
  part->low += 0.5;
  part->high += 0.5;
  part->end = end;
}

Part read_part(Reader& reader, size_t at) {
  Part fraction = read_fraction(reader, at);
  Part counted = read_counted(reader, at);
  Part out = counted.end >= fraction.end ? counted : fraction;
  if (out.end != 0) read_half_behind(reader, &out);
  return out;
}

bool joins(const Unit& before, const Unit& next) { return next.unit < before.unit && (before.months > 0) == (next.months > 0); }

void add(const Part& part, Duration* out) {
  out->seconds += part.low * part.unit.seconds;
  out->seconds_to += part.high * part.unit.seconds;
  out->months += part.low * part.unit.months;
  out->months_to += part.high * part.unit.months;
  out->is_approximate = out->is_approximate || part.is_approximate;
  out->is_range = out->is_range || part.is_range;
  out->is_whole_days = out->is_whole_days && part.unit.unit >= SOTTO_UNIT_DAY;
  out->end = part.end;
}

// Half a month is no number of months: 15 days; half a year is six.
void settle_months(Duration* d) {
  if (d->months == std::floor(d->months) && d->months_to == std::floor(d->months_to)) return;
  const double whole = std::floor(d->months);
  if (whole == 0) {
    d->seconds = d->seconds_to = 15 * kUnitSeconds[SOTTO_UNIT_DAY];
    d->months = d->months_to = 0;
  } else {
    d->months = whole;
    d->months_to = whole + 1;
  }
  d->is_approximate = true;
}

}  // namespace

Duration read_duration(Reader& reader, size_t at) {
  Duration out;
  Part part = read_part(reader, at);
  if (part.end == 0) return out;
  // "m" and 分 by themselves may be metres and points.
  const bool is_metre = (part.unit.flags & (kWeakUnit | kTightUnit)) == (kWeakUnit | kTightUnit);
  out.is_weak = (part.unit.flags & kWeakUnit) != 0 && part.end == part.unit.end;
  out.ordinal = part.ordinal;
  add(part, &out);
  int parts = 1;
  for (; parts < kMostParts; ++parts) {
    size_t from = out.end;
    if (from < reader.text().size() && reader.text()[from] == ',') ++from;
    if (const size_t end = reader.word(from, Word::kAnd)) from = end;
    const Part next = read_part(reader, from);
    if (next.end == 0 || !joins(part.unit, next.unit)) break;
    part = next;
    add(part, &out);
    out.is_weak = false;
    out.ordinal = 0;
  }
  if ((is_metre && parts == 1) || out.seconds_to > kMostSeconds || out.months_to > 36000) return {};
  settle_months(&out);
  return out;
}

void find_duration(Context& context, size_t at, Readings* out) {
  const Duration d = read_duration(context.reader, at);
  if (d.end == 0) return;
  out->end = d.end;
  sotto_value value = d.months > 0 ? number_value(SOTTO_VALUE_DURATION, d.months, d.months_to, SOTTO_UNIT_MONTH)
                                   : number_value(SOTTO_VALUE_DURATION, d.seconds, d.seconds_to, SOTTO_UNIT_SECOND);
  if (d.is_approximate) value.flags |= SOTTO_VALUE_APPROXIMATE;
  if (d.is_range) value.flags |= SOTTO_VALUE_RANGE;
  out->add(value);
  if (d.is_weak) {
    sotto_value points = number_value(SOTTO_VALUE_NUMBER, d.seconds / 60, d.seconds_to / 60);
    points.flags = value.flags;
    out->add(points);
  }
  if (d.ordinal != 0) out->add(number_value(SOTTO_VALUE_ORDINAL, d.ordinal));
}

}  // namespace sotto::values

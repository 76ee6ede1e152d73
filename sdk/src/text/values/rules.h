// rules.h: the rules that find values, one for each kind or a few. A rule looks at one place of a text and says how far its
// value reaches and in which ways it can be meant.
#pragma once

#include "sotto/values.h"
#include "text/values/reader.h"

namespace sotto::values {

// What one rule found: readings of one span.
struct Readings {
  static constexpr uint32_t kMost = 8;

  size_t end = 0;          // 0: nothing
  bool is_shared = false;  // another rule's readings of the same length are as good
  uint32_t count = 0;
  sotto_value items[kMost];

  void add(const sotto_value& value) {
    if (count < kMost) items[count++] = value;
  }
};

struct Context {
  Reader& reader;
  bool has_clock;
  int64_t now;     // local time, seconds
  int64_t offset;  // of local time from UTC, seconds
  uint32_t expect;
  // The last word of a change, as "raise", in this clause: 1, -1, or 0.
  int direction = 0;
};

sotto_value number_value(uint32_t kind, double number, double to, uint32_t unit = SOTTO_UNIT_NONE);
inline sotto_value number_value(uint32_t kind, double number) { return number_value(kind, number, number); }

using Rule = void (*)(Context& context, size_t at, Readings* out);
void find_time(Context& context, size_t at, Readings* out);
void find_duration(Context& context, size_t at, Readings* out);
void find_percent(Context& context, size_t at, Readings* out);
void find_temperature(Context& context, size_t at, Readings* out);
void find_light(Context& context, size_t at, Readings* out);
void find_change(Context& context, size_t at, Readings* out);
void find_color(Context& context, size_t at, Readings* out);
void find_level(Context& context, size_t at, Readings* out);
void find_phone(Context& context, size_t at, Readings* out);
void find_ordinal(Context& context, size_t at, Readings* out);
void find_number(Context& context, size_t at, Readings* out);

// A length of time: of seconds, or of months where no number of seconds is right.
struct Duration {
  size_t end = 0;  // 0: there is none
  double seconds = 0, seconds_to = 0;
  double months = 0, months_to = 0;
  bool is_approximate = false;
  bool is_range = false;
  bool is_weak = false;       // 五分: five minutes, or points
  bool is_whole_days = true;  // days, weeks, months, years: from now it is a date
  int ordinal = 0;            // "twenty second" may be the 22nd
};
Duration read_duration(Reader& reader, size_t at);

// One or two numbers before a unit: "20 to 30", 两三.
struct Quantity {
  size_t end = 0;
  double low = 0, high = 0;
  bool is_approximate = false;
  bool is_range = false;
};
// `unit_at(end)` says where the unit behind a number ends, or 0; `end` of the result is behind the unit.
template <class UnitAt>
Quantity read_quantity(Reader& reader, size_t at, UnitAt unit_at) {
  const Number first = reader.number(at);
  if (!first) return {};
  if (const size_t end = unit_at(first)) return {end, first.value, first.to, first.is_approximate, first.to != first.value};
  const size_t between = reader.word(first.end, Word::kUntil);
  if (between == 0) return {};
  const Number second = reader.number(between);
  if (!second || second.value <= first.value) return {};
  const size_t end = unit_at(second);
  return end == 0 ? Quantity{} : Quantity{end, first.value, second.to, first.is_approximate || second.is_approximate, true};
}

}  // namespace sotto::values

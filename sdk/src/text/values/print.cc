// print.cc: the normal form of a value as one line of text; the grammar stands in docs/models.md (Values).
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>

#include <fmt/format.h>

#include "text/values/parser.h"

namespace sotto::values {
namespace {

constexpr const char* kKinds[] = {"?",        "number", "ordinal", "percent", "temperature", "light",
                                  "duration", "time",   "amount",  "color",   "level",       "phone"};
constexpr const char* kUnits[] = {"",     "second", "minute", "hour", "day", "week", "month",
                                  "year", "part",   "",       "C",    "F",   "K",    ""};
constexpr const char* kAmounts[] = {"?", "bit", "some", "lot"};
constexpr const char* kLevels[] = {"off", "min", "low", "medium", "high", "max"};
constexpr const char* kWeekdays[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

// A row of a table of names; the value may come from outside.
template <size_t N>
const char* name_of(const char* const (&names)[N], double index) {
  return index >= 0 && index < static_cast<double>(N) ? names[static_cast<size_t>(index)] : "?";
}

std::string number_text(double v) { return fmt::format("{:.10g}", v); }

std::string seconds_text(double seconds) {
  if (!(seconds >= 0 && seconds < 1e15)) return number_text(seconds);
  const auto days = static_cast<int64_t>(seconds / 86400);
  double rest = seconds - static_cast<double>(days) * 86400;
  std::string out = days > 0 ? fmt::format("P{}D", days) : "P";
  if (rest == 0 && days > 0) return out;
  out += 'T';
  const auto hours = static_cast<int>(rest / 3600), minutes = static_cast<int>((rest - hours * 3600) / 60);
  rest -= hours * 3600 + minutes * 60;
  if (hours > 0) out += fmt::format("{}H", hours);
  if (minutes > 0) out += fmt::format("{}M", minutes);
  if (rest > 0 || (hours == 0 && minutes == 0)) out += number_text(rest) + "S";
  return out;
}

std::string date_text(const sotto_moment& m) { return fmt::format("{:04}-{:02}-{:02}", m.year, m.month, m.day); }

std::string clock_text(const sotto_moment& m, bool has_seconds) {
  return has_seconds ? fmt::format("{:02}:{:02}:{:02}", m.hour, m.minute, m.second)
                     : fmt::format("{:02}:{:02}", m.hour, m.minute);
}

std::string time_text(const sotto_value& v) {
  const bool is_point = v.from.unix_seconds == v.to.unix_seconds;
  const bool has_seconds = v.precision == SOTTO_UNIT_SECOND;
  std::string out;
  if (is_point)
    out = "datetime " + date_text(v.from) + "T" + clock_text(v.from, has_seconds);
  else if (v.precision == SOTTO_UNIT_DAY && v.to.unix_seconds - v.from.unix_seconds == 86400)
    out = "date " + date_text(v.from);
  else if (v.precision >= SOTTO_UNIT_DAY && v.precision <= SOTTO_UNIT_YEAR)
    out = "dates " + date_text(v.from) + "/" + date_text(v.to);
  else
    out = "span " + date_text(v.from) + "T" + clock_text(v.from, has_seconds) + "/" + date_text(v.to) + "T" +
          clock_text(v.to, has_seconds);
  if (v.repeat_unit == 0) return out;
  out += " every " + (v.repeat_interval > 1 ? fmt::format("{} ", v.repeat_interval) : std::string()) +
         name_of(kUnits, v.repeat_unit);
  char mark = ' ';
  for (int i = 0; i < 7; ++i)
    if ((v.repeat_weekdays >> i & 1) != 0) out += mark, out += kWeekdays[i], mark = ',';
  return out;
}

std::string body_text(const sotto_value& v) {
  const std::string kind = name_of(kKinds, v.kind);
  const auto ranged = [&](auto text) {
    return v.number_to != v.number ? text(v.number) + ".." + text(v.number_to) : text(v.number);
  };
  switch (v.kind) {
    case SOTTO_VALUE_TIME:
      return time_text(v);
    case SOTTO_VALUE_DURATION:
      if (v.unit == SOTTO_UNIT_MONTH) return kind + " " + ranged([](double m) { return "P" + number_text(m) + "M"; });
      return kind + " " + ranged(seconds_text);
    case SOTTO_VALUE_AMOUNT:
      return kind + " " + name_of(kAmounts, v.number);
    case SOTTO_VALUE_COLOR:
      return fmt::format("{} #{:06x}", kind, v.color & 0xFFFFFFu);
    case SOTTO_VALUE_LEVEL:
      return kind + " " + (v.unit == SOTTO_UNIT_STEP ? number_text(v.number) : name_of(kLevels, v.number));
    case SOTTO_VALUE_PHONE:
      return kind + " " + std::string(v.text, strnlen(v.text, sizeof v.text));
    default:
      return kind + " " + ranged(number_text) + (v.kind == SOTTO_VALUE_LIGHT ? "" : name_of(kUnits, v.unit));
  }
}

}  // namespace

std::string print(const sotto_value& v) {
  std::string out = body_text(v);
  if ((v.flags & SOTTO_VALUE_RELATIVE) != 0 && v.kind != SOTTO_VALUE_TIME)
    out += v.direction > 0 ? " up" : v.direction < 0 ? " down" : " change";
  if ((v.flags & SOTTO_VALUE_APPROXIMATE) != 0 && v.kind != SOTTO_VALUE_AMOUNT) out += " about";
  return out;
}

}  // namespace sotto::values

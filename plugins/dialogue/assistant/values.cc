#include "values.h"

#include <cmath>
#include <cstdio>

#include "json_text.h"

namespace sotto::assistant {
namespace {

using Words = std::array<std::string, kLanguages>;

constexpr uint32_t bit(uint32_t kind) { return 1u << kind; }

std::string number_text(double x) {
  char text[40];
  std::snprintf(text, sizeof text, std::fabs(x) < 1e15 && x == std::floor(x) ? "%.0f" : "%.6g", x);
  return text;
}

// Makes the argument, or answers false where the value is none of the type.
using Maker = bool (*)(const sotto_value& v, std::string_view said, const Clock& clock, Value* out);

bool percent(const sotto_value& v, std::string_view, const Clock&, Value* out) {
  constexpr double kLevels[] = {0, 1, 20, 50, 80, 100};
  double x = v.number;
  if (v.kind == SOTTO_VALUE_LEVEL) {
    if (v.unit == SOTTO_UNIT_STEP || x < 0 || x > 5) return false;
    x = kLevels[static_cast<size_t>(x)];
  }
  if ((v.flags & SOTTO_VALUE_RELATIVE) != 0 || !(x >= 0 && x <= 100)) return false;
  out->json = number_text(x);
  out->words = {number_text(x) + "%", number_text(x) + "%"};
  return true;
}

bool temperature(const sotto_value& v, std::string_view, const Clock&, Value* out) {
  if ((v.flags & SOTTO_VALUE_RELATIVE) != 0) return false;
  const bool is_fahrenheit = v.kind == SOTTO_VALUE_TEMPERATURE && v.unit == SOTTO_UNIT_FAHRENHEIT;
  out->json = number_text(is_fahrenheit ? std::round((v.number - 32) * 50 / 9) / 10 : v.number);
  const std::string said = number_text(v.number);
  if (v.kind == SOTTO_VALUE_LIGHT)
    out->words = {said + "K", said + " K"};
  else
    out->words = {said + (is_fahrenheit ? "华氏度" : "度"), said + (is_fahrenheit ? " degrees Fahrenheit" : " degrees")};
  return true;
}

Words duration_words(int64_t seconds) {
  constexpr struct {
    int64_t seconds;
    const char *zh, *en;
  } kUnits[] = {{86400, "天", "day"}, {3600, "小时", "hour"}, {60, "分钟", "minute"}, {1, "秒", "second"}};
  Words words;
  for (const auto& unit : kUnits) {
    const int64_t count = seconds / unit.seconds;
    seconds %= unit.seconds;
    if (count == 0) continue;
    words[0] += std::to_string(count) + unit.zh;
    words[1] += (words[1].empty() ? "" : " ") + std::to_string(count) + " " + unit.en + (count == 1 ? "" : "s");
  }
  return words;
}

bool duration(const sotto_value& v, std::string_view said, const Clock&, Value* out) {
  if ((v.flags & SOTTO_VALUE_RELATIVE) != 0 && v.direction != 0) return false;
  constexpr double kMonth = 30.0 * 86400, kMost = 100 * 366 * 86400.0;
  const double seconds = v.unit == SOTTO_UNIT_MONTH ? v.number * kMonth : v.number;
  if (!(seconds > 0 && seconds < kMost)) return false;
  out->json = number_text(seconds);
  out->words = duration_words(static_cast<int64_t>(seconds));
  if (v.unit == SOTTO_UNIT_MONTH || out->words[0].empty()) out->words.fill(std::string(said));
  return true;
}

std::string date_text(const sotto_moment& m) {
  char text[32];
  std::snprintf(text, sizeof text, "%04d-%02u-%02u", m.year, m.month, m.day);
  return text;
}

std::string moment_text(const sotto_moment& m, bool is_date) {
  if (is_date) return date_text(m);
  char text[16];
  std::snprintf(text, sizeof text, "T%02u:%02u:%02u", m.hour, m.minute, m.second);
  return date_text(m) + text;
}

int64_t day_of(int64_t seconds, int32_t offset_minutes) {
  const int64_t local = seconds + int64_t{60} * offset_minutes;
  return local >= 0 ? local / 86400 : (local - 86399) / 86400;
}

constexpr const char* kDaysZh[] = {"周一", "周二", "周三", "周四", "周五", "周六", "周日"};
constexpr const char* kDaysEn[] = {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};
constexpr const char* kMonths[] = {"January", "February", "March",     "April",   "May",      "June",
                                   "July",    "August",   "September", "October", "November", "December"};

Words day_words(const sotto_moment& m, const Clock& clock) {
  const int64_t ahead =
      day_of(m.unix_seconds, clock.utc_offset_minutes) - day_of(clock.now_ms / 1000, clock.utc_offset_minutes);
  if (ahead == 0) return {"今天", "today"};
  if (ahead == 1) return {"明天", "tomorrow"};
  if (ahead == 2) return {"后天", "the day after tomorrow"};
  const size_t day = m.weekday >= 1 && m.weekday <= 7 ? m.weekday - 1u : 0,
               month = m.month >= 1 && m.month <= 12 ? m.month - 1u : 0;
  if (ahead > 2 && ahead < 7) return {kDaysZh[day], kDaysEn[day]};
  return {std::to_string(m.month) + "月" + std::to_string(m.day) + "日",
          std::string(kMonths[month]) + " " + std::to_string(m.day)};
}

Words hour_words(const sotto_moment& m) {
  constexpr struct {
    uint8_t until;
    const char* zh;
  } kParts[] = {{6, "凌晨"}, {12, "早上"}, {13, "中午"}, {18, "下午"}, {24, "晚上"}};
  const char* part = "";
  for (const auto& row : kParts)
    if (m.hour < row.until) {
      part = row.zh;
      break;
    }
  const unsigned hour = m.hour % 12 == 0 ? 12 : m.hour % 12;
  const std::string minute = (m.minute < 10 ? "0" : "") + std::to_string(m.minute);
  const std::string zh = part + std::to_string(m.hour == 0 ? 0 : hour) + "点" + (m.minute == 0 ? "" : minute + "分");
  const std::string en = std::to_string(hour) + (m.minute == 0 ? "" : ":" + minute) + (m.hour < 12 ? " am" : " pm");
  return {zh, en};
}

bool is_date(const sotto_value& v) { return v.precision >= SOTTO_UNIT_DAY && v.precision != SOTTO_UNIT_PART; }

bool time(const sotto_value& v, std::string_view said, const Clock& clock, Value* out) {
  const bool is_stretch = (v.flags & SOTTO_VALUE_RANGE) != 0 || v.precision == SOTTO_UNIT_PART ||
                          v.precision > SOTTO_UNIT_PART || v.precision == SOTTO_UNIT_WEEK || v.precision == SOTTO_UNIT_MONTH ||
                          v.precision == SOTTO_UNIT_YEAR;
  out->json.clear();
  const std::string from = moment_text(v.from, is_date(v));
  dialogue::append_json(is_stretch ? from + "/" + moment_text(v.to, is_date(v)) : from, &out->json);
  if (is_stretch) return out->words.fill(std::string(said)), true;
  const Words day = day_words(v.from, clock), hour = hour_words(v.from);
  if (is_date(v))
    out->words = day;
  else
    out->words = {day[0] + hour[0], (day[1] == "today" ? std::string() : day[1] + " at ") + hour[1]};
  return true;
}

bool repeat(const sotto_value& v, std::string_view said, const Clock&, Value* out) {
  if (v.repeat_unit == 0) return false;
  constexpr struct {
    uint32_t unit;
    const char* name;
  } kUnits[] = {{SOTTO_UNIT_MINUTE, "minute"}, {SOTTO_UNIT_HOUR, "hour"},   {SOTTO_UNIT_DAY, "day"},
                {SOTTO_UNIT_WEEK, "week"},     {SOTTO_UNIT_MONTH, "month"}, {SOTTO_UNIT_YEAR, "year"}};
  std::string days;
  for (unsigned day = 0; day < 7; ++day)
    if ((v.repeat_weekdays >> day & 1) != 0) days += (days.empty() ? "" : ",") + std::to_string(day + 1);
  for (const auto& row : kUnits)
    if (row.unit == v.repeat_unit)
      out->json = std::string("{\"unit\":\"") + row.name + "\",\"interval\":" + std::to_string(v.repeat_interval) +
                  ",\"weekdays\":[" + days + "]}";
  out->words.fill(std::string(said));
  return !out->json.empty();
}

// A change: {"number": 10, "unit": "percent"}; "bit", "some" and "lot" are units of one.
bool amount(const sotto_value& v, std::string_view said, const Clock&, Value* out) {
  constexpr struct {
    const char *unit, *zh, *en;
  } kVague[] = {{"bit", "一点", "a bit"}, {"bit", "一点", "a bit"}, {"some", "一些", "some"}, {"lot", "很多", "a lot"}};
  constexpr struct {
    uint32_t kind;
    const char* unit;
  } kUnits[] = {{SOTTO_VALUE_PERCENT, "percent"},
                {SOTTO_VALUE_TEMPERATURE, "degree"},
                {SOTTO_VALUE_DURATION, "second"},
                {SOTTO_VALUE_LEVEL, "step"},
                {SOTTO_VALUE_NUMBER, "number"}};
  out->words.fill(std::string(said));
  if (v.kind == SOTTO_VALUE_AMOUNT) {
    const auto which = static_cast<size_t>(v.number >= 1 && v.number <= 3 ? v.number : 1);
    out->json = std::string("{\"number\":1,\"unit\":\"") + kVague[which].unit + "\"}";
    out->words = {kVague[which].zh, kVague[which].en};
    return true;
  }
  for (const auto& row : kUnits)
    if (row.kind == v.kind) {
      if (v.kind == SOTTO_VALUE_LEVEL && v.unit != SOTTO_UNIT_STEP) return false;
      out->json = "{\"number\":" + number_text(std::fabs(v.number)) + ",\"unit\":\"" + row.unit + "\"}";
      if (v.kind == SOTTO_VALUE_DURATION && v.unit == SOTTO_UNIT_SECOND)
        out->words = duration_words(static_cast<int64_t>(std::fabs(v.number)));
      if (v.kind == SOTTO_VALUE_PERCENT) out->words.fill(number_text(std::fabs(v.number)) + "%");
      if (v.kind == SOTTO_VALUE_TEMPERATURE)
        out->words = {number_text(std::fabs(v.number)) + "度", number_text(std::fabs(v.number)) + " degrees"};
      return true;
    }
  return false;
}

bool color(const sotto_value& v, std::string_view said, const Clock&, Value* out) {
  char text[16];
  std::snprintf(text, sizeof text, "\"#%06x\"", v.color & 0xFFFFFFu);
  out->json = text;
  out->words.fill(std::string(said));
  return true;
}

bool number(const sotto_value& v, std::string_view, const Clock&, Value* out) {
  if (v.kind == SOTTO_VALUE_PHONE) {
    out->json.clear();
    dialogue::append_json(v.text, &out->json);
    out->words.fill(v.text);
  } else {
    out->json = number_text(v.number);
    out->words.fill(number_text(v.number));
  }
  return true;
}

constexpr uint32_t kNumberBit = bit(SOTTO_VALUE_NUMBER);
constexpr struct {
  SlotType type;
  uint32_t kinds;        // that are looked for
  uint32_t asked_kinds;  // further ones where the type was asked for
  uint32_t expect;
  Maker make;
} kTypes[] = {
    {SlotType::kPercent, bit(SOTTO_VALUE_PERCENT) | bit(SOTTO_VALUE_LEVEL), kNumberBit, SOTTO_VALUE_PERCENT, percent},
    {SlotType::kTemperature, bit(SOTTO_VALUE_TEMPERATURE) | bit(SOTTO_VALUE_LIGHT), kNumberBit, SOTTO_VALUE_TEMPERATURE,
     temperature},
    {SlotType::kDuration, bit(SOTTO_VALUE_DURATION), 0, SOTTO_VALUE_DURATION, duration},
    {SlotType::kTime, bit(SOTTO_VALUE_TIME), 0, SOTTO_VALUE_TIME, time},
    {SlotType::kRepeat, bit(SOTTO_VALUE_TIME), 0, 0, repeat},
    {SlotType::kAmount,
     bit(SOTTO_VALUE_AMOUNT) | bit(SOTTO_VALUE_PERCENT) | bit(SOTTO_VALUE_TEMPERATURE) | bit(SOTTO_VALUE_DURATION) |
         bit(SOTTO_VALUE_LEVEL),
     kNumberBit, 0, amount},
    {SlotType::kColor, bit(SOTTO_VALUE_COLOR), 0, SOTTO_VALUE_COLOR, color},
    {SlotType::kNumber, kNumberBit | bit(SOTTO_VALUE_PHONE) | bit(SOTTO_VALUE_ORDINAL), 0, 0, number},
};

}  // namespace

bool is_typed(SlotType type) {
  for (const auto& row : kTypes)
    if (row.type == type) return true;
  return false;
}

Value text_value(std::string_view words) {
  Value value;
  const std::string plain = plain_text(words, 2000);
  dialogue::append_json(plain, &value.json);
  value.words.fill(plain);
  return value;
}

std::vector<Reading> ValueReader::read(std::string_view text, SlotType type, Language language, bool is_asked) const {
  std::vector<Reading> readings;
  for (const auto& row : kTypes) {
    if (row.type != type) continue;
    sotto_values_options options{};
    options.struct_size = sizeof options;
    options.language = language == Language::kZh ? SOTTO_VALUES_ANY : SOTTO_VALUES_EN;  // Chinese takes in English words
    options.now_unix_ms = clock_.now_ms;
    options.utc_offset_minutes = clock_.utc_offset_minutes;
    options.expect = is_asked || type == SlotType::kTime ? row.expect : 0;
    options.kinds = row.kinds | (is_asked ? row.asked_kinds : 0);
    const auto values = fetch<sotto_value>(16, [&](sotto_value* into, uint64_t capacity, uint64_t* count, sotto_error* err) {
      return services_.values->parse(str(text), &options, into, sizeof(sotto_value), capacity, count, err);
    });
    uint32_t group = SOTTO_NONE;
    for (const sotto_value& v : values) {
      Value made;
      if (v.begin > v.end || v.end > text.size()) continue;
      const size_t begin = static_cast<size_t>(v.begin), end = static_cast<size_t>(v.end);
      if (!row.make(v, text.substr(begin, end - begin), clock_, &made)) continue;
      made.begin = begin;
      made.end = end;
      if (group != v.group || readings.empty()) readings.emplace_back();
      group = v.group;
      std::vector<Value>& same = readings.back().values;
      bool is_new = true;
      for (const Value& other : same) is_new = is_new && other.json != made.json;
      if (is_new) same.push_back(std::move(made));
    }
  }
  return readings;
}

}  // namespace sotto::assistant

#include "reasons.h"

#include <iterator>

namespace sotto::recommendation {
namespace {

// What stands for the value in a sentence.
struct Value {
  std::string zh, en;
};

struct Row {
  ReasonKind kind;
  const char* name;
  const char* zh;  // % stands for the value
  const char* en;
};
constexpr Row kRows[] = {
    {ReasonKind::kHour, "hour", "你常在%左右用它", "You often use it around %"},
    {ReasonKind::kDayType, "daytype", "你常在%的这个时候用它", "You often use it at this hour on %"},
    {ReasonKind::kWeekday, "weekday", "你常在%用它", "You often use it on %"},
    {ReasonKind::kPlace, "place", "你在“%”时常用它", "You often use it in the place \"%\""},
    {ReasonKind::kDevice, "device", "你常在“%”上用它", "You often use it on the device \"%\""},
    {ReasonKind::kMood, "mood", "你在差不多的时刻常用它", "You often use it in moments like this"},
    {ReasonKind::kTags, "tags", "在“%”的时候你常用它", "You often use it when it is \"%\""},
    {ReasonKind::kBefore, "before", "你用过“%”之后常用它", "You often use it after \"%\""},
    {ReasonKind::kRequest, "request", "它最接近你刚才说的话", "It is close to what you just said"},
    {ReasonKind::kExpected, "expected", "它适合现在的时间和地方", "It suits this time and place"},
    {ReasonKind::kRecent, "recent", "你最近用过它", "You have used it lately"},
    {ReasonKind::kHabit, "habit", "你经常用它", "You use it often"},
    {ReasonKind::kAlike, "alike", "它和你常用的功能相近", "It is like what you often use"},
    {ReasonKind::kPopular, "popular", "很多人喜欢它", "Many people like it"},
};

constexpr const char* kWeekdaysZh[] = {"星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日"};
constexpr const char* kWeekdaysEn[] = {"Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays"};

// The nearest full hour, as people say it.
Value hour_of(uint32_t minute) {
  struct Part {
    uint32_t until;
    const char* zh;
  };
  constexpr Part kParts[] = {{5, "凌晨"}, {8, "早上"}, {12, "上午"}, {13, "中午"}, {18, "下午"}, {24, "晚上"}};
  const uint32_t hour = (minute + 30) / 60 % 24;
  const uint32_t twelve = (hour + 11) % 12 + 1;
  const Part* part = kParts;
  while (hour >= part->until) ++part;
  const std::string number = std::to_string(hour == 0 ? 0 : twelve);
  return {part->zh + number + "点", std::to_string(twelve) + (hour < 12 ? " am" : " pm")};
}

Value value_of(ReasonKind kind, const Catalogue& catalogue, const Situation& at, uint32_t before) {
  const LocalTime local = local_time(at.unix_ms, at.utc_offset_minutes);
  switch (kind) {
    case ReasonKind::kHour:
      return hour_of(local.minute);
    case ReasonKind::kDayType:
      return local.is_weekend() ? Value{"周末", "weekends"} : Value{"工作日", "working days"};
    case ReasonKind::kWeekday:
      return {kWeekdaysZh[local.weekday], kWeekdaysEn[local.weekday]};
    case ReasonKind::kPlace:
      return {at.place, at.place};
    case ReasonKind::kDevice:
      return {at.device, at.device};
    case ReasonKind::kTags:
      return {join(at.tags), join(at.tags)};
    case ReasonKind::kBefore:
      if (before == kUnknownFeature) return {"一段时间没有操作", "a pause"};
      return {catalogue[before].name_zh, catalogue[before].name_en};
    case ReasonKind::kMood:
    case ReasonKind::kRequest:
    case ReasonKind::kExpected:
    case ReasonKind::kRecent:
    case ReasonKind::kHabit:
    case ReasonKind::kAlike:
    case ReasonKind::kPopular:
      return {};
  }
  return {};
}

std::string fill(const char* sentence, const std::string& value) {
  std::string text(sentence);
  if (const size_t at = text.find('%'); at != std::string::npos) text.replace(at, 1, value);
  return text;
}

}  // namespace

Reason reason_of(const Choice& choice, const Catalogue& catalogue, const Situation& at, uint32_t before) {
  const Row* row = kRows;
  while (row->kind != choice.reason && row + 1 != std::end(kRows)) ++row;
  const Value value = value_of(choice.reason, catalogue, at, before);
  return {row->name, fill(row->zh, value.zh), fill(row->en, value.en)};
}

}  // namespace sotto::recommendation

#include "clockwork.h"

#include <algorithm>
#include <cstdio>

namespace sotto::tools {
namespace {

constexpr int64_t kDay = 86400000;

int64_t days_from_1970(int year, int month, int day) {  // Hinnant 2014
  year -= month <= 2 ? 1 : 0;
  const int era = year / 400, of_era = year - era * 400;
  const int of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return int64_t{era} * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

nlohmann::json failed(const char* zh, const char* en) { return {{"error", {{"zh", zh}, {"en", en}}}}; }

std::string text_of(const nlohmann::json& arguments, const char* name) {
  const auto at = arguments.find(name);
  return at != arguments.end() && at->is_string() ? at->get<std::string>() : std::string();
}

int64_t repeat_of(const nlohmann::json& arguments) {
  const auto at = arguments.find("repeat");
  if (at == arguments.end() || !at->is_object()) return 0;
  const std::string unit = at->value("unit", "");
  return unit == "day" ? kDay : unit == "week" ? 7 * kDay : 0;
}

int64_t amount_of(const nlohmann::json& arguments) {
  const auto at = arguments.find("amount");
  if (at == arguments.end() || !at->is_object() || at->value("unit", "") != "second") return 60000;  // "a bit longer"
  return static_cast<int64_t>(at->value("number", 60.0) * 1000);
}

}  // namespace

nlohmann::json length_words(int64_t milliseconds) {
  const int64_t seconds = std::max<int64_t>(milliseconds / 1000, 0);
  const struct {
    int64_t count;
    const char *zh, *en;
  } kParts[] = {{seconds / 3600, "小时", "hour"}, {seconds / 60 % 60, "分钟", "minute"}, {seconds % 60, "秒", "second"}};
  std::string zh, en;
  for (const auto& part : kParts) {
    if (part.count == 0) continue;
    zh += std::to_string(part.count) + part.zh;
    en += (en.empty() ? "" : " ") + std::to_string(part.count) + " " + part.en + (part.count == 1 ? "" : "s");
  }
  return {{"zh", zh.empty() ? "0秒" : zh}, {"en", en.empty() ? "0 seconds" : en}};
}

Clockwork::Json Clockwork::act(const std::string& function, const Json& arguments, int64_t now_ms) {
  const size_t dot = function.find('.');
  const std::string kind = function.substr(0, dot), verb = function.substr(dot + 1);
  return kind == "timer" ? timer(verb, arguments, now_ms) : dated(kind, verb, arguments, now_ms);
}

Clockwork::Entry* Clockwork::newest_timer() {
  for (auto at = entries_.rbegin(); at != entries_.rend(); ++at)
    if (at->kind == "timer") return &*at;
  return nullptr;
}

Clockwork::Json Clockwork::timer(const std::string& verb, const Json& arguments, int64_t now_ms) {
  if (verb == "start") {
    const int64_t length = static_cast<int64_t>(arguments.value("duration", 0.0) * 1000);
    entries_.push_back({"timer", text_of(arguments, "label"), now_ms + length, length, 0, 0, false});
    return Json::object();
  }
  Entry* const newest = newest_timer();
  if (newest == nullptr) return failed("现在没有计时器", "there is no timer");
  if (verb == "cancel_all") {
    entries_.erase(std::remove_if(entries_.begin(), entries_.end(), [](const Entry& e) { return e.kind == "timer"; }),
                   entries_.end());
  } else if (verb == "cancel") {
    const int64_t length = static_cast<int64_t>(arguments.value("duration", 0.0) * 1000);
    const auto same = std::find_if(entries_.rbegin(), entries_.rend(),
                                   [&](const Entry& e) { return e.kind == "timer" && (length == 0 || e.length_ms == length); });
    if (same == entries_.rend()) return failed("没有这样的计时器", "there is no such timer");
    entries_.erase(std::next(same).base());
  } else if (verb == "increase" || verb == "decrease") {
    const int64_t change = verb == "increase" ? amount_of(arguments) : -amount_of(arguments);
    (newest->is_held ? newest->left_ms : newest->due_ms) += change;
  } else if (verb == "pause" || verb == "resume") {
    if (newest->is_held == (verb == "pause")) return failed("它已经是这样了", "it is so already");
    newest->is_held = verb == "pause";
    if (newest->is_held)
      newest->left_ms = newest->due_ms - now_ms;
    else
      newest->due_ms = now_ms + newest->left_ms;
  } else {
    return {{"result", length_words(newest->is_held ? newest->left_ms : newest->due_ms - now_ms)}};
  }
  return Json::object();
}

int64_t Clockwork::time_of(const std::string& iso) const {
  int year = 0, month = 0, day = 0, hour = 9, minute = 0, second = 0;
  if (std::sscanf(iso.c_str(), "%d-%d-%dT%d:%d:%d", &year, &month, &day, &hour, &minute, &second) < 3) return -1;
  return (((days_from_1970(year, month, day) * 24 + hour) * 60 + minute) * 60 + second) * 1000 - offset_ms_;
}

Clockwork::Json Clockwork::told(const std::vector<Entry>& entries, int64_t now_ms) const {
  std::string zh, en;
  for (const Entry& e : entries) {
    const int64_t local = e.due_ms + offset_ms_;
    char clock[16];
    std::snprintf(clock, sizeof clock, "%02d:%02d", static_cast<int>(local / 3600000 % 24),
                  static_cast<int>(local / 60000 % 60));
    const int64_t days = local / kDay - (now_ms + offset_ms_) / kDay;
    zh += (zh.empty() ? "" : "、") +
          std::string(days == 0   ? "今天"
                      : days == 1 ? "明天"
                                  : std::to_string(days) + "天后") +
          clock + e.label;
    en += (en.empty() ? "" : ", ") + (e.label.empty() ? "" : e.label + " ") +
          std::string(days == 0   ? "today"
                      : days == 1 ? "tomorrow"
                                  : "in " + std::to_string(days) + " days") +
          " at " + clock;
  }
  return {{"zh", zh}, {"en", en}};
}

Clockwork::Json Clockwork::dated(const std::string& kind, const std::string& verb, const Json& arguments, int64_t now_ms) {
  const std::string label = text_of(arguments, kind == "alarm" ? "label" : "item");
  const int64_t at = time_of(text_of(arguments, "datetime"));
  if (verb == "set") {
    if (at < 0) return failed("没有时间", "no time was given");
    entries_.push_back({kind, label, at, 0, repeat_of(arguments), 0, false});
    return Json::object();
  }
  std::vector<Entry> same;
  for (const Entry& e : entries_)
    if (e.kind == kind && (at < 0 || e.due_ms == at) && (label.empty() || e.label == label)) same.push_back(e);
  if (same.empty())
    return failed(kind == "alarm" ? "没有闹钟" : "没有提醒", kind == "alarm" ? "there is no alarm" : "there is no reminder");
  if (verb == "query") return {{"result", told(same, now_ms)}};
  entries_.erase(std::remove_if(entries_.begin(), entries_.end(),
                                [&](const Entry& e) {
                                  return e.kind == kind && e.due_ms == same.back().due_ms && e.label == same.back().label;
                                }),
                 entries_.end());
  return Json::object();
}

std::vector<Clockwork::Json> Clockwork::take_due(int64_t now_ms) {
  std::vector<Json> due;
  for (Entry& e : entries_) {
    if (e.is_held || e.due_ms > now_ms) continue;
    const Json length = length_words(e.length_ms);
    const std::string zh = length["zh"], en = length["en"];
    if (e.kind == "timer")
      due.push_back({{"zh", "时间到了：" + zh + e.label + "。"},
                     {"en", "Time is up: " + en + (e.label.empty() ? "" : " for " + e.label) + "."}});
    else if (e.kind == "alarm")
      due.push_back({{"zh", "闹钟响了。" + e.label}, {"en", "The alarm rings. " + e.label}});
    else
      due.push_back({{"zh", "提醒你：" + e.label + "。"}, {"en", "I was to remind you: " + e.label + "."}});
    e.due_ms = e.every_ms > 0 ? e.due_ms + e.every_ms : -1;
  }
  entries_.erase(std::remove_if(entries_.begin(), entries_.end(), [](const Entry& e) { return e.due_ms < 0 && !e.is_held; }),
                 entries_.end());
  return due;
}

Clockwork::Json Clockwork::state() const {
  Json list = Json::array();
  for (const Entry& e : entries_)
    list.push_back({{"kind", e.kind},
                    {"label", e.label},
                    {"due_ms", e.due_ms},
                    {"length_ms", e.length_ms},
                    {"every_ms", e.every_ms},
                    {"left_ms", e.left_ms},
                    {"held", e.is_held}});
  return list;
}

void Clockwork::restore(const Json& state) {
  std::vector<Entry> entries;
  for (const Json& e : state)
    entries.push_back({e.at("kind").get<std::string>(), e.at("label").get<std::string>(), e.at("due_ms").get<int64_t>(),
                       e.at("length_ms").get<int64_t>(), e.at("every_ms").get<int64_t>(), e.at("left_ms").get<int64_t>(),
                       e.at("held").get<bool>()});
  entries_ = std::move(entries);
}

}  // namespace sotto::tools

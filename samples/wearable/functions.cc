// functions.cc: what can be asked of the watch. Names are intents of the domain, for models whose head knows them; schemas,
// replies and examples serve every other model.
#include <cstdio>

#include "awake.h"

namespace {

constexpr const char* kTold = R"({"zh": {"done": ["{result}"]}, "en": {"done": ["{result}"]}})";
constexpr const char* kTimer =
    R"({"type": "object", "properties": {"duration": {"type": "number", "x-sotto": "duration"}}, "required": ["duration"]})";
constexpr const char* kTimerReplies = R"({"zh": {"done": ["好的，{duration}后叫你。"], "ask": {"duration": ["要多久？"]}},
  "en": {"done": ["Okay, counting down {duration}."], "ask": {"duration": ["How long?"]}}})";
constexpr const char* kReminder = R"({"type": "object", "properties": {"datetime": {"type": "string", "x-sotto": "time"},
  "item": {"type": "string"}, "repeat": {"type": "string", "x-sotto": "repeat"}}, "required": ["datetime", "item"]})";
constexpr const char* kReminderReplies =
    R"({"zh": {"done": ["好的，{datetime}提醒你{item}。"], "ask": {"datetime": ["什么时候？"], "item": ["提醒你什么？"]}},
  "en": {"done": ["Okay: {item}, {datetime}."], "ask": {"datetime": ["When?"], "item": ["Remind you of what?"]}}})";
constexpr const char* kNothing = R"({"type": "object", "properties": {}})";
constexpr const char* kDone = R"({"zh": {"done": ["好的。"]}, "en": {"done": ["Okay."]}})";

}  // namespace

nlohmann::json Watch::health(const std::string& what) const {
  const int64_t now = awake_->engine.clock.now_ms();
  if (what == "health.heart_rate") {
    if (body_.last_pulse() == 0) return failed("还没量到心率", "no pulse was measured yet");
    const std::string pulse = std::to_string(body_.last_pulse()), rest = std::to_string(body_.resting_pulse());
    return told("心率" + pulse + "，静息" + rest + "。", "Pulse " + pulse + ", resting " + rest + ".");
  }
  if (what == "health.steps") {
    const std::string steps = std::to_string(body_.steps_today(now));
    return told("今天走了" + steps + "步。", steps + " steps today.");
  }
  if (what == "health.sleep") {
    if (body_.hours_slept(now) <= 0) return failed("不知道昨晚睡了多久", "last night's sleep is not known");
    char hours[16];
    std::snprintf(hours, sizeof hours, "%g", body_.hours_slept(now));
    return told("昨晚睡了" + std::string(hours) + "小时。", "You slept " + std::string(hours) + " hours.");
  }
  return told(state_text(true), state_text(false));
}

nlohmann::json Watch::suggestion() {
  Moment moment;
  moment.tags = state().name;
  const std::vector<Offer> best = awake_->offers.rank(moment, 1);
  if (best.empty()) return failed("没有什么可建议的", "there is nothing to suggest");
  awake_->talk.open(best[0].feature, moment);
  return told("可以试试" + best[0].name_zh + "。", "You could try: " + best[0].name_en + ".");
}

nlohmann::json Watch::tell_time() const {
  const int64_t now = awake_->engine.clock.now_ms();
  char zh[32], en[32];
  const int hour = static_cast<int>(now / 3600000 % 24), minute = static_cast<int>(now / 60000 % 60);
  std::snprintf(zh, sizeof zh, "%d点%02d分。", hour, minute);
  std::snprintf(en, sizeof en, "%d:%02d.", hour, minute);
  return told(zh, en);
}

void Watch::add_functions() {
  using Arguments = const Json&;
  const auto health_of = [this](const char* name) { return [this, name](Arguments) { return health(name); }; };
  const auto clockwork = [this](const char* name) {
    return [this, name](Arguments arguments) { return clockwork_.act(name, arguments, awake_->engine.clock.now_ms()); };
  };
  for (DeviceAssistant::Function& f : std::vector<DeviceAssistant::Function>{
           {"health.heart_rate",
            "tells the pulse",
            kNothing,
            kTold,
            {"心率多少", "我的心跳", "测一下心率", "what's my heart rate", "my pulse"},
            health_of("health.heart_rate")},
           {"health.steps",
            "tells today's steps",
            kNothing,
            kTold,
            {"走了多少步", "今天的步数", "how many steps", "my steps today"},
            health_of("health.steps")},
           {"health.sleep",
            "tells how long the wearer slept",
            kNothing,
            kTold,
            {"昨晚睡了多久", "睡得怎么样", "how long did i sleep", "how was my sleep"},
            health_of("health.sleep")},
           {"health.summary",
            "tells how the wearer is, with reasons",
            kNothing,
            kTold,
            {"我今天状态怎么样", "我现在状态如何", "how am i doing", "how am i today", "my condition"},
            health_of("health.summary")},
           {"timer.start",
            "starts a timer",
            kTimer,
            kTimerReplies,
            {"{duration}倒计时", "定时{duration}", "{duration}后叫我", "timer for {duration}", "set a timer for {duration}"},
            clockwork("timer.start")},
           {"timer.cancel_all",
            "stops all timers",
            kNothing,
            kDone,
            {"取消计时", "停止倒计时", "stop the timer", "cancel the timers"},
            clockwork("timer.cancel_all")},
           {"reminder.set",
            "reminds of something",
            kReminder,
            kReminderReplies,
            {"{datetime}提醒我{item}", "提醒我{item}", "remind me to {item} at {datetime}", "remind me to {item} in {datetime}",
             "remind me to {item} on {datetime}", "remind me to {item} tomorrow", "remind me {datetime} to {item}"},
            clockwork("reminder.set")},
           {"reminder.query",
            "tells the reminders",
            kNothing,
            kTold,
            {"有什么提醒", "我的提醒", "what are my reminders", "my reminders"},
            clockwork("reminder.query")},
           {"clock.time",
            "tells the time",
            kNothing,
            kTold,
            {"几点了", "现在几点", "what time is it"},
            [this](Arguments) { return tell_time(); }},
           {"feature.recommend",
            "suggests something",
            kNothing,
            kTold,
            {"我该做什么", "有什么建议", "推荐点什么", "what should i do", "any suggestion"},
            [this](Arguments) { return suggestion(); }}})
    awake_->assistant.add(std::move(f));
  awake_->talk.join(awake_->assistant);
}

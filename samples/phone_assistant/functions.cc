// functions.cc: what can be asked of the phone. Where a name is an intent of the domain, a model's head may choose it; schemas,
// replies and examples serve every model.
#include <algorithm>

#include "catalogue.h"
#include "phone.h"

namespace {

constexpr const char* kNothing = R"({"type": "object", "properties": {}})";
constexpr const char* kTold = R"({"zh": {"done": ["{result}"]}, "en": {"done": ["{result}"]}})";
constexpr const char* kMessage = R"({"type": "object", "properties": {"message": {"type": "string"}}})";
constexpr const char* kApp = R"({"type": "object", "properties": {"app": {"type": "string"}}, "required": ["app"]})";
constexpr const char* kAppReplies = R"({"zh": {"done": ["{result}"], "ask": {"app": ["打开哪个？"]}},
  "en": {"done": ["{result}"], "ask": {"app": ["Which app?"]}}})";
constexpr const char* kSendReplies = R"({"zh": {"done": ["{result}"], "confirm": ["确定发送吗？"]},
  "en": {"done": ["{result}"], "confirm": ["Shall I send it?"]}})";

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text;
}

// The user's own spelling of words that came in normal form (small letters, no marks): the end of what was heard that begins
// with the same word and is as long at least.
std::string as_heard(const std::string& heard, const std::string& normal) {
  const std::string first = normal.substr(0, is_chinese_text(normal) ? 3 : normal.find(' '));
  for (size_t at = lower(heard).rfind(first); at != std::string::npos && !first.empty();
       at = at == 0 ? std::string::npos : lower(heard).rfind(first, at - 1)) {
    std::string words = heard.substr(at);
    if (words.size() < normal.size()) continue;
    if (words[0] >= 'a' && words[0] <= 'z') words[0] = static_cast<char>(words[0] - 32);
    return words;
  }
  return normal;
}

}  // namespace

nlohmann::json Phone::read_screen() const {
  if (screen_.is_empty()) return failed("屏幕上没有可读的内容", "there is nothing to read on the screen");
  if (screen_.from.empty()) return told("屏幕上写着：“" + screen_.text + "”", "The screen says: \"" + screen_.text + "\"");
  return told(screen_.from + "说：“" + screen_.text + "”", screen_.from + " says: \"" + screen_.text + "\"");
}

// In the language of the message, whatever the user speaks.
nlohmann::json Phone::draft(const Json& arguments) {
  if (screen_.text.empty()) return failed("屏幕上没有消息", "there is no message on the screen");
  const std::string wish = arguments.value("message", std::string());
  draft_ = as_heard(heard_, wish);
  if (drafter_.can_write() && power_->drafts_with_model) draft_ = drafter_.write(screen_.from, screen_.text, wish);
  if (draft_.empty()) draft_ = wish.empty() ? usual_reply(screen_.text) : as_heard(heard_, wish);
  return told("草稿：“" + draft_ + "” 要发送吗？", "Draft: \"" + draft_ + "\" Say \"send it\" to send.");
}

nlohmann::json Phone::send() {
  if (draft_.empty()) return failed("还没有草稿", "there is no draft yet");
  draft_.clear();
  return told("已发给" + screen_.from + "。", "Sent to " + screen_.from + ".");
}

// By id (an offer that was taken) or by a name that is in the words.
nlohmann::json Phone::open_app(const std::string& wanted) {
  const std::string low = lower(wanted);
  const Json catalogue = Json::parse(kCatalogue);
  for (const Json& feature : catalogue["features"]) {
    const std::string zh = feature["name"]["zh"], en = feature["name"]["en"];
    if (low != feature["id"] && low.find(zh) == std::string::npos && low.find(lower(en)) == std::string::npos) continue;
    if (low != feature["id"]) offers_.record(SOTTO_EVENT_USED, feature["id"], moment());
    return told("已打开" + zh + "。", en + " is open.");
  }
  return failed("没有“" + wanted + "”", "there is no \"" + wanted + "\"");
}

nlohmann::json Phone::recommend() {
  Moment m = moment();
  m.request = heard_;
  const std::vector<Offer> best = offers_.rank(m, 2);
  if (best.empty()) return failed("没有什么可推荐的", "there is nothing to offer");
  talk_.open(best[0].feature, m);
  std::string zh = "可以试试" + best[0].name_zh + "。" + reason(best[0], m, true),
              en = "Try " + best[0].name_en + ". " + reason(best[0], m, false);
  if (best.size() > 1) zh += "或者" + best[1].name_zh + "。", en += " Or " + best[1].name_en + ".";
  return told(zh, en);
}

void Phone::add_functions() {
  using Arguments = const Json&;
  std::vector<DeviceAssistant::Function> all = {
      {"screen.read",
       "reads the screen",
       kNothing,
       kTold,
       {"屏幕上写了什么", "读一下这条消息", "他说了什么", "what's on the screen", "read the message",
        "what does the message say"},
       [this](Arguments) { return read_screen(); }},
      {"reply.draft",
       "drafts a reply to the message on the screen",
       kMessage,
       kTold,
       {"帮我回复", "回复他{message}", "告诉他{message}", "写个回复", "回一下这条消息", "draft a reply", "reply to this",
        "reply that {message}", "answer that {message}", "write back that {message}"},
       [this](Arguments arguments) { return draft(arguments); }},
      {"reply.send",
       "sends the draft",
       kNothing,
       kSendReplies,
       {"发送", "发出去", "把草稿发了", "send it", "send the draft", "send the reply"},
       [this](Arguments) { return send(); }},
      {"app.open",
       "opens an app or a feature",
       kApp,
       kAppReplies,
       {"打开{app}", "启动{app}", "open {app}", "start {app}", "launch {app}"},
       [this](Arguments arguments) { return open_app(arguments.value("app", std::string())); }},
      {"battery.query",
       "tells the battery's level",
       kNothing,
       kTold,
       {"还有多少电", "电量多少", "how much battery is left", "battery level"},
       [this](Arguments) {
         const std::string level = std::to_string(battery_.percent());
         return told("还有" + level + "%的电。", level + " percent left.");
       }},
      {"feature.recommend",
       "suggests apps and features",
       kNothing,
       kTold,
       {"有什么推荐", "我可以用什么功能", "推荐个应用", "what can you recommend", "which app should i use",
        "suggest something"},
       [this](Arguments) { return recommend(); }}};
  for (DeviceAssistant::Function& f : all) assistant_.add(std::move(f));
}

#include "talk_state.h"

#include <algorithm>

#include "json.h"

namespace sotto::assistant {
namespace {

constexpr size_t kMostBytes = 16 << 20;
constexpr int kVersion = 1;

constexpr const char* kSources[] = {"user", "template", "retrieved", "generated"};
const char* source_name(uint32_t source) { return source < std::size(kSources) ? kSources[source] : "template"; }

Json to_json(const Value& v) { return {{"json", v.json}, {"zh", v.words[0]}, {"en", v.words[1]}}; }
Json to_json(const Wish& w) {
  Json slots = Json::object();
  for (const auto& [name, value] : w.slots) slots[name] = to_json(value);
  return {{"function", w.function}, {"confidence", w.confidence}, {"slots", slots},  {"names", w.names},
          {"areas", w.areas},       {"devices", w.devices},       {"all", w.is_all}, {"agreed", w.is_agreed}};
}
Json to_json(const Action& a) {
  Json calls = Json::array();
  for (const Call& c : a.calls)
    calls.push_back({{"function", c.function},
                     {"arguments", c.arguments},
                     {"device", c.device},
                     {"result", c.result},
                     {"undo", c.undo},
                     {"ok", c.ok}});
  return {{"wish", to_json(a.wish)}, {"calls", calls}, {"at_ms", a.at_ms}, {"taken_back", a.is_taken_back}};
}
Json to_json(const Question& q) {
  Json values = Json::array(), waiting = Json::array();
  for (const Value& v : q.values) values.push_back(to_json(v));
  for (const Wish& w : q.waiting) waiting.push_back(to_json(w));
  return {{"kind", static_cast<int>(q.kind)},
          {"wish", to_json(q.wish)},
          {"slot", q.slot},
          {"values", values},
          {"devices", q.devices},
          {"waiting", waiting},
          {"text", q.text},
          {"asked", q.asked},
          {"at_ms", q.at_ms}};
}

// at() and get() throw Json::exception on what is missing or of another type; read() turns that into a sentence.
Value value_of(const Json& j) {
  Value v;
  v.json = j.at("json").get<std::string>();
  (void)read_json(v.json, "a saved argument", kMostBytes);  // it becomes part of a function's arguments
  v.words = {j.at("zh").get<std::string>(), j.at("en").get<std::string>()};
  return v;
}
Wish wish_of(const Json& j) {
  Wish w;
  w.function = j.at("function").get<std::string>();
  w.confidence = j.at("confidence").get<double>();
  for (const auto& [name, value] : j.at("slots").items()) w.slots[name] = value_of(value);
  w.names = j.at("names").get<std::vector<std::string>>();
  w.areas = j.at("areas").get<std::vector<std::string>>();
  w.devices = j.at("devices").get<std::vector<std::string>>();
  w.is_all = j.at("all").get<bool>();
  w.is_agreed = j.at("agreed").get<bool>();
  return w;
}
// So far apart that differences with it are still numbers.
int64_t time_of(const Json& j) {
  constexpr int64_t kFarthest = int64_t{1} << 60;
  return std::clamp(j.get<int64_t>(), -kFarthest, kFarthest);
}
Action action_of(const Json& j) {
  Action a;
  a.wish = wish_of(j.at("wish"));
  a.at_ms = time_of(j.at("at_ms"));
  a.is_taken_back = j.at("taken_back").get<bool>();
  for (const Json& c : j.at("calls"))
    a.calls.push_back({c.at("function").get<std::string>(), c.at("arguments").get<std::string>(),
                       c.at("device").get<std::string>(), c.at("result").get<std::string>(), c.at("undo").get<std::string>(),
                       c.at("ok").get<bool>()});
  for (const Call& c : a.calls) {
    (void)read_json(c.arguments, "saved arguments", kMostBytes);
    if (!c.undo.empty()) (void)read_json(c.undo, "saved arguments", kMostBytes);
  }
  return a;
}
Question question_of(const Json& j) {
  Question q;
  const int kind = j.at("kind").get<int>();
  if (kind < 0 || kind > static_cast<int>(Question::Kind::kConfirm))
    throw Failure(SOTTO_BAD_FILE, "the kind of its question is unknown");
  q.kind = static_cast<Question::Kind>(kind);
  q.wish = wish_of(j.at("wish"));
  q.slot = j.at("slot").get<std::string>();
  for (const Json& v : j.at("values")) q.values.push_back(value_of(v));
  q.devices = j.at("devices").get<std::vector<std::string>>();
  for (const Json& w : j.at("waiting")) q.waiting.push_back(wish_of(w));
  q.text = j.at("text").get<std::string>();
  q.asked = j.at("asked").get<uint32_t>();
  q.at_ms = time_of(j.at("at_ms"));
  return q;
}

Json turns_json(const std::deque<Turn>& turns) {
  Json list = Json::array();
  for (const Turn& t : turns)
    list.push_back({{"role", t.is_user ? "user" : "assistant"},
                    {"content", t.text},
                    {"language", name_of(t.language)},
                    {"source", source_name(t.source)}});
  return list;
}

Turn turn_of(const Json& j) {
  Turn t;
  t.is_user = j.at("role").get<std::string>() == "user";
  t.text = j.at("content").get<std::string>();
  t.language = j.at("language").get<std::string>() == "en" ? Language::kEn : Language::kZh;
  for (uint32_t i = 0; i < std::size(kSources); ++i)
    if (j.at("source").get<std::string>() == kSources[i]) t.source = i;
  return t;
}

}  // namespace

std::string TalkState::history_json() const { return written(turns_json(turns)); }

std::string TalkState::json() const {
  Json actions_list = Json::array();
  for (const Action& a : actions) actions_list.push_back(to_json(a));
  return written({{"format", "sotto.assistant.state"},
                  {"version", kVersion},
                  {"turns", turns_json(turns)},
                  {"actions", actions_list},
                  {"question", question ? to_json(*question) : Json()},
                  {"language", language ? Json(name_of(*language)) : Json()},
                  {"answers", answers}});
}

TalkState TalkState::read(std::string_view text) {
  try {
    const Json json = read_json(text, "a saved dialogue", kMostBytes);
    if (!json.is_object() || json.value("format", "") != "sotto.assistant.state") throw Failure(SOTTO_BAD_FILE, "it is none");
    if (json.at("version").get<int>() != kVersion)
      throw Failure(SOTTO_UNSUPPORTED, "assistant: the saved dialogue has version " +
                                           std::to_string(json.at("version").get<int>()) + ", this library reads version " +
                                           std::to_string(kVersion));
    TalkState state;
    for (const Json& t : json.at("turns")) state.turns.push_back(turn_of(t));
    for (const Json& a : json.at("actions")) state.actions.push_back(action_of(a));
    if (state.turns.size() > kMostTurns || state.actions.size() > kMostActions)
      throw Failure(SOTTO_BAD_FILE, "it has too many turns");
    if (!json.at("question").is_null()) state.question = question_of(json.at("question"));
    if (!json.at("language").is_null())
      state.language = json.at("language").get<std::string>() == "en" ? Language::kEn : Language::kZh;
    state.answers = json.at("answers").get<uint64_t>();
    return state;
  } catch (const Json::exception& e) {
    throw Failure(SOTTO_BAD_FILE, "assistant: restoring a dialogue: " + plain_text(e.what(), 200));
  } catch (const Failure& e) {
    if (e.status() == SOTTO_UNSUPPORTED) throw;
    throw Failure(SOTTO_BAD_FILE, std::string("assistant: restoring a dialogue: ") + e.what());
  }
}

}  // namespace sotto::assistant

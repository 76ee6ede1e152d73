#include "data.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <ctime>

#include "files.h"
#include "sotto/sotto.hpp"

namespace sotto::tools {
namespace {

constexpr int64_t kUsualClock = 1795897800000;  // 2026-11-28T20:30 UTC
constexpr size_t kMostLine = 8 << 20, kDeepest = 64;

std::string text_in(const Json& json, const char* name, bool is_needed = true) {
  const auto at = json.find(name);
  if (at == json.end() && !is_needed) return {};
  if (at == json.end() || !at->is_string()) throw std::string(fmt::format("\"{}\" is no text", name));
  return at->get<std::string>();
}

int64_t clock_in(const Json& json) {
  const std::string text = text_in(json, "clock", false);
  if (text.empty()) return kUsualClock;
  std::tm t{};
  if (std::sscanf(text.c_str(), "%d-%d-%dT%d:%d", &t.tm_year, &t.tm_mon, &t.tm_mday, &t.tm_hour, &t.tm_min) != 5)
    throw std::string("\"clock\" is no time such as 2026-11-28T20:30");
  t.tm_year -= 1900;
  t.tm_mon -= 1;
  return int64_t{timegm(&t)} * 1000;
}

TurnCase turn_of(const Json& json) {
  TurnCase turn;
  if (json.is_string()) {
    turn.user = json.get<std::string>();
    return turn;
  }
  if (!json.is_object()) throw std::string("a turn is a text or an object");
  turn.user = text_in(json, "user");
  turn.is_rephrase = json.value("rephrase", Json()).is_boolean() && json["rephrase"].get<bool>();
  const auto calls = json.find("calls");
  if (calls == json.end()) return turn;
  if (!calls->is_array()) throw std::string("\"calls\" is no list");
  turn.calls.emplace();
  for (const Json& call : *calls) {
    if (!call.is_object()) throw std::string("a call is an object");
    turn.calls->push_back({text_in(call, "name"), call.value("arguments", Json::object())});
  }
  return turn;
}

void take_mood(const Json& json, EvaluationData* data) {
  data->moods.push_back({text_in(json, "text"), text_in(json, "label", false), text_in(json, "emotion", false)});
}
void take_intent(const Json& json, EvaluationData* data) {
  data->intents.push_back({text_in(json, "text"), text_in(json, "intent")});
}
void take_dialogue(const Json& json, EvaluationData* data) {
  const auto turns = json.find("turns");
  if (turns == json.end() || !turns->is_array() || turns->empty()) throw std::string("\"turns\" is no list of turns");
  DialogueCase dialogue;
  dialogue.clock_ms = clock_in(json);
  for (const Json& turn : *turns) dialogue.turns.push_back(turn_of(turn));
  data->dialogues.push_back(std::move(dialogue));
}
void take_event(const Json& json, EvaluationData* data) {
  EventCase event{text_in(json, "user", false),  text_in(json, "kind"),          text_in(json, "feature"),
                  text_in(json, "place", false), text_in(json, "device", false), text_in(json, "tags", false)};
  const auto time = json.find("time");
  if (time == json.end() || !time->is_number_integer()) throw std::string("\"time\" is no whole number of milliseconds");
  event.time_ms = time->get<int64_t>();
  const auto offset = json.find("utc_offset");
  if (offset != json.end() && offset->is_number_integer()) event.utc_offset = offset->get<int32_t>();
  if (event.user.empty()) event.user = "user";
  data->events.push_back(std::move(event));
}
void take_prompt(const Json& json, EvaluationData* data) { data->prompts.push_back(text_in(json, "text")); }
void take_home(const Json& json, EvaluationData* data) {
  data->home = json;
  data->home.erase("task");
}
void take_catalogue(const Json& json, EvaluationData* data) {
  data->catalogue = json;
  data->catalogue.erase("task");
}

constexpr struct {
  const char* task;
  void (*take)(const Json&, EvaluationData*);
} kTasks[] = {{"sentiment", take_mood}, {"intent", take_intent}, {"dialogue", take_dialogue},  {"event", take_event},
              {"prompt", take_prompt},  {"home", take_home},     {"catalogue", take_catalogue}};

size_t depth_of(const std::string& line) {
  size_t depth = 0, deepest = 0;
  for (const char c : line) {
    if (c == '{' || c == '[') deepest = std::max(deepest, ++depth);
    if ((c == '}' || c == ']') && depth > 0) --depth;
  }
  return deepest;
}

void take_line(const std::string& line, EvaluationData* data) {
  if (line.size() > kMostLine || depth_of(line) > kDeepest)
    throw std::string(fmt::format("a line of {} bytes, at most 8 MiB and 64 levels are read", line.size()));
  const Json json = Json::parse(line, nullptr, false);
  if (!json.is_object()) throw std::string("it is no JSON object");
  const std::string task = text_in(json, "task");
  for (const auto& row : kTasks)
    if (task == row.task) return row.take(json, data);
  throw std::string(
      fmt::format("the task \"{}\" is unknown: sentiment, intent, dialogue, event, prompt, home, catalogue", task));
}

}  // namespace

void read_evaluation_data(const std::string& file, EvaluationData* data) {
  size_t number = 0;
  const std::string text = read_file(file);
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    const std::string line = text.substr(at, end - at);
    at = end + 1;
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    try {
      take_line(line, data);
    } catch (const std::string& what) {
      throw Error(SOTTO_BAD_FILE, fmt::format("evaluate: {}, line {}: {}", file, number, what).c_str());
    }
  }
}

const char* language_of(const std::string& text) {
  for (size_t i = 0; i + 2 < text.size(); ++i) {
    const auto first = static_cast<unsigned char>(text[i]);
    if (first >= 0xE4 && first <= 0xE9) return "zh";  // U+4000 to U+9FFF in UTF-8
  }
  return "en";
}

}  // namespace sotto::tools

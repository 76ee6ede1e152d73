// data.h: what `sotto evaluate` reads: JSON Lines, one case a line, told apart by "task" (docs/models.md, "Evaluation data").
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "json.h"

namespace sotto::tools {

struct MoodCase {
  std::string text, label, emotion;  // empty: not given
};
struct IntentCase {
  std::string text, intent;
};
struct WantedCall {
  std::string name;
  Json arguments;  // at least these
};
struct TurnCase {
  std::string user;
  std::optional<std::vector<WantedCall>> calls;  // all that must be called, in order; not given: not looked at
  bool is_rephrase = false;
};
struct DialogueCase {
  int64_t clock_ms = 0;
  std::vector<TurnCase> turns;
};
struct EventCase {
  std::string user, kind, feature, place, device, tags;
  int64_t time_ms = 0;
  int32_t utc_offset = 0;
};

struct EvaluationData {
  std::vector<MoodCase> moods;
  std::vector<IntentCase> intents;
  std::vector<DialogueCase> dialogues;
  std::vector<EventCase> events;
  std::vector<std::string> prompts;
  Json home, catalogue;  // null: none
  size_t cases() const { return moods.size() + intents.size() + dialogues.size() + events.size() + prompts.size(); }
};

// Throws sotto::Error with file and line.
void read_evaluation_data(const std::string& file, EvaluationData* data);

// "zh" where the text has a Han character, else "en".
const char* language_of(const std::string& text);

}  // namespace sotto::tools

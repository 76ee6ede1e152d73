// talk_state.h: what a dialogue remembers: turns, what was wanted and done, an open question. Values only; JSON and back.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "values.h"

namespace sotto::assistant {

// What the user wants of one function, as far as it is known.
struct Wish {
  std::string function;
  double confidence = 0;
  std::map<std::string, Value> slots;     // by parameter
  std::vector<std::string> names, areas;  // words for devices, as they were said
  std::vector<std::string> devices;       // ids, once it is known which
  bool is_all = false;
  bool is_agreed = false;  // the user confirmed it
};

// A call that was made.
struct Call {
  std::string function, arguments, device, result, undo;  // result: JSON; undo: JSON of arguments
  bool ok = false;
};

// A wish and what it came to.
struct Action {
  Wish wish;
  std::vector<Call> calls;
  int64_t at_ms = 0;
  bool is_taken_back = false;
};

struct Question {
  enum class Kind : uint8_t { kSlot, kDevice, kValue, kConfirm } kind = Kind::kSlot;
  Wish wish;
  std::string slot;
  std::vector<Value> values;         // kValue: what may be meant
  std::vector<std::string> devices;  // kDevice: ids
  std::vector<Wish> waiting;         // what comes after it
  std::string text;
  uint32_t asked = 1;  // how often
  int64_t at_ms = 0;
};

struct Turn {
  bool is_user = false;
  std::string text;
  Language language = Language::kZh;
  uint32_t source = 0;  // SOTTO_ANSWER_*; 0: the user
};

struct TalkState {
  std::deque<Turn> turns;
  std::deque<Action> actions;  // newest last
  std::optional<Question> question;
  std::optional<Language> language;  // of the last turn that showed one
  uint64_t answers = 0;              // given so far: templates take turns by it

  std::string history_json() const;
  std::string json() const;
  static TalkState read(std::string_view json);  // throws SOTTO_BAD_FILE
};

constexpr size_t kMostTurns = 256, kMostActions = 32;

}  // namespace sotto::assistant

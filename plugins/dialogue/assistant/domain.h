// domain.h: what intents mean on a device and how answers sound, read from the JSON that `sotto-train domain` writes.
#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "text.h"

namespace sotto::assistant {

// How a slot's words become an argument.
enum class SlotType : uint8_t {
  kText,
  kDevice,
  kArea,
  kPercent,
  kAmount,
  kColor,
  kTemperature,
  kDuration,
  kTime,
  kRepeat,
  kNumber,
  kChoice,
  kYes
};
bool find_slot_type(std::string_view name, SlotType* out);  // of the domain's JSON, and of a schema's "x-sotto"

// What is said of one function in one language; templates with {slot}.
struct Replies {
  std::vector<std::string> done, failed, confirm;
  std::map<std::string, std::vector<std::string>> ask;  // by slot
};
using BothReplies = std::array<Replies, kLanguages>;

struct Intent {
  std::vector<std::string> slots;
  std::vector<std::vector<std::string>> required;  // of each group one
  std::vector<std::string> targets;                // kinds of devices; "any": all
  std::string undo;                                // the intent that takes it back; empty: none
  std::map<std::string, std::string> instead;      // by kind of device: the intent that is meant of it
  bool needs_device = false;
  BothReplies replies;

  bool has_slot(std::string_view name) const;
};

// A reviewed line: what may be said, what is answered, what it is about.
struct Line {
  std::string said, answer, topic;
};

// const after construction, any thread.
class Domain {
 public:
  static Domain read(std::string_view json);  // throws SOTTO_INVALID_ARGUMENT with the place

  const Intent* find(std::string_view intent) const;
  SlotType type_of(std::string_view slot) const;  // unknown: text
  const std::map<std::string, std::array<std::vector<std::string>, kLanguages>>& kinds() const { return kinds_; }
  const std::vector<Line>& talk(Language language) const { return talk_[index_of(language)]; }
  // Sentences without their slots, and the intent as answer: what the head was trained with, for a second opinion.
  const std::vector<Line>& examples(Language language) const { return examples_[index_of(language)]; }
  // The same sentences with their {slots}.
  const std::vector<std::string>& patterns(Language language) const { return patterns_[index_of(language)]; }
  const std::map<std::string, SlotType, std::less<>>& slots() const { return slots_; }
  const std::vector<Line>& refusals(Language language) const { return refusals_[index_of(language)]; }

 private:
  std::map<std::string, SlotType, std::less<>> slots_;
  std::map<std::string, std::array<std::vector<std::string>, kLanguages>> kinds_;  // names in normal form
  std::map<std::string, Intent, std::less<>> intents_;
  std::array<std::vector<Line>, kLanguages> talk_, refusals_, examples_;
  std::array<std::vector<std::string>, kLanguages> patterns_;
};

// {"zh": {"done": [...], ...}, "en": ...}; throws with `what`.
BothReplies read_replies(std::string_view json, const std::string& what);

}  // namespace sotto::assistant

// speak.h: answers. Templates of the domain and of functions, filled; the assistant's own sentences in both languages, a row
// each.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "calls.h"
#include "talk_state.h"
#include "world.h"

namespace sotto::assistant {

// Words for the holes of a template. Data: braces in them stay braces.
using Words = std::map<std::string, std::string, std::less<>>;

enum class Say : uint8_t {
  kDone,
  kDoneResult,
  kFailed,
  kFailedWhy,
  kNoAnswer,
  kPartly,
  kNoFunction,
  kNotUnderstood,
  kOutOfScope,
  kWhichDevice,
  kUnknownDevice,
  kNoDevice,
  kWhichValue,
  kWhatSlot,
  kOutOfRange,
  kConfirm,
  kDropped,
  kNothingOpen,
  kUndone,
  kNothingToUndo,
  kCannotUndo,
  kNothingToRepeat,
  kTooManyCalls,
  kMachine,
  kGiveUp,
  kQuote,
  kQuoteTitled
};
std::string say(Say what, Language language, const Words& words = {});

// The template with its holes filled in one pass, or false where a hole is unknown. `holes` receives how many it had, `values`
// how many of these were not the name or area of a device.
bool fill(std::string_view text, const Words& words, std::string* out, size_t* holes = nullptr, size_t* values = nullptr);

// Of templates whose holes are all known one that says the most; equals take turns. Empty: none fits.
std::string pick(const std::vector<std::string>& templates, const Words& words, uint64_t turn);

std::string joined(const std::vector<std::string>& items, Language language);  // "a、b", "a, b and c"
std::string either(const std::vector<std::string>& items, Language language);  // "a还是b", "a or b"
std::string sentences(const std::vector<std::string>& parts, Language language);

// What was understood of a wish, as words for templates.
Words words_of(const World& world, const Wish& wish, Language language);

// The answer to calls of one wish, results in the same order.
std::string report(const World& world, const Function& function, const Wish& wish, const std::vector<Call>& calls,
                   const std::vector<CallResult>& results, Language language, uint64_t turn);

// The question as it is asked.
std::string ask_text(const World& world, const Function& function, const Question& question, Language language, uint64_t turn);

}  // namespace sotto::assistant

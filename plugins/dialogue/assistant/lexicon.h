// lexicon.h: the words by which a dialogue is steered, one row each: yes, no, never mind, undo, the other one, connectives.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "text.h"

namespace sotto::assistant {

enum class Cue : uint8_t {
  kYes,
  kNo,
  kStop,
  kUndo,
  kRepeat,
  kAll,
  kBoth,     // of named ones all, else those that were spoken of last
  kPronoun,  // stands for what was spoken of: 它, "that one"
  kMore,     // goes on from what was done: 再, "a bit more"
  kAlso,     // the same for another: 也, "too"
  kMachine,  // asks whether it is a machine
  kMorning,
  kEvening
};

// The whole text is such a cue ("嗯，好的").
bool is_cue(std::string_view normal, Cue cue);
// The text has such a cue somewhere.
bool has_cue(std::string_view normal, Cue cue);
// The text with a blank in the place of the longest words of the cue.
std::string with_hole_for(Cue cue, std::string_view normal);

// Asks to be told something: "怎么", "what".
bool is_question(std::string_view normal);

// A sentence that refers to the one before. `value` is what it gives anew, in normal form; `old` what it takes back.
struct Reference {
  enum class Kind : uint8_t { kNone, kCorrection, kFollowUp } kind = Kind::kNone;
  std::string value, old;
};
// Every reading that the patterns allow, the most telling first.
std::vector<Reference> references(std::string_view normal, Language language);

// Cues and patterns of references, with {holes}: how people steer a talk.
std::vector<std::string> patterns_of_talk(Language language);

// Where a sentence may be two: bytes of the text behind which the next part begins, and where the one before ends.
struct Joint {
  size_t end, begin;
};
std::vector<Joint> joints(std::string_view text, Language language);

}  // namespace sotto::assistant

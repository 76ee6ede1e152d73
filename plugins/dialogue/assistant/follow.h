// follow.h: sentences that lean on the one before: answers to a question, corrections, "the same for the bedroom", "a bit
// more".
#pragma once

#include <optional>
#include <string>

#include "act.h"
#include "lexicon.h"
#include "listen.h"

namespace sotto::assistant {

// What is left to say after a reference was understood.
struct Followed {
  Reference::Kind kind = Reference::Kind::kNone;
  Wish wish;
  Filled filled;  // what the new value left in doubt
};

// The wish that a reference makes of an earlier one, or none: its words must be nothing but a new value of it.
std::optional<Followed> follow_reference(World& world, Listener& listener, const Heard& heard, Language language,
                                         const Wish& before);

// A wish that names no device goes on with those of the last action, where the sentence or the function says so.
void carry_over(const World& world, const Function& function, const std::string& text, Language language, const Wish& before,
                Wish* wish);

// Whether a text is nothing but a value of a type that its form tells: "five minutes please".
bool is_nothing_but(const World& world, SlotType type, const std::string& text, Language language);

struct Answered {
  enum class Kind : uint8_t { kNo, kFilled, kRefused, kDropped } kind = Kind::kNo;
  Wish wish;
  Filled filled;
};
// Whether a text answers the open question. kNo: it does not.
Answered answer_question(World& world, Listener& listener, const Heard& heard, Language language, const Question& question);

}  // namespace sotto::assistant

// arguments.h: from words to a function's arguments: names of devices, spans, typed values, choices, words at the holes of
// examples.
#pragma once

#include <optional>
#include <string>

#include "talk_state.h"
#include "understanding.h"
#include "world.h"

namespace sotto::assistant {

// A place where several values may be meant: to be asked.
struct Doubt {
  std::string slot;
  std::vector<Value> values;
};

struct Filled {
  std::optional<Doubt> doubt;
  std::string out_of_range;  // the parameter whose value is beyond its limits; empty: none
};

// Fills wish->slots, name, area from a text that asks for the function. Keeps what is there already.
Filled fill_wish(const World& world, const Function& function, const std::string& text, const Understood& understood,
                 Language language, Wish* wish);

// Reads a text as the answer to a question for one parameter. No reading: nothing was said for it.
std::optional<Reading> read_answer(const World& world, const Parameter& parameter, const std::string& text,
                                   const Understood& understood, Language language);

// Whether a text may have a value for a parameter that is read by its words: a choice, yes or no. True of free text and places.
bool may_hold(const Parameter& parameter, std::string_view text);

// Where no device is meant, the words for it are arguments themselves.
void keep_place_words(const Function& function, Wish* wish);

// The parameter's value in range.
bool is_in_range(const Parameter& parameter, const Value& value);

// The arguments of one call as JSON. `device`: nullptr where it is about none.
std::string arguments_json(const Function& function, const Wish& wish, const Device* device);

}  // namespace sotto::assistant

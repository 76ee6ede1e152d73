// json_texts.h: texts as JSON writes them. Every character has one spelling here, so that lengths, patterns and lists of texts
// mean what they say: quotes, backslashes and control characters are escaped, all others are themselves.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "text/grammar/automaton.h"

namespace sotto::grammar {

std::string quoted_json(std::string_view text);  // with quotes around it
// The same for all texts that an automaton over code points reads, quotes around them. Nothing: too large.
std::optional<Automaton> quoted_json(const Automaton& texts);

}  // namespace sotto::grammar

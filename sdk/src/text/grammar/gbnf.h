// gbnf.h: reads GBNF, the grammar format that llama.cpp publishes (grammars/README.md): rules, alternatives, groups, character
// classes, repetitions, comments. docs/grammar.md says what is taken.
#pragma once

#include <string_view>

#include "base/status.h"
#include "text/grammar/syntax.h"

namespace sotto::grammar {

// Faults are told with line and column, counted in bytes from 1. The rule that a text must follow is `root`.
Result<Syntax> read_gbnf(std::string_view text);

}  // namespace sotto::grammar

// determinize.h: automata without empty moves, of those with. Inside the grammar folder only.
#pragma once

#include <optional>

#include "text/grammar/nfa.h"

namespace sotto::grammar {

// Deterministic, rules counted as symbols of their own. Nothing: it takes more than `steps`.
std::optional<Automaton> determinize(const Nfa& nfa, uint64_t steps);
// Of the same states. Nothing: too many edges.
std::optional<Automaton> without_empty_moves(const Nfa& nfa);

}  // namespace sotto::grammar

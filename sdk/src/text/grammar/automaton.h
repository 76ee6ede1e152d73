// automaton.h: finite automata over code points or bytes, whose edges may also call rules. What one rule of a grammar becomes.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "text/grammar/syntax.h"

namespace sotto::grammar {

// On a symbol from first to last, or by way of everything that `rule` can read.
struct Edge {
  uint32_t first, last;
  uint32_t to;
  uint32_t rule = kNoRule;
};
inline bool is_call(const Edge& e) { return e.rule != kNoRule; }

struct AutomatonState {
  std::vector<Edge> edges;
  bool is_final = false;
};

// Without empty moves. State 0 is the start.
struct Automaton {
  std::vector<AutomatonState> states;
};

enum class Symbols : uint8_t { kCodePoints, kBytes };

// Which rules a build replaces by what they say, and which may read nothing: compile.h decides. Without rules: none.
struct RuleFacts {
  std::vector<bool> is_inlined;
  std::vector<bool> is_nullable;
};

// The automaton of an expression; deterministic where that takes no more than kMostSteps. Nothing: more than kMostStates.
// Subset construction: Rabin and Scott 1959; the automaton before it as Thompson 1968.
std::optional<Automaton> build(const Syntax& syntax, Expr e, Symbols symbols, const RuleFacts& facts);

// REQUIRES: without calls. Nothing: too large.
std::optional<Automaton> intersect(const Automaton& a, const Automaton& b);
// The texts of code points that `a` does not read. REQUIRES: without calls. Nothing: not deterministic within bounds.
std::optional<Automaton> complement(const Automaton& a);
// Drops the states from which no end can be reached. REQUIRES: without calls.
void trim(Automaton* a);
bool reads_nothing_at_all(const Automaton& a);  // after trim
bool reads(const Automaton& a, const std::vector<uint32_t>& symbols);

}  // namespace sotto::grammar

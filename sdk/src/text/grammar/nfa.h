// nfa.h: an automaton with empty moves, as an expression is written down. Inside the grammar folder only.
#pragma once

#include <unordered_map>
#include <vector>

#include "text/grammar/automaton.h"

namespace sotto::grammar {

class Nfa {
 public:
  Nfa(const Syntax& syntax, Symbols symbols, const RuleFacts& facts) : syntax_(&syntax), symbols_(symbols), facts_(&facts) {}
  explicit Nfa(const Automaton& a);

  void build(Expr e);
  // Too large: what was built is no use.
  bool is_full() const { return is_full_; }

  struct State {
    std::vector<Edge> edges;
    std::vector<uint32_t> empty_moves;
  };
  const std::vector<State>& states() const { return states_; }
  uint32_t start() const { return 0; }
  bool is_final(uint32_t s) const { return finals_.empty() ? s == 1 : finals_[s]; }

 private:
  uint32_t add_state();
  void add(Expr e, uint32_t from, uint32_t to);
  void add_chars(const Ranges& ranges, uint32_t from, uint32_t to);
  void add_literal(std::string_view text, uint32_t from, uint32_t to);
  void add_repeat(const ExprNode& n, uint32_t from, uint32_t to);
  void add_graph(const ExprNode& n, uint32_t from, uint32_t to);
  void add_automaton(const Automaton& a, uint32_t from, uint32_t to);
  void edge(uint32_t from, uint32_t first, uint32_t last, uint32_t to, uint32_t rule = kNoRule);
  void empty_move(uint32_t from, uint32_t to);
  uint32_t tail(uint32_t bytes, uint32_t to);

  const Syntax* syntax_ = nullptr;
  Symbols symbols_ = Symbols::kCodePoints;
  const RuleFacts* facts_ = nullptr;
  std::vector<State> states_;
  std::vector<bool> finals_;  // empty: state 1
  std::unordered_map<uint64_t, uint32_t> tails_;
  uint64_t edges_ = 0;
  bool is_full_ = false;
};

}  // namespace sotto::grammar

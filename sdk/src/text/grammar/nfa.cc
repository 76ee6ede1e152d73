#include "text/grammar/nfa.h"

#include <algorithm>

#include "text/unicode.h"

namespace sotto::grammar {
namespace {

// The code points of each length in UTF-8, and how their first byte begins.
struct Length {
  Range code_points;
  uint32_t bytes, lead;
};
constexpr Length kLengths[] = {
    {{0, 0x7F}, 1, 0}, {{0x80, 0x7FF}, 2, 0xC0}, {{0x800, 0xFFFF}, 3, 0xE0}, {{0x10000, kLastCodePoint}, 4, 0xF0}};

}  // namespace

Nfa::Nfa(const Automaton& a) {
  for (const AutomatonState& s : a.states) {
    states_.push_back({s.edges, {}});
    finals_.push_back(s.is_final);
  }
  if (states_.empty()) add_state(), finals_.push_back(false);
}

uint32_t Nfa::add_state() {
  if (states_.size() >= kMostStates) is_full_ = true;
  if (!is_full_) states_.emplace_back();
  return static_cast<uint32_t>(states_.size() - 1);
}

void Nfa::edge(uint32_t from, uint32_t first, uint32_t last, uint32_t to, uint32_t rule) {
  if (++edges_ > kMostEdges) is_full_ = true;
  if (!is_full_) states_[from].edges.push_back({first, last, to, rule});
}

void Nfa::empty_move(uint32_t from, uint32_t to) {
  if (++edges_ > kMostEdges) is_full_ = true;
  if (!is_full_ && from != to) states_[from].empty_moves.push_back(to);
}

void Nfa::build(Expr e) {
  states_.clear();
  add_state();
  add_state();
  add(e, 0, 1);
}

void Nfa::add(Expr e, uint32_t from, uint32_t to) {
  if (is_full_) return;
  const ExprNode& n = syntax_->at(e);
  switch (n.kind) {
    case ExprKind::kNothing:
      return;
    case ExprKind::kEmpty:
      return empty_move(from, to);
    case ExprKind::kChars:
      return add_chars(n.chars, from, to);
    case ExprKind::kLiteral:
      return add_literal(n.text, from, to);
    case ExprKind::kSequence:
      for (size_t i = 0; i < n.parts.size(); ++i) {
        const uint32_t next = i + 1 < n.parts.size() ? add_state() : to;
        add(n.parts[i], from, next);
        from = next;
      }
      return;
    case ExprKind::kChoice:
      for (const Expr part : n.parts) add(part, from, to);
      return;
    case ExprKind::kRepeat:
      return add_repeat(n, from, to);
    case ExprKind::kRule:
      if (facts_->is_inlined[n.rule]) return add(syntax_->rules()[n.rule].body, from, to);
      edge(from, 0, 0, to, n.rule);
      if (facts_->is_nullable[n.rule]) empty_move(from, to);
      return;
    case ExprKind::kAutomaton:
      return add_automaton(*n.automaton, from, to);
    case ExprKind::kGraph:
      return add_graph(n, from, to);
  }
}

void Nfa::add_repeat(const ExprNode& n, uint32_t from, uint32_t to) {
  for (uint32_t i = 0; i < n.min && !is_full_; ++i) {
    const uint32_t next = add_state();
    add(n.parts[0], from, next);
    from = next;
  }
  if (n.max == kUnbounded) {
    const uint32_t loop = add_state();
    empty_move(from, loop);
    add(n.parts[0], loop, loop);
    return empty_move(loop, to);
  }
  empty_move(from, to);
  for (uint32_t i = n.min; i < n.max && !is_full_; ++i) {
    const uint32_t next = add_state();
    add(n.parts[0], from, next);
    empty_move(next, to);
    from = next;
  }
}

void Nfa::add_graph(const ExprNode& n, uint32_t from, uint32_t to) {
  if (states_.size() + n.max > kMostStates) is_full_ = true;
  std::vector<uint32_t> places = {from, to};
  for (uint32_t i = 2; i < n.max && !is_full_; ++i) places.push_back(add_state());
  for (size_t i = 0; i < n.links.size() && !is_full_; ++i) add(n.parts[i], places[n.links[i].from], places[n.links[i].to]);
}

void Nfa::add_automaton(const Automaton& a, uint32_t from, uint32_t to) {
  if (states_.size() + a.states.size() > kMostStates) is_full_ = true;
  if (is_full_) return;
  const auto first = static_cast<uint32_t>(states_.size());
  states_.resize(states_.size() + a.states.size());
  if (a.states.empty()) return;
  empty_move(from, first);
  for (uint32_t s = 0; s < a.states.size(); ++s) {
    for (const Edge& e : a.states[s].edges) add_chars({{e.first, e.last}}, first + s, first + e.to);
    if (a.states[s].is_final) empty_move(first + s, to);
  }
}

void Nfa::add_literal(std::string_view text, uint32_t from, uint32_t to) {
  for (size_t at = 0; at < text.size() && !is_full_;) {
    const Character c = decode_character(text, at);
    at += c.bytes;
    const uint32_t next = at < text.size() ? add_state() : to;
    add_chars({{c.code_point, c.code_point}}, from, next);
    from = next;
  }
}

// The state before any `bytes` continuation bytes that lead to `to`.
uint32_t Nfa::tail(uint32_t bytes, uint32_t to) {
  if (bytes == 0) return to;
  const auto known = tails_.find(uint64_t{to} << 8 | bytes);
  if (known != tails_.end()) return known->second;
  const uint32_t s = add_state();
  edge(s, 0x80, 0xBF, tail(bytes - 1, to));
  tails_.emplace(uint64_t{to} << 8 | bytes, s);
  return s;
}

// Ranges of code points as runs of byte ranges: cut where a byte behind the first one wraps around.
void Nfa::add_chars(const Ranges& ranges, uint32_t from, uint32_t to) {
  struct Piece {
    uint32_t from, bytes, lead;  // bytes to come, the first of which begins with `lead`
    Range range;                 // of the bits in them
  };
  std::vector<Piece> work;
  for (const Range& r : ranges) {
    if (symbols_ == Symbols::kCodePoints) {
      edge(from, r.first, r.last, to);
      continue;
    }
    for (const Length& l : kLengths) {
      const Range part = {std::max(r.first, l.code_points.first), std::min(r.last, l.code_points.last)};
      if (part.first <= part.last) work.push_back({from, l.bytes, l.lead, part});
    }
  }
  while (!work.empty() && !is_full_) {
    const Piece p = work.back();
    work.pop_back();
    const uint32_t shift = 6 * (p.bytes - 1), low = (1u << shift) - 1;
    const uint32_t first = p.range.first >> shift, last = p.range.last >> shift;
    const bool is_whole = (p.range.first & low) == 0 && (p.range.last & low) == low;
    if (p.bytes == 1 || is_whole) {
      edge(p.from, p.lead | first, p.lead | last, tail(p.bytes - 1, to));
    } else if (first == last) {
      const uint32_t next = add_state();
      edge(p.from, p.lead | first, p.lead | first, next);
      work.push_back({next, p.bytes - 1, 0x80, {p.range.first & low, p.range.last & low}});
    } else {  // the ragged ends apart from the middle
      const uint32_t middle = (p.range.first & low) == 0 ? first : first + 1,
                     end = (p.range.last & low) == low ? last : last - 1;
      if (middle > first) work.push_back({p.from, p.bytes, p.lead, {p.range.first, (first << shift) | low}});
      if (end < last) work.push_back({p.from, p.bytes, p.lead, {last << shift, p.range.last}});
      if (middle <= end) work.push_back({p.from, p.bytes, p.lead, {middle << shift, (end << shift) | low}});
    }
  }
}

}  // namespace sotto::grammar

#include "text/grammar/automaton.h"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "text/grammar/determinize.h"
#include "text/grammar/nfa.h"

namespace sotto::grammar {
namespace {

// What is done for the states of a pair.
uint64_t pair_of(uint32_t a, uint32_t b) { return uint64_t{a} << 32 | b; }

}  // namespace

std::optional<Automaton> build(const Syntax& syntax, Expr e, Symbols symbols, const RuleFacts& facts) {
  Nfa nfa(syntax, symbols, facts);
  nfa.build(e);
  if (nfa.is_full()) return std::nullopt;
  if (auto small = determinize(nfa, kMostSteps)) return small;
  return without_empty_moves(nfa);
}

std::optional<Automaton> intersect(const Automaton& a, const Automaton& b) {
  Automaton out;
  std::unordered_map<uint64_t, uint32_t> places;
  std::vector<std::pair<uint32_t, uint32_t>> pairs;
  const auto place_of = [&](uint32_t x, uint32_t y) {
    const auto [at, is_new] = places.emplace(pair_of(x, y), static_cast<uint32_t>(pairs.size()));
    if (is_new) {
      pairs.emplace_back(x, y);
      out.states.emplace_back();
      out.states.back().is_final = a.states[x].is_final && b.states[y].is_final;
    }
    return at->second;
  };
  place_of(0, 0);
  uint64_t edges = 0;
  for (size_t i = 0; i < pairs.size(); ++i) {
    const auto [x, y] = pairs[i];
    for (const Edge& e : a.states[x].edges) {
      for (const Edge& f : b.states[y].edges) {
        const uint32_t first = std::max(e.first, f.first), last = std::min(e.last, f.last);
        if (first > last) continue;
        const uint32_t to = place_of(e.to, f.to);
        out.states[i].edges.push_back({first, last, to});
        ++edges;
      }
    }
    if (pairs.size() > kMostStates || edges > kMostEdges) return std::nullopt;
  }
  trim(&out);
  return out;
}

std::optional<Automaton> complement(const Automaton& a) {
  Nfa nfa(a);
  auto small = determinize(nfa, kMostSteps);
  if (!small) return std::nullopt;
  Automaton out = std::move(*small);
  const auto sink = static_cast<uint32_t>(out.states.size());
  out.states.emplace_back();
  for (AutomatonState& s : out.states) {
    s.is_final = !s.is_final;
    Ranges known;
    for (const Edge& e : s.edges) known.push_back({e.first, e.last});
    for (const Range& r : complement(known)) s.edges.push_back({r.first, r.last, sink});
  }
  trim(&out);
  return out;
}

void trim(Automaton* a) {
  const size_t count = a->states.size();
  std::vector<std::vector<uint32_t>> from(count);
  std::vector<bool> is_alive(count);
  std::vector<uint32_t> work;
  for (uint32_t s = 0; s < count; ++s) {
    for (const Edge& e : a->states[s].edges) from[e.to].push_back(s);
    if (a->states[s].is_final) is_alive[s] = true, work.push_back(s);
  }
  while (!work.empty()) {
    const uint32_t s = work.back();
    work.pop_back();
    for (const uint32_t p : from[s])
      if (!is_alive[p]) is_alive[p] = true, work.push_back(p);
  }
  std::vector<uint32_t> place(count, kNoRule);
  uint32_t next = 0;
  for (uint32_t s = 0; s < count; ++s)
    if (is_alive[s] || s == 0) place[s] = next++;
  Automaton out;
  out.states.resize(next);
  for (uint32_t s = 0; s < count; ++s) {
    if (place[s] == kNoRule) continue;
    AutomatonState& to = out.states[place[s]];
    to.is_final = a->states[s].is_final;
    for (Edge e : a->states[s].edges) {
      if (!is_alive[e.to]) continue;
      e.to = place[e.to];
      to.edges.push_back(e);
    }
  }
  *a = std::move(out);
}

bool reads_nothing_at_all(const Automaton& a) {
  return a.states.empty() || (!a.states[0].is_final && a.states[0].edges.empty());
}

bool reads(const Automaton& a, const std::vector<uint32_t>& symbols) {
  std::vector<uint32_t> now = {0}, next;
  for (const uint32_t symbol : symbols) {
    next.clear();
    for (const uint32_t s : now)
      for (const Edge& e : a.states[s].edges)
        if (e.first <= symbol && symbol <= e.last && std::find(next.begin(), next.end(), e.to) == next.end())
          next.push_back(e.to);
    now.swap(next);
  }
  return std::any_of(now.begin(), now.end(), [&](uint32_t s) { return a.states[s].is_final; });
}

}  // namespace sotto::grammar

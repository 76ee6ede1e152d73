#include "text/grammar/determinize.h"

#include <algorithm>
#include <map>
#include <unordered_map>

namespace sotto::grammar {
namespace {

using States = std::vector<uint32_t>;  // ascending

struct HashStates {
  size_t operator()(const States& states) const {
    uint64_t h = states.size();
    for (const uint32_t s : states) h = (h ^ s) * 0x9E3779B97F4A7C15ull, h ^= h >> 29;
    return static_cast<size_t>(h);
  }
};

// What can be reached by empty moves. One object, so that its marks are made once.
class Closure {
 public:
  explicit Closure(const Nfa& nfa) : nfa_(nfa), marks_(nfa.states().size()) {}

  States of(States states) {
    ++generation_;
    size_t kept = 0;
    for (const uint32_t s : states)
      if (take(s)) states[kept++] = s;
    states.resize(kept);
    for (size_t i = 0; i < states.size(); ++i) {
      const auto& moves = nfa_.states()[states[i]].empty_moves;
      steps_ += moves.size() + 1;
      for (const uint32_t to : moves)
        if (take(to)) states.push_back(to);
    }
    std::sort(states.begin(), states.end());
    return states;
  }
  uint64_t steps() const { return steps_; }

 private:
  bool take(uint32_t s) {
    if (marks_[s] == generation_) return false;
    marks_[s] = generation_;
    return true;
  }

  const Nfa& nfa_;
  std::vector<uint32_t> marks_;
  uint32_t generation_ = 0;
  uint64_t steps_ = 0;
};

class Determinizer {
 public:
  Determinizer(const Nfa& nfa, uint64_t steps) : nfa_(nfa), closure_(nfa), left_(steps) {}

  std::optional<Automaton> run() {
    place_of({nfa_.start()});
    for (uint32_t i = 0; i < sets_.size(); ++i) {
      if (!expand(i)) return std::nullopt;
      if (sets_.size() > kMostStates || edges_ > kMostEdges) return std::nullopt;
    }
    return std::move(out_);
  }

 private:
  uint32_t place_of(States states) {
    States closed = closure_.of(std::move(states));
    const auto [at, is_new] = places_.emplace(std::move(closed), static_cast<uint32_t>(sets_.size()));
    if (is_new) {
      sets_.push_back(&at->first);
      out_.states.emplace_back();
      for (const uint32_t s : at->first) out_.states.back().is_final = out_.states.back().is_final || nfa_.is_final(s);
    }
    return at->second;
  }

  bool expand(uint32_t index) {
    std::vector<const Edge*> edges;
    std::vector<uint32_t> cuts;  // where a symbol range begins or one has ended
    std::map<uint32_t, States> calls;
    for (const uint32_t s : *sets_[index]) {
      for (const Edge& e : nfa_.states()[s].edges) {
        if (is_call(e)) {
          calls[e.rule].push_back(e.to);
          continue;
        }
        edges.push_back(&e);
        cuts.push_back(e.first);
        cuts.push_back(e.last + 1);
      }
    }
    std::sort(cuts.begin(), cuts.end());
    cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
    std::vector<States> targets(cuts.size());
    for (const Edge* e : edges) {
      auto at = static_cast<size_t>(std::lower_bound(cuts.begin(), cuts.end(), e->first) - cuts.begin());
      for (; cuts[at] <= e->last; ++at, ++spent_) targets[at].push_back(e->to);
      if (is_spent()) return false;
    }
    for (size_t i = 0; i < cuts.size(); ++i) {
      if (targets[i].empty()) continue;
      add_edge(index, cuts[i], cuts[i + 1] - 1, place_of(std::move(targets[i])));
      if (is_spent()) return false;
    }
    for (auto& [rule, to] : calls) {
      const uint32_t place = place_of(std::move(to));
      out_.states[index].edges.push_back({0, 0, place, rule});
      ++edges_;
    }
    return !is_spent();
  }
  bool is_spent() const { return spent_ + closure_.steps() > left_; }

  void add_edge(uint32_t index, uint32_t first, uint32_t last, uint32_t to) {
    auto& edges = out_.states[index].edges;
    if (!edges.empty() && edges.back().to == to && edges.back().last + 1 == first) {
      edges.back().last = last;
      return;
    }
    edges.push_back({first, last, to});
    ++edges_;
  }

  const Nfa& nfa_;
  Closure closure_;
  const uint64_t left_;
  uint64_t spent_ = 0, edges_ = 0;
  std::unordered_map<States, uint32_t, HashStates> places_;  // its keys stay where they are
  std::vector<const States*> sets_;
  Automaton out_;
};

}  // namespace

std::optional<Automaton> determinize(const Nfa& nfa, uint64_t steps) { return Determinizer(nfa, steps).run(); }

std::optional<Automaton> without_empty_moves(const Nfa& nfa) {
  Automaton out;
  out.states.resize(nfa.states().size());
  Closure closure(nfa);
  uint64_t edges = 0;
  for (uint32_t s = 0; s < nfa.states().size(); ++s) {
    for (const uint32_t t : closure.of({s})) {
      const auto& more = nfa.states()[t].edges;
      out.states[s].edges.insert(out.states[s].edges.end(), more.begin(), more.end());
      out.states[s].is_final = out.states[s].is_final || nfa.is_final(t);
      edges += more.size();
      if (edges > kMostEdges || closure.steps() > kMostSteps) return std::nullopt;
    }
  }
  return out;
}

}  // namespace sotto::grammar

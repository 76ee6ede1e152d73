#include "text/grammar/compile.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/printable.h"
#include "text/grammar/automaton.h"
#include "text/grammar/rule_facts.h"

namespace sotto::grammar {
namespace {

class Compiler {
 public:
  explicit Compiler(const Syntax& syntax) : syntax_(syntax), facts_(facts_of(syntax)), automata_(syntax.rules().size()) {}

  Result<std::shared_ptr<const Compiled>> run() {
    SOTTO_TRY(build_rules());
    find_productive();
    if (!is_alive(syntax_.root, 0))
      return Status(SOTTO_INVALID_ARGUMENT,
                    fmt::format("rule '{}' allows no text at all: every way through it needs itself again, or what is nothing",
                                name(syntax_.root)));
    drop_dead_ends();
    SOTTO_TRY(check_left_recursion());
    return flatten();
  }

 private:
  std::string name(uint32_t rule) const { return printable(syntax_.rules()[rule].name); }

  // Those that the root reaches.
  Status build_rules() {
    std::vector<bool> is_wanted(automata_.size());
    order_ = {syntax_.root};
    is_wanted[syntax_.root] = true;
    size_t states = 0, edges = 0;
    for (size_t i = 0; i < order_.size(); ++i) {
      const uint32_t r = order_[i];
      auto built = build(syntax_, syntax_.rules()[r].body, Symbols::kBytes, facts_);
      if (built) automata_[r] = std::move(*built);
      states += automata_[r].states.size();
      for (const AutomatonState& s : automata_[r].states) edges += s.edges.size();
      if (!built || states > kMostStates || edges > kMostEdges)
        return Status(SOTTO_UNSUPPORTED,
                      fmt::format("rule '{}': with it the grammar takes more than {} states or {} edges; lower its repetitions "
                                  "and lengths",
                                  name(r), kMostStates, kMostEdges));
      for (const AutomatonState& s : automata_[r].states)
        for (const Edge& e : s.edges)
          if (is_call(e) && !is_wanted[e.rule]) is_wanted[e.rule] = true, order_.push_back(e.rule);
    }
    return {};
  }

  bool is_alive(uint32_t rule, uint32_t state) const { return alive_[rule][state]; }

  // From the ends backwards: a call leads on once its rule can end.
  void find_productive() {
    struct Place {
      uint32_t rule, state;
    };
    const size_t count = automata_.size();
    std::vector<std::vector<std::vector<std::pair<uint32_t, uint32_t>>>> from(count);  // (state, rule called) into each state
    std::vector<std::vector<Place>> waiting(count);  // states whose call leads to a living state, until the rule can end
    std::vector<Place> work;
    alive_.resize(count);
    for (const uint32_t r : order_) {
      const auto& states = automata_[r].states;
      from[r].resize(states.size());
      alive_[r].resize(states.size());
      for (uint32_t s = 0; s < states.size(); ++s) {
        for (const Edge& e : states[s].edges) from[r][e.to].push_back({s, e.rule});
        if (states[s].is_final) alive_[r][s] = true, work.push_back({r, s});
      }
    }
    const auto wake = [&](uint32_t r, uint32_t s) {
      if (!alive_[r][s]) alive_[r][s] = true, work.push_back({r, s});
    };
    while (!work.empty()) {
      const Place p = work.back();
      work.pop_back();
      for (const auto& [s, called] : from[p.rule][p.state]) {
        if (called == kNoRule || alive_[called][0])
          wake(p.rule, s);
        else
          waiting[called].push_back({p.rule, s});
      }
      if (p.state != 0) continue;
      for (const Place& w : waiting[p.rule]) wake(w.rule, w.state);
      waiting[p.rule].clear();
    }
  }

  void drop_dead_ends() {
    for (const uint32_t r : order_) {
      for (AutomatonState& s : automata_[r].states) {
        const auto is_dead = [&](const Edge& e) { return !alive_[r][e.to] || (is_call(e) && !alive_[e.rule][0]); };
        s.edges.erase(std::remove_if(s.edges.begin(), s.edges.end(), is_dead), s.edges.end());
      }
    }
  }

  // A rule whose first state calls another begins with it. Nothing moves back into a first state.
  Status check_left_recursion() const {
    enum : uint8_t { kNew, kOpen, kDone };
    std::vector<uint8_t> marks(automata_.size());
    struct Frame {
      uint32_t rule;
      size_t next;
    };
    for (const uint32_t root : order_) {
      if (marks[root] != kNew) continue;
      std::vector<Frame> path = {{root, 0}};
      marks[root] = kOpen;
      while (!path.empty()) {
        Frame& f = path.back();
        const auto& edges = automata_[f.rule].states[0].edges;
        if (f.next == edges.size()) {
          marks[f.rule] = kDone;
          path.pop_back();
          continue;
        }
        const uint32_t called = edges[f.next++].rule;
        if (called == kNoRule || marks[called] == kDone) continue;
        if (marks[called] == kOpen) {
          std::string way;
          auto at = std::find_if(path.begin(), path.end(), [&](const Frame& x) { return x.rule == called; });
          for (int shown = 0; at != path.end() && shown < 6; ++at, ++shown) way += name(at->rule) + " -> ";
          return Status(
              SOTTO_UNSUPPORTED,
              fmt::format("rule '{}' begins with itself ({}{}): left recursion is not taken; write it as a repetition",
                          name(called), way, name(called)));
        }
        marks[called] = kOpen;
        path.push_back({called, 0});
      }
    }
    return {};
  }

  std::shared_ptr<const Compiled> flatten() {
    auto out = std::make_shared<Compiled>();
    std::vector<uint32_t> index(automata_.size(), kNoRule), first;
    std::vector<uint32_t> kept;  // rules that can end
    for (const uint32_t r : order_)
      if (alive_[r][0]) index[r] = static_cast<uint32_t>(kept.size()), kept.push_back(r);
    uint32_t next = 0;
    for (const uint32_t r : kept) {
      out->starts.push_back(next);
      next += static_cast<uint32_t>(automata_[r].states.size());
    }
    for (const uint32_t r : kept) {
      for (AutomatonState& s : automata_[r].states) {
        Compiled::State state{static_cast<uint32_t>(out->edges.size()), static_cast<uint32_t>(out->calls.size()), index[r],
                              s.is_final, s.is_final && s.edges.empty()};
        std::sort(s.edges.begin(), s.edges.end(), [](const Edge& a, const Edge& b) { return a.first < b.first; });
        const uint32_t base = out->starts[index[r]];
        for (const Edge& e : s.edges) {
          if (is_call(e))
            out->calls.push_back({index[e.rule], base + e.to});
          else
            out->edges.push_back({static_cast<uint8_t>(e.first), static_cast<uint8_t>(e.last), base + e.to});
        }
        out->states.push_back(state);
      }
      automata_[r] = {};
    }
    out->states.push_back(
        {static_cast<uint32_t>(out->edges.size()), static_cast<uint32_t>(out->calls.size()), 0, false, false});
    out->root = index[syntax_.root];
    find_follow(out.get());
    return out;
  }

  static void find_follow(Compiled* c);

  const Syntax& syntax_;
  RuleFacts facts_;
  std::vector<Automaton> automata_;
  std::vector<std::vector<bool>> alive_;
  std::vector<uint32_t> order_;
};

// FIRST of states and FOLLOW of rules, as for LL parsers (Aho et al., Compilers, 4.4).
void Compiler::find_follow(Compiled* c) {
  const uint32_t count = c->state_count();
  const auto rules = static_cast<uint32_t>(c->starts.size());
  std::vector<Compiled::Bytes> first(rules);  // of each rule
  const auto first_of = [&](uint32_t s) {
    Compiled::Bytes bytes;
    for (uint32_t e = c->states[s].first_edge; e < c->states[s + 1].first_edge; ++e)
      for (uint32_t b = c->edges[e].first; b <= c->edges[e].last; ++b) bytes.set(b);
    for (uint32_t k = c->states[s].first_call; k < c->states[s + 1].first_call; ++k) bytes |= first[c->calls[k].rule];
    return bytes;
  };
  // Rules do not begin with themselves: each needs those that its first state calls, to the ends.
  std::vector<uint32_t> work;
  std::vector<uint8_t> marks(rules);
  for (uint32_t r = 0; r < rules; ++r) {
    work.push_back(r);
    while (!work.empty()) {
      const uint32_t at = work.back(), s = c->starts[at];
      if (marks[at]++ == 0)
        for (uint32_t k = c->states[s].first_call; k < c->states[s + 1].first_call; ++k)
          if (marks[c->calls[k].rule] == 0) work.push_back(c->calls[k].rule);
      if (work.back() != at) continue;
      first[at] = first_of(s);
      marks[at] = 1;
      work.pop_back();
    }
  }
  c->follow.assign(rules, {});
  std::vector<std::vector<uint32_t>> passes_on(rules);  // what may follow a rule may follow these
  for (uint32_t s = 0; s < count; ++s) {
    for (uint32_t k = c->states[s].first_call; k < c->states[s + 1].first_call; ++k) {
      const Compiled::Call& call = c->calls[k];
      c->follow[call.rule] |= first_of(call.to);
      if (c->states[call.to].is_final) passes_on[c->states[s].rule].push_back(call.rule);
    }
  }
  for (uint32_t r = 0; r < rules; ++r) work.push_back(r);
  while (!work.empty()) {
    const uint32_t r = work.back();
    work.pop_back();
    for (const uint32_t to : passes_on[r]) {
      const Compiled::Bytes both = c->follow[to] | c->follow[r];
      if (both != c->follow[to]) c->follow[to] = both, work.push_back(to);
    }
  }
}

}  // namespace

uint64_t Compiled::bytes() const {
  return states.size() * sizeof(State) + edges.size() * sizeof(ByteEdge) + calls.size() * sizeof(Call) +
         starts.size() * sizeof(uint32_t) + follow.size() * sizeof(Bytes);
}

Result<std::shared_ptr<const Compiled>> compile(const Syntax& syntax) {
  if (syntax.is_full())
    return Status(SOTTO_UNSUPPORTED, fmt::format("it has more than {} rules or {} parts", kMostRules, kMostExpressions));
  return Compiler(syntax).run();
}

}  // namespace sotto::grammar

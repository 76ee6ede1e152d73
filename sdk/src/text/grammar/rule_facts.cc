#include "text/grammar/rule_facts.h"

#include <algorithm>

#include "text/grammar/cycles.h"

namespace sotto::grammar {
namespace {

// A rule of at most so many states is written out where it is called: then tokens that reach past its end are known ahead too.
constexpr uint64_t kInlinedStates = 40;
constexpr uint32_t kWide = 64;  // code points; a loop over more is kept in one place, because its mask takes long
constexpr uint32_t kLoopRepeats = 8;

uint32_t size_of(const Ranges& ranges) {
  uint32_t count = 0;
  for (const Range& r : ranges) count += r.last - r.first + 1;
  return count;
}

class Facts {
 public:
  explicit Facts(const Syntax& syntax)
      : syntax_(syntax), callees_(syntax.rules().size()), callers_(callees_.size()), sizes_(callees_.size()) {
    facts_.is_inlined.resize(callees_.size());
    facts_.is_nullable.resize(callees_.size());
    for (uint32_t r = 0; r < callees_.size(); ++r) collect(r);
  }

  RuleFacts run() {
    find_nullable();
    const Cycles cycles = find_cycles(callees_);
    for (const uint32_t r : cycles.callees_first) {
      if (cycles.is_in_one[r] || r == syntax_.root) continue;
      const Size size = size_of_expr(syntax_.rules()[r].body);
      sizes_[r] = size;
      facts_.is_inlined[r] = size.states <= kInlinedStates && !size.loops_wide;
    }
    return std::move(facts_);
  }

 private:
  struct Size {
    uint64_t states = 0;
    bool is_wide = false, loops_wide = false;
  };

  void collect(uint32_t rule) {
    std::vector<Expr> work = {syntax_.rules()[rule].body};
    while (!work.empty()) {
      const ExprNode& n = syntax_.at(work.back());
      work.pop_back();
      if (n.kind == ExprKind::kRule) callees_[rule].push_back(n.rule);
      work.insert(work.end(), n.parts.begin(), n.parts.end());
    }
    std::sort(callees_[rule].begin(), callees_[rule].end());
    callees_[rule].erase(std::unique(callees_[rule].begin(), callees_[rule].end()), callees_[rule].end());
    for (const uint32_t c : callees_[rule]) callers_[c].push_back(rule);
  }

  bool is_nullable(Expr e) const {
    const ExprNode& n = syntax_.at(e);
    const auto nullable = [&](Expr part) { return is_nullable(part); };
    switch (n.kind) {
      case ExprKind::kNothing:
      case ExprKind::kChars:
      case ExprKind::kLiteral:
        return false;
      case ExprKind::kEmpty:
        return true;
      case ExprKind::kSequence:
        return std::all_of(n.parts.begin(), n.parts.end(), nullable);
      case ExprKind::kChoice:
        return std::any_of(n.parts.begin(), n.parts.end(), nullable);
      case ExprKind::kRepeat:
        return n.min == 0 || is_nullable(n.parts[0]);
      case ExprKind::kRule:
        return facts_.is_nullable[n.rule];
      case ExprKind::kGraph:  // made by readers for objects and lists, which have brackets around them
        return false;
      case ExprKind::kAutomaton:
        return !n.automaton->states.empty() && n.automaton->states[0].is_final;
    }
    return false;
  }

  void find_nullable() {
    std::vector<uint32_t> work(callees_.size());
    for (uint32_t r = 0; r < work.size(); ++r) work[r] = r;
    while (!work.empty()) {
      const uint32_t r = work.back();
      work.pop_back();
      if (facts_.is_nullable[r] || !is_nullable(syntax_.rules()[r].body)) continue;
      facts_.is_nullable[r] = true;
      work.insert(work.end(), callers_[r].begin(), callers_[r].end());
    }
  }

  Size size_of_expr(Expr e) const {
    const ExprNode& n = syntax_.at(e);
    Size size;
    switch (n.kind) {
      case ExprKind::kNothing:
      case ExprKind::kEmpty:
        break;
      case ExprKind::kChars:
        size.is_wide = size_of(n.chars) > kWide;
        size.states = size.is_wide ? 4 : 1;
        break;
      case ExprKind::kLiteral:
        size.states = n.text.size();
        break;
      case ExprKind::kRule:
        size = facts_.is_inlined[n.rule] ? sizes_[n.rule] : Size{1, false, false};
        break;
      case ExprKind::kAutomaton:
        size.states = n.automaton->states.size();
        for (const AutomatonState& s : n.automaton->states)
          for (const Edge& edge : s.edges) size.loops_wide = size.loops_wide || edge.last - edge.first >= kWide;
        break;
      case ExprKind::kSequence:
      case ExprKind::kChoice:
      case ExprKind::kRepeat:
      case ExprKind::kGraph:
        for (const Expr part : n.parts) {
          const Size p = size_of_expr(part);
          size.states = std::min<uint64_t>(size.states + p.states + 1, kMostStates);
          size.is_wide = size.is_wide || p.is_wide;
          size.loops_wide = size.loops_wide || p.loops_wide;
        }
    }
    if (n.kind != ExprKind::kRepeat) return size;
    const uint32_t times = n.max == kUnbounded ? n.min + 1 : n.max;
    size.states = std::min<uint64_t>(size.states * times, kMostStates);
    size.loops_wide = size.loops_wide || (size.is_wide && (n.max == kUnbounded || n.max > kLoopRepeats));
    return size;
  }

  const Syntax& syntax_;
  std::vector<std::vector<uint32_t>> callees_, callers_;
  std::vector<Size> sizes_;
  RuleFacts facts_;
};

}  // namespace

RuleFacts facts_of(const Syntax& syntax) { return Facts(syntax).run(); }

}  // namespace sotto::grammar

// syntax.h: a grammar as its rules say it, whether they came from GBNF or from a JSON Schema. Made by the readers, compiled by
// compile.h.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "text/grammar/limits.h"

namespace sotto::grammar {

struct Automaton;

// Code points, both ends included.
struct Range {
  uint32_t first, last;
};
using Ranges = std::vector<Range>;

constexpr uint32_t kLastCodePoint = 0x10FFFF;
constexpr uint32_t kNoRule = UINT32_MAX;
constexpr uint32_t kUnbounded = UINT32_MAX;

// Sorted, apart, without surrogates.
Ranges normalized(Ranges ranges);
Ranges complement(const Ranges& ranges);
Ranges intersection(const Ranges& a, const Ranges& b);

using Expr = uint32_t;  // a place in Syntax

// Of a graph: from one node to another by way of an expression.
struct Link {
  uint32_t from, to;
};

enum class ExprKind : uint8_t { kNothing, kEmpty, kChars, kLiteral, kSequence, kChoice, kRepeat, kRule, kAutomaton, kGraph };

struct ExprNode {
  ExprKind kind = ExprKind::kEmpty;
  uint32_t min = 0, max = 0;                   // kRepeat; max may be kUnbounded
  uint32_t rule = kNoRule;                     // kRule
  Ranges chars;                                // kChars
  std::string text;                            // kLiteral: UTF-8
  std::vector<Expr> parts;                     // kSequence, kChoice, kRepeat (one), kGraph (one for each link)
  std::vector<Link> links;                     // kGraph: from node 0 to node 1, in `max` nodes
  std::shared_ptr<const Automaton> automaton;  // kAutomaton: over code points, no calls; shared by its copies
};

struct Rule {
  std::string name;
  Expr body = 0;
};

// Rules and a pool of expressions; parts come before what they are part of, so that nothing holds itself.
class Syntax {
 public:
  Syntax() { add({}), add(node(ExprKind::kNothing)); }

  Expr empty() const { return 0; }
  Expr nothing() const { return 1; }
  Expr chars(Ranges ranges);  // normalised here; none: nothing
  Expr literal(std::string_view text);
  Expr sequence(std::vector<Expr> parts);
  Expr choice(std::vector<Expr> parts);  // of nothing: nothing
  Expr repeat(Expr part, uint32_t min, uint32_t max);
  Expr optional(Expr part) { return choice({part, empty()}); }
  Expr rule(uint32_t index);
  Expr automaton(std::shared_ptr<const Automaton> automaton);

  Expr graph(uint32_t nodes, std::vector<Link> links, std::vector<Expr> parts);

  uint32_t add_rule(std::string name);  // its body is nothing until it is set
  void set_body(uint32_t rule, Expr body) { rules_[rule].body = body; }

  const ExprNode& at(Expr e) const { return nodes_[e]; }
  const std::vector<Rule>& rules() const { return rules_; }
  size_t size() const { return nodes_.size(); }
  // More than a grammar may have: readers stop where this is said.
  bool is_full() const { return nodes_.size() > kMostExpressions || rules_.size() > kMostRules; }

  uint32_t root = 0;

 private:
  static ExprNode node(ExprKind kind) {
    ExprNode n;
    n.kind = kind;
    return n;
  }
  Expr add(ExprNode n) {
    nodes_.push_back(std::move(n));
    return static_cast<Expr>(nodes_.size() - 1);
  }

  std::vector<ExprNode> nodes_;
  std::vector<Rule> rules_;
};

}  // namespace sotto::grammar

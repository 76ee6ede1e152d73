#include "text/grammar/syntax.h"

#include <algorithm>

namespace sotto::grammar {
namespace {

constexpr Range kSurrogates = {0xD800, 0xDFFF};

}  // namespace

Ranges normalized(Ranges ranges) {
  Ranges parts;
  for (Range r : ranges) {
    r.last = std::min(r.last, kLastCodePoint);
    if (r.first < kSurrogates.first) parts.push_back({r.first, std::min(r.last, kSurrogates.first - 1)});
    if (r.last > kSurrogates.last) parts.push_back({std::max(r.first, kSurrogates.last + 1), r.last});
  }
  std::sort(parts.begin(), parts.end(), [](const Range& a, const Range& b) { return a.first < b.first; });
  Ranges out;
  for (const Range& r : parts) {
    if (r.first > r.last) continue;
    if (!out.empty() && r.first <= out.back().last + 1)
      out.back().last = std::max(out.back().last, r.last);
    else
      out.push_back(r);
  }
  return out;
}

Ranges complement(const Ranges& ranges) {
  Ranges out;
  uint32_t next = 0;
  for (const Range& r : normalized(ranges)) {
    if (r.first > next) out.push_back({next, r.first - 1});
    next = r.last + 1;
  }
  if (next <= kLastCodePoint) out.push_back({next, kLastCodePoint});
  return normalized(std::move(out));
}

Ranges intersection(const Ranges& a, const Ranges& b) {
  Ranges out;
  for (const Range& x : a)
    for (const Range& y : b)
      if (std::max(x.first, y.first) <= std::min(x.last, y.last))
        out.push_back({std::max(x.first, y.first), std::min(x.last, y.last)});
  return normalized(std::move(out));
}

Expr Syntax::chars(Ranges ranges) {
  ExprNode n = node(ExprKind::kChars);
  n.chars = normalized(std::move(ranges));
  return n.chars.empty() ? nothing() : add(std::move(n));
}

Expr Syntax::literal(std::string_view text) {
  if (text.empty()) return empty();
  ExprNode n = node(ExprKind::kLiteral);
  n.text = text;
  return add(std::move(n));
}

Expr Syntax::sequence(std::vector<Expr> parts) {
  if (std::find(parts.begin(), parts.end(), nothing()) != parts.end()) return nothing();
  parts.erase(std::remove(parts.begin(), parts.end(), empty()), parts.end());
  if (parts.empty()) return empty();
  if (parts.size() == 1) return parts[0];
  ExprNode n = node(ExprKind::kSequence);
  n.parts = std::move(parts);
  return add(std::move(n));
}

Expr Syntax::choice(std::vector<Expr> parts) {
  parts.erase(std::remove(parts.begin(), parts.end(), nothing()), parts.end());
  if (parts.empty()) return nothing();
  if (parts.size() == 1) return parts[0];
  ExprNode n = node(ExprKind::kChoice);
  n.parts = std::move(parts);
  return add(std::move(n));
}

Expr Syntax::repeat(Expr part, uint32_t min, uint32_t max) {
  if (part == empty() || max == 0) return empty();
  if (part == nothing()) return min == 0 ? empty() : nothing();
  if (min == 1 && max == 1) return part;
  ExprNode n = node(ExprKind::kRepeat);
  n.min = min;
  n.max = max;
  n.parts = {part};
  return add(std::move(n));
}

Expr Syntax::rule(uint32_t index) {
  ExprNode n = node(ExprKind::kRule);
  n.rule = index;
  return add(std::move(n));
}

Expr Syntax::automaton(std::shared_ptr<const Automaton> automaton) {
  ExprNode n = node(ExprKind::kAutomaton);
  n.automaton = std::move(automaton);
  return add(std::move(n));
}

Expr Syntax::graph(uint32_t nodes, std::vector<Link> links, std::vector<Expr> parts) {
  ExprNode n = node(ExprKind::kGraph);
  n.max = nodes;
  n.links = std::move(links);
  n.parts = std::move(parts);
  return add(std::move(n));
}

uint32_t Syntax::add_rule(std::string name) {
  rules_.push_back({std::move(name), nothing()});
  return static_cast<uint32_t>(rules_.size() - 1);
}

}  // namespace sotto::grammar

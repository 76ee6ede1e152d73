#include "text/grammar/json_numbers.h"

#include <algorithm>
#include <string>

namespace sotto::grammar {
namespace {

constexpr int64_t kExact = (int64_t{1} << 53) - 1;
constexpr uint32_t kDecimals = 15;

Expr digits(Syntax* s, uint32_t min, uint32_t max) { return s->repeat(s->chars({{'0', '9'}}), min, max); }
Expr digit_between(Syntax* s, char first, char last) {
  return first > last ? s->nothing() : s->chars({{static_cast<uint32_t>(first), static_cast<uint32_t>(last)}});
}

// Numbers of as many digits as `text` has, from it on or up to it.
Expr half_bounded(Syntax* s, std::string_view text, bool is_least) {
  if (text.empty()) return s->empty();
  const auto rest = static_cast<uint32_t>(text.size() - 1);
  const Expr others =
      is_least ? digit_between(s, static_cast<char>(text[0] + 1), '9') : digit_between(s, '0', static_cast<char>(text[0] - 1));
  return s->choice({s->sequence({s->literal(text.substr(0, 1)), half_bounded(s, text.substr(1), is_least)}),
                    s->sequence({others, digits(s, rest, rest)})});
}

// Both have the same number of digits, least <= most.
Expr same_length(Syntax* s, std::string_view least, std::string_view most) {
  size_t same = 0;
  while (same < least.size() && least[same] == most[same]) ++same;
  const Expr head = s->literal(least.substr(0, same));
  least.remove_prefix(same);
  most.remove_prefix(same);
  if (least.empty()) return head;
  const auto rest = static_cast<uint32_t>(least.size() - 1);
  const Expr between = digit_between(s, static_cast<char>(least[0] + 1), static_cast<char>(most[0] - 1));
  return s->sequence({head, s->choice({s->sequence({s->literal(least.substr(0, 1)), half_bounded(s, least.substr(1), true)}),
                                       s->sequence({between, digits(s, rest, rest)}),
                                       s->sequence({s->literal(most.substr(0, 1)), half_bounded(s, most.substr(1), false)})})});
}

Expr naturals(Syntax* s, uint64_t least, uint64_t most) {
  if (least > most) return s->nothing();
  std::vector<Expr> lengths;
  const std::string last = std::to_string(most);
  for (std::string from = std::to_string(least); from.size() <= last.size();) {
    const std::string to = from.size() == last.size() ? last : std::string(from.size(), '9');
    lengths.push_back(same_length(s, from, to));
    from = "1" + std::string(to.size(), '0');
  }
  return s->choice(std::move(lengths));
}

uint64_t magnitude(int64_t negative) { return uint64_t{0} - static_cast<uint64_t>(negative); }

// What lies on one side of zero, sign left out: [least, most] without their ends where they are exclusive.
struct Side {
  uint64_t least, most;
  bool without_least, without_most;
};

Expr decimals_of(Syntax* s, const Side& side) {
  if (side.least > side.most) return s->nothing();
  const Expr point = s->literal(".");
  const Expr fraction = s->sequence({point, digits(s, 1, kDecimals)});
  const Expr above_zero = s->sequence({point, digits(s, 0, 7), s->chars({{'1', '9'}}), digits(s, 0, 7)});
  std::vector<Expr> ways;
  const uint64_t first = side.least + (side.without_least ? 1 : 0);
  if (side.most > 0 || !side.without_most) ways.push_back(naturals(s, first, side.most - (side.without_most ? 1 : 0)));
  if (side.most > side.least) {
    if (side.without_least) ways.push_back(s->sequence({naturals(s, side.least, side.least), above_zero}));
    if (first <= side.most - 1) ways.push_back(s->sequence({naturals(s, first, side.most - 1), fraction}));
  }
  return s->choice(std::move(ways));
}

}  // namespace

Expr integers(const Bounds& bounds, Syntax* s) {
  int64_t least = bounds.least ? bounds.least->value : -kExact, most = bounds.most ? bounds.most->value : kExact;
  if (bounds.least && !bounds.most && least > kExact) most = INT64_MAX;
  if (bounds.most && !bounds.least && most < -kExact) least = INT64_MIN;
  if (bounds.least && bounds.least->is_exclusive) {
    if (least == INT64_MAX) return s->nothing();
    ++least;
  }
  if (bounds.most && bounds.most->is_exclusive) {
    if (most == INT64_MIN) return s->nothing();
    --most;
  }
  if (least > most) return s->nothing();
  std::vector<Expr> sides;
  if (least < 0) sides.push_back(s->sequence({s->literal("-"), naturals(s, most < 0 ? magnitude(most) : 1, magnitude(least))}));
  if (most >= 0) sides.push_back(naturals(s, static_cast<uint64_t>(std::max<int64_t>(least, 0)), static_cast<uint64_t>(most)));
  return s->choice(std::move(sides));
}

Expr numbers(const Bounds& bounds, Syntax* s) {
  if (!bounds.least && !bounds.most) {
    const Expr whole = s->choice({s->literal("0"), s->sequence({s->chars({{'1', '9'}}), digits(s, 0, kDecimals)})});
    const Expr fraction = s->sequence({s->literal("."), digits(s, 1, kDecimals)});
    const Expr exponent =
        s->sequence({s->chars({{'e', 'e'}, {'E', 'E'}}), s->optional(s->chars({{'+', '+'}, {'-', '-'}})), digits(s, 1, 2)});
    return s->sequence({s->optional(s->literal("-")), whole, s->optional(fraction), s->optional(exponent)});
  }
  const Bound least = bounds.least.value_or(Bound{std::min(-kExact, bounds.most ? bounds.most->value : 0), false});
  const Bound most = bounds.most.value_or(Bound{std::max(kExact, bounds.least ? bounds.least->value : 0), false});
  if (least.value > most.value || (least.value == most.value && (least.is_exclusive || most.is_exclusive))) return s->nothing();
  std::vector<Expr> sides;
  if (least.value < 0) {
    Side side{most.value < 0 ? magnitude(most.value) : 0, magnitude(least.value), most.value <= 0 && most.is_exclusive,
              least.is_exclusive};
    if (side.least == 0) side.without_least = true;  // zero has no sign
    sides.push_back(s->sequence({s->literal("-"), decimals_of(s, side)}));
  }
  if (most.value >= 0) {
    const bool from_least = least.value >= 0;
    sides.push_back(decimals_of(s, {from_least ? static_cast<uint64_t>(least.value) : 0, static_cast<uint64_t>(most.value),
                                    from_least && least.is_exclusive, most.is_exclusive}));
  }
  return s->choice(std::move(sides));
}

}  // namespace sotto::grammar

// json_numbers.h: numbers between bounds, as JSON writes them. Inside the grammar folder only.
#pragma once

#include <cstdint>
#include <optional>

#include "text/grammar/syntax.h"

namespace sotto::grammar {

struct Bound {
  int64_t value;
  bool is_exclusive;
};
struct Bounds {
  std::optional<Bound> least, most;
};

// Whole numbers in their shortest spelling. What is not bounded ends at 2^53 - 1, which every reader of JSON keeps exactly.
Expr integers(const Bounds& bounds, Syntax* syntax);
// With up to 15 decimals; without bounds also with exponents of up to two digits.
Expr numbers(const Bounds& bounds, Syntax* syntax);

}  // namespace sotto::grammar

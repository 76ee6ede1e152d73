// agree.h: which hypothesis of a recogniser's n-best list to believe, as far as its values go.
#pragma once

#include <string_view>

#include "base/span.h"
#include "sotto/values.h"

namespace sotto::values {

struct Hypothesis {
  std::string_view text;
  double score;  // natural logarithm of its likelihood, finite
};

struct Agreement {
  uint32_t hypothesis;
  double share;
};

// The likeliest hypothesis of those whose values the most likelihood agrees on. REQUIRES: 1 to SOTTO_HYPOTHESES_MAX of them.
Agreement agree(Span<const Hypothesis> hypotheses, const sotto_values_options& options);

}  // namespace sotto::values

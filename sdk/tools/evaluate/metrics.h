// metrics.h: figures of an evaluation, from what was wanted and what came.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "json.h"

namespace sotto::tools {

// Pairs of what was wanted and what came ("": nothing was given). {"count", "given", "accuracy", "accuracy_half_width" (95 %,
// of the normal approximation), "macro_f1" over the labels that were wanted, "labels": {label: {"precision", "recall", "f1",
// "count"}}, "confusion": {wanted: {came: count}}}.
Json classification(const std::vector<std::pair<std::string, std::string>>& wanted_and_came);

// {"count", "rate", "half_width"} of yes among all.
Json rate(size_t yes, size_t all);

// Of answers: {"count", "distinct_1", "distinct_2" (different words and pairs of words among all of them; Li et al. 2016,
// arXiv:1510.03055), "repetition" (share of triples of words that stood in the same answer before), "mean_words"}. A Han
// character is a word.
Json naturalness(const std::vector<std::string>& answers);

// {"count", "median", "p95", "most"}
Json distribution(std::vector<double> values);

// Of the straight line through values at 0, 1, 2, ... (least squares); 0 for fewer than two.
double slope(const std::vector<double>& values);

// Words for the figures above, in lower case.
std::vector<std::string> words_of(const std::string& text);

}  // namespace sotto::tools

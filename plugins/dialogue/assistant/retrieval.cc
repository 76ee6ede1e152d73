#include "retrieval.h"

#include <algorithm>
#include <cmath>

namespace sotto::assistant {

LineIndex::LineIndex(const std::vector<Line>& lines) : lines_(lines), lengths_(lines.size(), 0) {
  std::vector<Grams> grams;
  for (uint32_t i = 0; i < lines.size(); ++i) {
    grams.push_back(grams_of(normal_form(lines[i].said)));
    for (const uint64_t gram : grams.back()) places_[gram].push_back(i);
  }
  for (size_t i = 0; i < lines.size(); ++i) {
    for (const uint64_t gram : grams[i]) lengths_[i] += weight_of(gram) * weight_of(gram);
    lengths_[i] = std::sqrt(lengths_[i]);
  }
}

double LineIndex::weight_of(uint64_t gram) const {
  const auto at = places_.find(gram);
  const double in = at == places_.end() ? 0 : static_cast<double>(at->second.size());
  return std::log((static_cast<double>(lines_.size()) + 1) / (in + 0.5));
}

std::unordered_map<uint32_t, double> LineIndex::sums_of(std::string_view normal, bool only_known, double* length) const {
  std::unordered_map<uint32_t, double> sums;
  double square = 0;
  for (const uint64_t gram : grams_of(normal)) {
    const double weight = weight_of(gram);
    const auto at = places_.find(gram);
    if (at != places_.end())
      for (const uint32_t line : at->second) sums[line] += weight * weight;
    if (!only_known || at != places_.end()) square += weight * weight;
  }
  *length = std::sqrt(square);
  return sums;
}

Retrieved LineIndex::find(std::string_view normal) const {
  double length = 0;
  Retrieved best;
  uint32_t first = 0;
  for (const auto& [line, sum] : sums_of(normal, false, &length)) {
    const double score = lengths_[line] > 0 && length > 0 ? sum / (lengths_[line] * length) : 0;
    if (score > best.score || (score == best.score && line < first)) best = {&lines_[line], score}, first = line;
  }
  return best;
}

std::map<std::string, double> LineIndex::best_of_answers(std::string_view normal) const {
  double length = 0;
  std::map<std::string, double> best;
  for (const auto& [line, sum] : sums_of(normal, true, &length)) {
    double& score = best[lines_[line].answer];
    if (lengths_[line] > 0 && length > 0) score = std::max(score, sum / (lengths_[line] * length));
  }
  return best;
}

}  // namespace sotto::assistant

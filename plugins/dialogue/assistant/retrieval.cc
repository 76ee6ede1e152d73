#include "retrieval.h"

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

Retrieved LineIndex::find(std::string_view normal) const {
  std::unordered_map<uint32_t, double> sums;
  double length = 0;
  for (const uint64_t gram : grams_of(normal)) {
    const double weight = weight_of(gram);
    length += weight * weight;
    if (const auto at = places_.find(gram); at != places_.end())
      for (const uint32_t line : at->second) sums[line] += weight * weight;
  }
  Retrieved best;
  uint32_t first = 0;
  for (const auto& [line, sum] : sums) {
    const double score = lengths_[line] > 0 && length > 0 ? sum / (lengths_[line] * std::sqrt(length)) : 0;
    if (score > best.score || (score == best.score && line < first)) best = {&lines_[line], score}, first = line;
  }
  return best;
}

}  // namespace sotto::assistant

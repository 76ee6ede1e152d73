// retrieval.h: reviewed answers by likeness of the words: small talk and refusals. An index of pieces with their weights
// (inverse document frequency; Sparck Jones 1972), cosine of weighted pieces.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "domain.h"

namespace sotto::assistant {

struct Retrieved {
  const Line* line = nullptr;
  double score = 0;  // 0 to 1
};

// const after construction, any thread. The lines live as long.
class LineIndex {
 public:
  explicit LineIndex(const std::vector<Line>& lines);
  Retrieved find(std::string_view normal) const;
  // For each answer that shares a piece with the text the score of its best line. Pieces that no line has do not count against
  // any.
  std::map<std::string, double> best_of_answers(std::string_view normal) const;
  bool is_empty() const { return lines_.empty(); }

 private:
  double weight_of(uint64_t gram) const;
  // Sums by line, and the text's own length: of all its pieces, or of those that are known.
  std::unordered_map<uint32_t, double> sums_of(std::string_view normal, bool only_known, double* length) const;

  const std::vector<Line>& lines_;
  std::unordered_map<uint64_t, std::vector<uint32_t>> places_;  // gram to lines
  std::vector<double> lengths_;
};

}  // namespace sotto::assistant

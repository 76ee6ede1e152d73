// retrieval.h: reviewed answers by likeness of the words: small talk and refusals. An index of pieces with their weights
// (inverse document frequency; Sparck Jones 1972), cosine of weighted pieces.
#pragma once

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

 private:
  double weight_of(uint64_t gram) const;

  const std::vector<Line>& lines_;
  std::unordered_map<uint64_t, std::vector<uint32_t>> places_;  // gram to lines
  std::vector<double> lengths_;
};

}  // namespace sotto::assistant

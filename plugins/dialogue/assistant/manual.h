// manual.h: a device's manual, of which the passage that a question is about is quoted. A passage's score is the share of the
// question's telling pieces that it has, each weighted by how few passages have it (inverse document frequency; Sparck Jones
// 1972); words that only ask ("how do I") do not count.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "text.h"

namespace sotto::assistant {

struct Passage {
  std::string title, text;  // as they stand in the manual, on one line
};

struct Quoted {
  const Passage* passage = nullptr;
  double score = 0;  // 0 to 1
};

// const after construction, any thread.
class Manual {
 public:
  // Passages between empty lines, titles in lines that begin with '#'. Throws SOTTO_INVALID_ARGUMENT with the line.
  static Manual read(std::string_view text);

  Quoted find(std::string_view normal) const;
  bool is_empty() const { return passages_.empty(); }

 private:
  void add(Passage passage, size_t line);
  double weight_of(uint64_t gram) const;

  std::vector<Passage> passages_;
  std::unordered_map<uint64_t, std::vector<uint32_t>> places_;  // gram to passages
};

// Whether the words ask how something is done or what it means: "怎么", "how do I".
bool asks_how(std::string_view normal);

}  // namespace sotto::assistant

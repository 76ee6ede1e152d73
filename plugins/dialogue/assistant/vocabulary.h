// vocabulary.h: the words of a maker's function, and how much of what was said they tell: rare words of a device's talk count,
// those of every other wish hardly do.
#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "domain.h"

namespace sotto::assistant {

// A word without its ending, a Han character or a pair of them.
struct Term {
  uint64_t hash = 0;
  uint64_t parts[2] = {0, 0};  // of a pair: its characters
  bool is_single = false;      // one Han character: it says less
};
using Terms = std::vector<Term>;             // by hash, each once
Terms terms_of(std::string_view normal);     // what stands in braces is none; figures are none
Terms joined(Terms all, const Terms& more);  // by hash, each once

// How rare words are among the sentences of the domain: log((n + 1) / (in + 1/2)) (Sparck Jones 1972), 1 for those of no
// sentence. const after construction, any thread.
class Rarity {
 public:
  Rarity() = default;
  explicit Rarity(const std::vector<Line>& lines);
  double of(const Term& term) const;

 private:
  std::unordered_map<uint64_t, uint32_t> in_;
  size_t lines_ = 0;
};

// One thread at a time.
class Vocabulary {
 public:
  void add_sentence(std::string_view normal, bool is_question);
  void add_words(std::string_view normal);  // that belong to it without being typical: choices, names
  bool is_empty() const { return sentences_.empty(); }
  bool has_questions() const { return has_questions_; }

  // From 0 to 1: the geometric mean of the share of the words said that are the function's, and of the share of its most
  // typical sentence's words that were said.
  double likeness(const Terms& said, const Rarity& rarity) const;

 private:
  double typical(const Terms& terms, const Rarity& rarity) const;  // sum of the typical words among them
  double known_share(const Terms& said, const Rarity& rarity) const;
  bool knows(uint64_t hash) const { return sentences_.count(hash) != 0 || words_.count(hash) != 0; }

  std::vector<Terms> all_;                          // of the sentences
  std::unordered_map<uint64_t, double> sentences_;  // share of the sentences that have the term
  std::unordered_map<uint64_t, bool> words_;
  bool has_questions_ = false;
};

}  // namespace sotto::assistant

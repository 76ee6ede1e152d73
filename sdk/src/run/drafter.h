// drafter.h: guesses the next tokens of an answer from the session's own text, for one step that checks all of them.
//
// Prompt lookup (LLMA, Yang et al. 2023, arXiv:2304.04487; Saxena 2023): where the last few tokens stood before, the text may
// go on as it did then. The generate loop keeps a guess only if the sampler chooses the same token from the same logits, so
// that the text is what it is without guesses, greedy or sampled; what a guess costs is a row of a step. The drafter watches
// how often it was right and what rows cost, and stays silent where that does not pay.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "base/span.h"

namespace sotto {

// One session's. One thread.
class Drafter {
 public:
  static constexpr uint32_t kMost = 12;

  Drafter();

  // `tokens`: all of the session. Those it has not seen are indexed; the first call makes the index, for texts of `context`.
  void read(Span<const uint32_t> tokens, uint32_t context);
  // One more token was chosen, the last of `tokens`: was it the guess? Costs no step, whether the guess was tried or not.
  void follow(Span<const uint32_t> tokens);
  // Tokens from `length` on are gone.
  void rewind(uint32_t length);

  // The guess behind `tokens`, at most `most` long, valid until the next call; empty where there is none or it does not pay.
  Span<const uint32_t> draft(Span<const uint32_t> tokens, uint32_t most);
  // What a step with so many rows took.
  void took(uint32_t rows, std::chrono::nanoseconds time);

 private:
  static constexpr uint32_t kGrams[] = {5, 3, 2};  // how many tokens have to be the same, longest first
  static constexpr size_t kLevels = sizeof kGrams / sizeof *kGrams;
  uint32_t* slot(size_t level, const uint32_t* end);
  uint32_t continuation(Span<const uint32_t> tokens, size_t level);
  uint32_t worthwhile(uint32_t most) const;

  std::vector<uint32_t> slots_;  // [level][hash]: behind the latest such tokens; may be wrong, so that it is compared
  uint32_t mask_ = 0;
  uint32_t indexed_ = 0;
  std::vector<uint32_t> guess_;
  size_t checked_ = 0;    // of guess_
  double right_ = 0;      // part of the guesses that were right, lately
  uint32_t count_ = 1;    // of them; begins with one that was not
  double single_ns_ = 0;  // a step of one row; 0: not known yet
  double extra_;          // what each further row takes of that
};

}  // namespace sotto

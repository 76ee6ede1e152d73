// sampler.h: from logits to the next token. For the generate loop.
#pragma once

#include <cstdint>
#include <vector>

#include "base/span.h"
#include "base/status.h"
#include "sotto/session.h"
#include "text/grammar/token_matcher.h"

namespace sotto {

// One generation's sampler; one thread. Buffers are made once: nothing is allocated per token, nothing sorts the vocabulary.
//
// Order: biases, the grammar's mask, the caller's, penalties; then top_k, top_p, min_p on the distribution at temperature 1;
// then the temperature. Randomness is counter-based (SplitMix64 of seed and step), so that the same seed gives the same text on
// every run. Top-p: Holtzman et al. 2020 (arXiv:1904.09751); min-p: Nguyen et al. 2024 (arXiv:2407.01082); repetition penalty:
// Keskar et al. 2019 (arXiv:1909.05858).
class Sampler {
 public:
  // Borrows the options with their arrays and callbacks, and the matcher, which may be nullptr.
  Sampler(const sotto_generate_options& options, uint32_t vocabulary, grammar::TokenMatcher* matcher = nullptr);

  // Are the options possible with this vocabulary?
  Status check() const;

  struct Choice {
    uint32_t token = SOTTO_NONE;
    float logprob = 0;  // of the model's own distribution, where the options want it
    bool ended_by_mask = false;
  };
  // The next token. Changes the logits. `recent`: all tokens so far, the last ones count. SOTTO_INVALID_ARGUMENT when nothing
  // is left to choose from, SOTTO_INTERNAL when the model's logits are no numbers. `at_text_start`: of TokenMatcher::fill.
  Result<Choice> next(Span<float> logits, Span<const uint32_t> recent, bool at_text_start = false);

 private:
  struct Candidate {
    uint32_t token;
    float logit;
    float weight;  // exp(logit - highest)
  };
  void apply_penalties(Span<float> logits, Span<const uint32_t> recent);
  uint32_t draw(Span<const float> logits, float top);
  float reach(Span<const float> logits, float top, double* mass) const;
  void filter(double mass);

  const sotto_generate_options& options_;
  const uint32_t vocabulary_;
  grammar::TokenMatcher* const matcher_;
  uint64_t step_ = 0;
  std::vector<float> raw_;  // the model's own logits, while they are wanted
  std::vector<Candidate> candidates_;
  std::vector<uint16_t> counts_;  // per token of the vocabulary, only while penalties are applied
};

// log softmax(logits)[token]
float log_probability(Span<const float> logits, uint32_t token);

}  // namespace sotto

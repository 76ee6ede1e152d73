// token_matcher.h: where a generation stands in its grammar, token by token. For the sampler and for hosts that step
// themselves.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "text/grammar/mask_cache.h"

namespace sotto::grammar {

// One thread at a time; copying forks: the copies share grammar and masks.
class TokenMatcher {
 public:
  // `masks` may be nullptr: then only text can be matched.
  TokenMatcher(std::shared_ptr<const Compiled> grammar, std::shared_ptr<const MaskCache> masks);

  // Makes the bits of what may come next: tokens, and the ends of text where the grammar may end. `at_text_start`: the reader
  // drops a mark at the beginning of the text, so that tokens which begin with one are left out.
  Status fill(bool at_text_start);
  const std::vector<uint64_t>& bits() const { return bits_; }  // of the last fill
  // -infinity for what the last fill left out. Nothing is left: SOTTO_MISMATCH.
  Status forbid(float* logits, uint32_t count) const;

  // Ends of text are taken where the grammar may end, and change nothing. SOTTO_INVALID_ARGUMENT: not allowed here.
  Status accept(uint32_t token);
  // All of it or nothing; counts as one step.
  Status accept_text(std::string_view text);
  void rewind(uint32_t steps);  // goes back to where it was after so many

  uint32_t steps() const { return static_cast<uint32_t>(depths_.size()); }
  bool is_complete() const { return matcher_.is_complete(); }
  bool can_go_on() const { return matcher_.can_go_on(); }
  const MaskCache* masks() const { return masks_.get(); }

 private:
  Status take(std::string_view bytes, const char* what);

  std::shared_ptr<const Compiled> grammar_;
  std::shared_ptr<const MaskCache> masks_;
  Matcher matcher_;
  std::vector<uint32_t> depths_;  // bytes before each step
  std::vector<uint64_t> bits_;
};

}  // namespace sotto::grammar

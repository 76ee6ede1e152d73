// mask_cache.h: which tokens a grammar allows in which of its states. Adaptive token masks after XGrammar (Dong et al. 2024,
// arXiv:2411.15100): a state's mask is computed once and kept; only tokens that reach past the end of the state's rule depend
// on who called it, and are matched when they are asked for.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "text/grammar/compile.h"
#include "text/grammar/matcher.h"
#include "text/grammar/token_order.h"

namespace sotto::grammar {

// Shared by all matchers of a grammar with a vocabulary. [any thread]
class MaskCache {
 public:
  MaskCache(std::shared_ptr<const Compiled> grammar, std::shared_ptr<const TokenOrder> order);

  // Sets the bits of the tokens that the matcher allows, of `order().words()` words; ends of text are not among them. The
  // matcher is used and left as it was.
  Status fill(Matcher* matcher, uint64_t* bits) const;
  // Computes masks before they are needed, from the root on, as far as `steps` go.
  void prepare(uint64_t steps) const;

  const TokenOrder& order() const { return *order_; }
  const Compiled& grammar() const { return *grammar_; }
  uint64_t bytes() const;  // kept
  uint32_t masks() const;  // kept
  uint32_t classes() const { return class_count_; }

 private:
  struct Mask {
    std::vector<uint64_t> bits;  // of what is allowed whoever called; empty where `few` is shorter
    std::vector<uint32_t> few;   // ids
    std::vector<uint32_t> open;  // places of tokens that depend on the caller
    uint64_t steps = 0;
    uint64_t bytes() const { return bits.size() * 8 + (few.size() + open.size()) * 4 + sizeof(Mask); }
  };
  using MaskRef = std::shared_ptr<const Mask>;

  MaskRef mask_of(uint32_t state) const;
  Mask compute(uint32_t state) const;
  void find_classes();

  std::shared_ptr<const Compiled> grammar_;
  std::shared_ptr<const TokenOrder> order_;
  std::vector<uint32_t> classes_;  // of states that no token can tell apart, one mask
  uint32_t class_count_ = 0;
  mutable std::mutex mutex_;  // guards the rest; not held while a mask is computed
  mutable std::vector<MaskRef> masks_;
  mutable uint64_t bytes_ = 0;
  mutable uint32_t kept_ = 0;
};

}  // namespace sotto::grammar

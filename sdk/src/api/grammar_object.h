// grammar_object.h: the objects behind sotto_grammar and sotto_matcher, and a call on a matcher.
#pragma once

#include <atomic>
#include <memory>

#include "run/engine.h"
#include "sotto/grammar.h"
#include "text/grammar/token_matcher.h"

struct sotto_grammar {
  std::shared_ptr<const sotto::grammar::Compiled> compiled;
  std::shared_ptr<const sotto::grammar::MaskCache> masks;  // nullptr: without a model
};

namespace sotto {

struct MatcherState {
  explicit MatcherState(grammar::TokenMatcher m) : matcher(std::move(m)) {}
  grammar::TokenMatcher matcher;
  std::atomic<bool> is_used{false};
  std::atomic<uint32_t> steps{0};
};

}  // namespace sotto

struct sotto_matcher {
  std::shared_ptr<sotto::MatcherState> state;  // held by the call that uses it: its handle may be destroyed meanwhile
};

namespace sotto {

// One call's use of a matcher, which may be NULL where check_for is asked.
class MatcherUse {
 public:
  explicit MatcherUse(const sotto_matcher* matcher) : is_given_(matcher != nullptr) {
    if (matcher && !matcher->state->is_used.exchange(true)) state_ = matcher->state;
  }
  MatcherUse(const MatcherUse&) = delete;
  MatcherUse& operator=(const MatcherUse&) = delete;
  ~MatcherUse() {
    if (!state_) return;
    state_->steps.store(state_->matcher.steps());
    state_->is_used.store(false);
  }
  Status check() const;                          // given, and not in use
  Status check_for(const Engine& engine) const;  // the same where it is given, and of this engine's vocabulary
  grammar::TokenMatcher* get() const { return state_ ? &state_->matcher : nullptr; }

 private:
  std::shared_ptr<MatcherState> state_;
  bool is_given_;
};

}  // namespace sotto

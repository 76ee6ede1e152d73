// evidence.h: a second opinion on what a text means: likeness to the sentences that the heads were trained with. A small model
// knows paraphrases, words know the sentences as they were written; both are asked, and their probabilities multiplied.
#pragma once

#include <array>
#include <functional>

#include "domain.h"
#include "retrieval.h"
#include "understanding.h"

namespace sotto::assistant {

// const after construction, any thread. The domain lives as long.
class Evidence {
 public:
  explicit Evidence(const Domain& domain);
  // How alike a text is to the nearest example of an intent.
  double likeness(std::string_view normal, Language language, const std::string& intent) const;
  // Changes understood->intents to what both say together. Nothing where the domain has no examples or the model gave no guess.
  void weigh(std::string_view normal, Language language, Understood* understood) const;

 private:
  std::array<LineIndex, kLanguages> examples_, talk_;
};

// Multiplies the odds of the intents that `is_meant` holds for, and sorts anew.
void favour(const std::function<bool(const std::string& intent)>& is_meant, double odds, Understood* understood);

}  // namespace sotto::assistant

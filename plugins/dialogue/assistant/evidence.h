// evidence.h: a second opinion on what a text means: likeness to the sentences that the heads were trained with. A small model
// knows paraphrases, words know the sentences as they were written; both are asked, and their probabilities multiplied.
#pragma once

#include <array>

#include "domain.h"
#include "retrieval.h"
#include "understanding.h"

namespace sotto::assistant {

// const after construction, any thread. The domain lives as long.
class Evidence {
 public:
  explicit Evidence(const Domain& domain);
  // Changes understood->intents to what both say together. Nothing where the domain has no examples or the model gave no guess.
  void weigh(std::string_view normal, Language language, Understood* understood) const;
  // What acts on devices of these kinds is likelier where one of them was named, or was spoken of a moment ago.
  static void favour(const Domain& domain, const std::vector<std::string>& kinds, Understood* understood);

 private:
  std::array<LineIndex, kLanguages> examples_, talk_;
};

}  // namespace sotto::assistant

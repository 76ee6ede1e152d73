// choice.h: which of the maker's own functions a text means, or none: likeness of words to the examples, and of the means of
// hidden states where the model gives them. The head of the model knows nothing of these functions.
#pragma once

#include <vector>

#include "functions.h"

namespace sotto::assistant {

struct Chosen {
  const Function* function = nullptr;
  double score = 0, words = 0;  // the whole, and of the words alone
  double margin = 0;            // ahead of the next function
};

// The function most alike. `mean`: of the text, may be empty.
Chosen choose_function(const Functions& functions, std::string_view normal, const std::vector<float>& mean);

}  // namespace sotto::assistant

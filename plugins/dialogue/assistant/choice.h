// choice.h: which of the maker's own functions a text is about, by their examples and descriptions, or none of them.
#pragma once

#include <string_view>

#include "world.h"

namespace sotto::assistant {

struct Chosen {
  const Function* function = nullptr;  // the most alike; nullptr where there is none of one's own
  double score = 0;                    // 0 to 1: 0.5 is as likely as not
  double margin = 0;                   // over the next function
  bool is_as_written = false;          // the text is one of its examples
};

// Functions of intents of the domain are not looked at: the head knows them. `mean`: hidden state of the text, may be empty.
Chosen choose_function(const World& world, const std::string& text, Language language, const std::vector<float>& mean);

}  // namespace sotto::assistant

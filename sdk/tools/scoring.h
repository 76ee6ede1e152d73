// scoring.h: how well a model predicts a text.
//
// The text's tokens are cut into windows of the context length that do not overlap. Where the model wants a beginning-of-text
// token, each window begins with one. Every token of a window but its first is scored. A text shorter than the context is one
// window.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "loading.h"

namespace sotto::tools {

struct Scoring {
  uint64_t tokens = 0;   // of the text
  uint64_t windows = 0;  // of at most `context` tokens
  uint32_t context = 0;
  double mean_nll = 0;              // natural logarithm, over the scored tokens
  std::vector<uint32_t> likeliest;  // the id that the model expected most, for every scored token

  uint64_t scored() const { return likeliest.size(); }
  double perplexity() const;
};

// `name` stands for the text in messages. Throws sotto::Error.
Scoring score(Console& console, const ModelHandle& model, const std::string& text, const std::string& name, bool is_quiet);

}  // namespace sotto::tools

// understanding.h: what a model makes of one text, as the dialogue needs it; model_understanding.h has the one with heads.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sotto::assistant {

struct Guess {
  std::string label;
  double probability = 0;
};

struct Span {
  std::string slot;
  size_t begin = 0, end = 0;  // bytes of the text
  double probability = 0;
};

struct Understood {
  std::vector<Guess> intents;  // likeliest first; may be empty
  double threshold = 0.5;      // that the first one's probability must reach
  double out_of_scope = 0;     // probability; 0 where no head says
  std::vector<Span> spans;     // apart from each other, in order
  std::vector<float> mean;     // of the hidden states of the words; empty where there are none
  std::vector<float> end;      // the hidden state behind the turn's last token; empty where there is none
  bool has_head = true;        // false: no head says what is meant, likeness to examples decides

  double probability_of(std::string_view label) const {
    for (const Guess& guess : intents)
      if (guess.label == label) return guess.probability;
    return 0;
  }
};

// One thread at a time.
class Understanding {
 public:
  virtual ~Understanding() = default;
  virtual Understood read(const std::string& text) = 0;  // throws Failure
  virtual void cancel() {}                               // [any thread] ends a read in progress
  virtual uint64_t tokens() const { return 0; }          // that went through the model so far
};

}  // namespace sotto::assistant

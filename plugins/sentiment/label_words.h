// label_words.h: a task put to a model without a head for it: how likely is each label's word behind a question?
//
// A word counts with as many of its first tokens as tell it from the others, so that words with different first tokens cost
// nothing but the question. Models prefer some words whatever the text says; contextual calibration (Zhao et al. 2021,
// arXiv:2102.09690) divides by what they answer to inputs without content.
#pragma once

#include "head.h"
#include "prompt.h"
#include "run.h"

namespace sotto::sentiment {

class LabelWords {
 public:
  LabelWords(const Prompt& prompt, const Task& task, const Wording& wording);

  // Asks the contentless inputs on `session`, which begins and ends empty. Once, before `read`.
  void calibrate(Run& run, sotto_session* session, const Prompt& prompt);
  bool is_calibrated() const { return is_calibrated_; }
  // `session` ends with a user's turn, and does so again afterwards.
  Shares read(Run& run, sotto_session* session) const;
  size_t room() const { return room_; }  // tokens that the question and the longest word take

 private:
  using Group = std::vector<size_t>;  // labels whose words begin alike
  Shares ask_words(Run& run, sotto_session* session) const;
  void descend(Run& run, sotto_session* session, const Group& group, size_t depth, const std::vector<float>& logits,
               double* scores) const;

  size_t labels_;
  Ids question_;
  std::vector<Ids> words_;
  size_t room_ = 0;
  Shares prior_{};
  bool is_calibrated_ = false;
};

}  // namespace sotto::sentiment

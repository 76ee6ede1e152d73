// prompt.h: how a user's turn stands in the model's prompt: as its chat template writes it, or plainly where it has none.
#pragma once

#include "services.h"

namespace sotto::sentiment {

// const after construction, any thread.
class Prompt {
 public:
  // `model` must outlive it.
  Prompt(const Services& services, const sotto_model* model);

  // One user's turn of this text, up to and with the token that ends it. Text cannot forge a turn.
  Ids turn(std::string_view text) const;
  // Where a turn ends in `ids`: the index of its control token when nothing but white space stands behind it, else the last.
  // REQUIRES: ids are not empty.
  size_t end_of_turn(const uint32_t* ids, size_t count) const;
  Ids tokenize(std::string_view text) const;  // no beginning-of-text token, markers are plain text

  const Ids& opening() const { return opening_; }      // what every turn begins with
  const Ids& to_answer() const { return to_answer_; }  // what stands between the end of a turn and the answer

 private:
  Ids render(std::string_view text, uint32_t flags) const;
  std::string spell(uint32_t id, uint32_t flags) const;

  const Services& services_;
  const sotto_model* model_;
  bool has_template_ = false;
  Ids opening_, to_answer_;
};

}  // namespace sotto::sentiment

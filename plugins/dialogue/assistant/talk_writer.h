// talk_writer.h: an answer in the model's own words, for small talk that no reviewed line answers; given only where the model
// is sure enough of them.
#pragma once

#include <deque>
#include <string>

#include "talk_state.h"
#include "writer.h"

namespace sotto::assistant {

// One thread at a time, but for cancel.
class TalkWriter {
 public:
  // `least`: the probability from which an answer is given. Throws as Writer.
  TalkWriter(const Services& services, sotto_model* model, uint32_t deadline_ms, double least);

  // Empty: it was not sure, or came to no end.
  std::string answer(const std::deque<Turn>& before, const std::string& text, Language language);
  void cancel() { writer_.cancel(); }  // [any thread]
  uint64_t tokens() const { return writer_.tokens(); }

 private:
  Writer writer_;
  double least_;
};

// Up to the end of its last whole sentence; empty: there is none.
std::string whole_sentences(std::string_view text);

}  // namespace sotto::assistant

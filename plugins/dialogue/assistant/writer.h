// writer.h: a session in which the model writes. What a prompt has in common with the one before is not computed again.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "services.h"

namespace sotto::assistant {

struct Written {
  std::string text;
  double probability = 0;  // the geometric mean of its tokens', as the model itself has them
  bool is_whole = false;   // the model, or the grammar, ended it
};

using IsEnough = bool (*)(std::string_view text);

// One thread at a time, but for cancel.
class Writer {
 public:
  // `what` is the flag that asks for it. Throws SOTTO_UNSUPPORTED where the model has no chat template.
  Writer(const Services& services, sotto_model* model, const char* what, uint32_t deadline_ms);
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // Messages as JSON, up to where the assistant speaks.
  std::vector<uint32_t> prompt(const std::string& messages) const;
  // `is_enough` ends it early. Throws Failure.
  Written write(const std::vector<uint32_t>& prompt, sotto_matcher* matcher, uint32_t most_tokens,
                IsEnough is_enough = nullptr);
  void cancel();            // [any thread]
  uint64_t tokens() const;  // that went through the model so far

 private:
  Written generate(const std::vector<uint32_t>& prompt, sotto_matcher* matcher, uint32_t most_tokens, IsEnough is_enough);

  const Services& services_;
  sotto_model* model_;
  uint32_t deadline_ms_;
  sotto_session* session_ = nullptr;
  std::vector<uint32_t> held_;  // the prompt that the session begins with
};

}  // namespace sotto::assistant

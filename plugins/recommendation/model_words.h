// model_words.h: the model's hidden states of short texts, through the host's services; and a place to keep them between runs.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sotto/hidden.h"
#include "sotto/plugin.hpp"

namespace sotto::recommendation {

// Any thread: each call has a session of its own. Throws Failure.
class ModelWords {
 public:
  ModelWords(const plugin::Host& host, sotto_model* model);
  size_t dimensions() const { return facts_.hidden; }
  std::string hash() const;
  // [texts][dimensions], the mean over a text's tokens.
  std::vector<float> read(const std::vector<std::string>& texts) const;

 private:
  std::vector<uint32_t> tokenize(const std::string& text) const;

  sotto_model* model_;
  const sotto_session_service* session_ = nullptr;
  const sotto_hidden_service* hidden_ = nullptr;
  sotto_model_facts facts_{};
};

// Numbers that take long to compute, kept in "sotto.blob/1" where the application gave a folder for it. Never a failure: what
// is damaged or cannot be kept is computed again.
std::optional<std::vector<float>> read_kept(const plugin::Host& host, const std::string& key, size_t count);
void keep(const plugin::Host& host, const std::string& key, const std::vector<float>& numbers);

}  // namespace sotto::recommendation

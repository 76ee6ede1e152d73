// added_tokens.h: tokens that stand beside a tokenizer's model, put into its vocabulary with the kinds that the engine knows.
#pragma once

#include <string>
#include <unordered_map>

#include "base/status.h"
#include "convert/json.h"
#include "convert/tokenizer_data.h"

namespace sotto {

// The vocabulary of a tokenizer in the making: tokens by id and ids by text.
class TokenList {
 public:
  // Takes what `data` has already. REQUIRES: `data` outlives it; its tokens are distinct.
  TokenList(TokenizerData* data, std::string where);

  // A token of the model. Refuses an id or a text that is taken, and ids beyond what a vocabulary may have.
  Status place(uint64_t id, const std::string& text);
  // One that stands beside the model, as tokenizer.json and tokenizer_config.json describe it; known ones get their kind.
  Status add(uint64_t id, const Json& token);
  // The token is found in texts as a marker: what transformers does with its bos, eos, ... A token of the model.
  void make_control(uint32_t id);
  // Ids that nothing took become unused tokens.
  void fill_gaps();

  const uint32_t* find(const std::string& text) const;
  const std::string& where() const { return where_; }
  bool is_changed() const { return is_changed_; }  // by add or make_control

 private:
  Status warn_of_spaces(const Json& token, const std::string& text, bool is_special);

  TokenizerData* data_;
  std::string where_;
  std::unordered_map<std::string, uint32_t> ids_;
  std::vector<bool> taken_;
  bool is_changed_ = false;
};

}  // namespace sotto

// pre_tokenizers.h: which of our pre-tokenizers cuts text exactly as the one that a tokenizer.json describes.
#pragma once

#include <string>

#include "base/status.h"
#include "convert/json.h"

namespace sotto {

struct PreTokenizerName {
  std::string name;                // tokenizer.ggml.pre
  bool takes_whole_words = false;  // that rule's ignore_merges
};

// `pre_tokenizer` of a tokenizer.json with byte-level BPE, and its model's `ignore_merges`. Compares regular expressions letter
// by letter with those known; another is refused, because a wrong cut gives wrong ids silently.
Result<PreTokenizerName> name_pre_tokenizer(const Json* pre_tokenizer, bool ignore_merges, const std::string& where);

}  // namespace sotto

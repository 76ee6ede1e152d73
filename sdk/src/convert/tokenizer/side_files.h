// side_files.h: what stands beside a tokenizer in its folder: tokenizer_config.json, special_tokens_map.json,
// generation_config.json, config.json, the chat template.
#pragma once

#include <string>

#include "base/status.h"
#include "convert/tokenizer_data.h"

namespace sotto {

// Completes `data`: added tokens, special ids, whether they are added, chat template. `is_changed`: the list of tokens is
// another now.
Status read_side_files(const std::string& folder, TokenizerData* data, bool* is_changed);

}  // namespace sotto

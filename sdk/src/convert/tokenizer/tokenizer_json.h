// tokenizer_json.h: tokenizer.json, the format of the library `tokenizers`, where it is BPE: over bytes (GPT-2, Llama 3, Qwen)
// or over characters with byte fallback (SentencePiece models converted).
#pragma once

#include <string>

#include "base/status.h"
#include "convert/json.h"
#include "convert/tokenizer_data.h"

namespace sotto {

// It is BPE over characters: a SentencePiece .model beside it says the same, and more exactly.
bool is_converted_sentencepiece(const Json& json);

// The whole tokenizer. bos and eos are set where its post-processor adds them.
Result<TokenizerData> read_tokenizer_json(const Json& json, const std::string& where);

// The parts of it that a .model beside it lacks: added tokens and what the post-processor adds.
Status add_from_tokenizer_json(const Json& json, const std::string& where, TokenizerData* data, bool* is_changed);

// vocab.json and merges.txt of GPT-2: `merges` is the text of the latter.
Result<TokenizerData> read_vocab_and_merges(const Json& vocab, const std::string& merges, const std::string& where);

}  // namespace sotto

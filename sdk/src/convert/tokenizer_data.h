// tokenizer_data.h: a tokenizer as the GGUF keys hold it, read from the files that trainers leave.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "convert/gguf_writer.h"

namespace sotto {

struct TokenizerData {
  std::string model;  // tokenizer.ggml.model: "gpt2" (byte-level BPE) or "llama" (SentencePiece); empty: there is none
  std::string pre;    // tokenizer.ggml.pre
  std::vector<std::string> tokens;
  std::vector<float> scores;
  std::vector<int32_t> kinds;  // TokenKind
  std::vector<std::string> merges;
  std::optional<uint32_t> bos, eos, eot, unknown, padding;
  std::optional<bool> add_bos, add_eos, add_space_prefix;
  bool normalize_nfc = false;
  std::string sentencepiece;  // bytes of the .model
  std::string chat_template;
  std::vector<std::string> warnings;
};

// `path`: a tokenizer.json, a SentencePiece .model, or a folder with one of them and perhaps tokenizer_config.json,
// generation_config.json, special_tokens_map.json, chat_template.jinja beside it. A folder without a tokenizer: none.
// Refused by name: what Sotto would turn into other ids than the original.
Result<TokenizerData> read_tokenizer(const std::string& path);

// The same tokenizer for a model whose embedding has `vocabulary` rows: missing tokens become unused ones, more tokens than
// rows are an error.
Status fit_vocabulary(uint32_t vocabulary, TokenizerData* tokenizer);

// Puts the keys.
void put_tokenizer(const TokenizerData& tokenizer, GgufWriter* writer);

}  // namespace sotto

#include "run/vocabulary.h"

namespace sotto {
namespace {

Status read_id(const Gguf& file, const char* name, std::optional<uint32_t>* out) {
  const std::string key = std::string("tokenizer.ggml.") + name + "_token_id";
  if (!file.find(key)) return {};
  SOTTO_ASSIGN(const uint64_t id, file.integer(key, 0));
  if (id < SOTTO_NONE) *out = static_cast<uint32_t>(id);
  return {};
}

Status read_flag(const Gguf& file, const char* name, std::optional<bool>* out) {
  const std::string key = std::string("tokenizer.ggml.") + name;
  if (!file.find(key)) return {};
  SOTTO_ASSIGN(*out, file.boolean(key, false));
  return {};
}

}  // namespace

Result<std::unique_ptr<Tokenizer>> tokenizer_of(const Gguf& file) {
  Vocabulary v;
  SOTTO_ASSIGN(v.sentencepiece_model, file.raw_bytes("sotto.tokenizer.sentencepiece"));
  SOTTO_ASSIGN(v.model, file.text("tokenizer.ggml.model", ""));
  SOTTO_ASSIGN(v.tokens, file.texts("tokenizer.ggml.tokens"));
  if (v.sentencepiece_model.empty() && v.tokens.empty()) return std::unique_ptr<Tokenizer>();
  SOTTO_ASSIGN(v.pre, file.text("tokenizer.ggml.pre", "default"));
  SOTTO_ASSIGN(v.scores, file.reals("tokenizer.ggml.scores"));
  SOTTO_ASSIGN(v.kinds, file.integers("tokenizer.ggml.token_type"));
  SOTTO_ASSIGN(v.merges, file.texts("tokenizer.ggml.merges"));
  SOTTO_TRY(read_id(file, "bos", &v.bos));
  SOTTO_TRY(read_id(file, "eos", &v.eos));
  SOTTO_TRY(read_id(file, "eot", &v.eot));
  SOTTO_TRY(read_id(file, "unknown", &v.unknown));
  SOTTO_TRY(read_id(file, "padding", &v.padding));
  SOTTO_TRY(read_flag(file, "add_bos_token", &v.add_bos));
  SOTTO_TRY(read_flag(file, "add_eos_token", &v.add_eos));
  SOTTO_TRY(read_flag(file, "add_space_prefix", &v.add_space_prefix));
  SOTTO_ASSIGN(v.remove_extra_whitespaces, file.boolean("tokenizer.ggml.remove_extra_whitespaces", false));
  SOTTO_ASSIGN(v.normalize_nfc, file.boolean("sotto.tokenizer.nfc", false));
  SOTTO_ASSIGN(v.normalization, file.raw_bytes("tokenizer.ggml.precompiled_charsmap"));
  auto made = make_tokenizer(v);
  if (!made.ok()) return made.status().within("tokenizer");
  return made;
}

}  // namespace sotto

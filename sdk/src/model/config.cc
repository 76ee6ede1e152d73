#include "model/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "model/described_config.h"
#include "model/key_reader.h"
#include "model/rotation.h"
#include "sotto/plan.h"

namespace sotto {
namespace {

Result<std::vector<float>> rotation_factors(const Gguf& file) {
  std::vector<float> factors;
  const GgufTensor* t = file.tensor("rope_freqs.weight");
  if (!t) return factors;
  if (t->type != SOTTO_F32 || t->rows != 1)
    return Status(SOTTO_BAD_FILE, fmt::format("tensor 'rope_freqs.weight' is of type {} with {} rows, expected one row of F32",
                                              find_weight_type(t->type)->name, t->rows));
  factors.resize(static_cast<size_t>(t->columns));
  std::memcpy(factors.data(), t->bytes.data(), t->bytes.size());
  return factors;
}

// As llama.cpp reads these keys: a factor without a type is linear, the old key stands in for the new one.
Status read_scaling(const Gguf& file, KeyReader& keys, uint32_t context_trained, RotationScaling* s) {
  SOTTO_ASSIGN(const std::string_view type, file.text(keys.key("rope.scaling.type"), "linear"));
  s->type = type.empty() ? "none" : std::string(type);
  const char* factor = keys.has("rope.scaling.factor") ? "rope.scaling.factor" : "rope.scale_linear";
  SOTTO_TRY(keys.number(factor, 1, 0, &s->factor));
  (void)keys.key("rope.scale_linear");
  s->original_context = context_trained;
  if (keys.has("rope.scaling.original_context_length"))
    SOTTO_TRY(keys.size("rope.scaling.original_context_length", kMaxContext, 0, &s->original_context));
  SOTTO_TRY(keys.number("rope.scaling.attn_factor", 1, 0, &s->attention_factor));
  SOTTO_TRY(keys.number("rope.scaling.yarn_beta_fast", s->beta_fast, 0, &s->beta_fast));
  return keys.number("rope.scaling.yarn_beta_slow", s->beta_slow, 0, &s->beta_slow);
}

Status read_rotation(const Gguf& file, KeyReader& keys, const ConfigRules& rules, ModelConfig* c) {
  if (rules.rotation == SOTTO_ROTATION_NONE) return {};
  RotationConfig& r = c->rotation;
  r.layout = rules.rotation;
  SOTTO_TRY(keys.size("rope.dimension_count", c->head_dim, c->head_dim, &r.dimensions));
  if (r.dimensions % 2 != 0)
    return Status(SOTTO_BAD_FILE,
                  fmt::format("key '{}' is {}, expected an even number", keys.key("rope.dimension_count"), r.dimensions));
  double base = 0;
  SOTTO_TRY(keys.number("rope.freq_base", 10000, 1, &base));
  RotationScaling scaling;
  SOTTO_TRY(read_scaling(file, keys, c->context_trained, &scaling));
  SOTTO_ASSIGN(const auto factors, rotation_factors(file));
  SOTTO_ASSIGN(RotationTable table, make_rotation(r.dimensions, base, scaling, factors));
  r.inv_freq = std::move(table.inv_freq);
  r.magnitude = table.magnitude;
  return {};
}

Status read_attention(const Gguf& file, KeyReader& keys, const ConfigRules& rules, ModelConfig* c) {
  SOTTO_TRY(keys.size("attention.head_count", kMaxHeads, 0, &c->heads));
  SOTTO_TRY(keys.size("attention.head_count_kv", kMaxHeads, c->heads, &c->kv_heads));
  if (c->heads % c->kv_heads != 0)
    return Status(SOTTO_BAD_FILE, fmt::format("key '{}' is {}, which does not divide the {} attention heads",
                                              keys.key("attention.head_count_kv"), c->kv_heads, c->heads));
  const uint32_t usual = c->hidden / c->heads;
  if (!keys.has("attention.key_length") && (usual == 0 || c->hidden % c->heads != 0))
    return Status(SOTTO_BAD_FILE,
                  fmt::format("key '{}' is {}, which {} heads do not divide, and '{}' is missing", keys.key("embedding_length"),
                              c->hidden, c->heads, keys.key("attention.key_length")));
  uint32_t value_dim = 0;
  SOTTO_TRY(keys.size("attention.key_length", kMaxHeadDim, usual, &c->head_dim));
  SOTTO_TRY(keys.size("attention.value_length", kMaxHeadDim, c->head_dim, &value_dim));
  if (value_dim != c->head_dim)
    return Status(SOTTO_UNSUPPORTED,
                  fmt::format("keys of {} and values of {} dimensions differ, which is not supported", c->head_dim, value_dim));
  SOTTO_ASSIGN(const bool causal, file.boolean(keys.key("attention.causal"), true));
  if (!causal)
    return Status(SOTTO_UNSUPPORTED,
                  fmt::format("key '{}' is false: encoders are not supported", keys.key("attention.causal")));
  double scale = 0;
  if (keys.has("attention.scale")) SOTTO_TRY(keys.number("attention.scale", 0, 1e-9, &scale));
  c->attention_scale = static_cast<float>(scale);
  if (rules.has_window) {
    SOTTO_ASSIGN(const uint64_t window, file.integer(keys.key("attention.sliding_window"), 0));
    c->window = static_cast<uint32_t>(std::min<uint64_t>(window, kMaxContext));
  }
  return {};
}

// The vocabulary's size is that of the embedding; the metadata must agree.
Status read_vocabulary(const Gguf& file, KeyReader& keys, ModelConfig* c) {
  const GgufTensor* table = file.tensor("token_embd.weight");
  if (!table) return Status(SOTTO_BAD_FILE, "tensor 'token_embd.weight' is missing");
  if (table->rows > kMaxVocabulary || table->columns != c->hidden || table->dimensions > 2)
    return Status(SOTTO_BAD_FILE, fmt::format("tensor 'token_embd.weight' is {} x {}, expected {} columns and at most {} rows",
                                              table->rows, table->columns, c->hidden, kMaxVocabulary));
  c->vocabulary = static_cast<uint32_t>(table->rows);
  uint32_t announced = 0;
  SOTTO_TRY(keys.size("vocab_size", kMaxVocabulary, c->vocabulary, &announced));
  if (announced != c->vocabulary)
    return Status(SOTTO_BAD_FILE,
                  fmt::format("key '{}' is {}, the embedding has {} rows", keys.key("vocab_size"), announced, table->rows));
  const GgufValue* tokens = file.find("tokenizer.ggml.tokens");
  if (tokens && tokens->count != table->rows)
    return Status(SOTTO_BAD_FILE,
                  fmt::format("key 'tokenizer.ggml.tokens' has {} tokens, the embedding {} rows", tokens->count, table->rows));
  return {};
}

}  // namespace

Result<ModelConfig> read_config(const Gguf& file, const std::string& architecture, const ConfigRules& rules) {
  ModelConfig c;
  c.architecture = architecture;
  c.norm_kind = rules.norm_kind;
  KeyReader keys(file, rules.prefix != nullptr ? rules.prefix : architecture + ".");
  SOTTO_TRY(keys.size("block_count", kMaxLayers, 0, &c.layers));
  SOTTO_TRY(keys.size("context_length", kMaxContext, 0, &c.context_trained));
  SOTTO_TRY(keys.size("embedding_length", kMaxHidden, 0, &c.hidden));
  SOTTO_TRY(keys.size("feed_forward_length", kMaxFfn, 0, &c.ffn));
  SOTTO_TRY(read_attention(file, keys, rules, &c));
  double epsilon = 0;
  if (!keys.has(rules.epsilon_key))
    return Status(SOTTO_BAD_FILE, fmt::format("key '{}' is missing", keys.key(rules.epsilon_key)));
  SOTTO_TRY(keys.number(rules.epsilon_key, 0, 0, &epsilon));
  c.norm_epsilon = static_cast<float>(epsilon);
  if (epsilon > 1)
    return Status(SOTTO_BAD_FILE, fmt::format("key '{}' is {}, expected at most 1", keys.key(rules.epsilon_key), epsilon));
  SOTTO_TRY(rules.is_described ? read_description(keys, &c) : read_rotation(file, keys, rules, &c));
  for (const char* experts : {"expert_count", "expert_used_count"}) {
    SOTTO_ASSIGN(const uint64_t count, file.integer(keys.key(experts), 0));
    if (count != 0)
      return Status(SOTTO_UNSUPPORTED,
                    fmt::format("key '{}' is {}: mixture-of-experts models are not supported", keys.key(experts), count));
  }
  SOTTO_TRY(read_vocabulary(file, keys, &c));
  SOTTO_TRY(keys.refuse_the_rest());
  return c;
}

}  // namespace sotto

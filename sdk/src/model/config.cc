#include "model/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>

#include "model/rotation.h"
#include "sotto/plan.h"

namespace sotto {
namespace {

constexpr uint64_t kMaxLayers = 1024, kMaxHidden = 1 << 20, kMaxHeads = 4096, kMaxFfn = 1 << 22, kMaxVocabulary = 1 << 24,
                   kMaxContext = 1 << 28, kMaxHeadDim = 1024;

// Keys behind "<architecture>." that do not change the result.
constexpr std::string_view kHarmless[] = {"vocab_size", "tensor_data_layout", "rope.scaling.finetuned", "pooling_type",
                                          "tensor_parallel_size"};

// Reads keys behind the architecture's prefix and remembers which it was asked for.
class KeyReader {
 public:
  KeyReader(const Gguf& file, std::string prefix) : file_(file), prefix_(std::move(prefix)) {}

  std::string key(std::string_view name) {
    std::string full = prefix_ + std::string(name);
    asked_.insert(full);
    return full;
  }
  bool has(std::string_view name) { return file_.find(key(name)) != nullptr; }

  // A size between 1 and `most`; absent: `fallback`, and 0 there means that the key is required.
  Status size(std::string_view name, uint64_t most, uint32_t fallback, uint32_t* out) {
    const std::string full = key(name);
    const GgufValue* v = file_.find(full);
    if (!v && fallback == 0) return Status(SOTTO_BAD_FILE, fmt::format("key '{}' is missing", full));
    uint64_t n = fallback;
    if (v && v->type == GgufType::kArray) {
      // One number per layer: supported when all are the same.
      SOTTO_ASSIGN(const auto list, file_.integers(full));
      if (list.empty() || std::any_of(list.begin(), list.end(), [&](int64_t x) { return x != list[0]; }))
        return Status(SOTTO_UNSUPPORTED, fmt::format("key '{}' differs from layer to layer, which is not supported", full));
      if (list[0] < 0) return Status(SOTTO_BAD_FILE, fmt::format("key '{}' is {}", full, list[0]));
      n = static_cast<uint64_t>(list[0]);
    } else {
      SOTTO_ASSIGN(n, file_.integer(full, fallback));
    }
    if (n < 1 || n > most) return Status(SOTTO_BAD_FILE, fmt::format("key '{}' is {}, expected 1 to {}", full, n, most));
    *out = static_cast<uint32_t>(n);
    return {};
  }
  // A finite number above `above`.
  Status number(std::string_view name, double fallback, double above, double* out) {
    const std::string full = key(name);
    SOTTO_ASSIGN(*out, file_.real(full, fallback));
    if (!std::isfinite(*out) || !(*out > above))
      return Status(SOTTO_BAD_FILE, fmt::format("key '{}' is {}, expected more than {}", full, *out, above));
    return {};
  }
  Status refuse_the_rest() const {
    for (const std::string_view k : file_.keys()) {
      if (k.substr(0, prefix_.size()) != prefix_ || asked_.count(std::string(k))) continue;
      const std::string_view name = k.substr(prefix_.size());
      if (std::find(std::begin(kHarmless), std::end(kHarmless), name) != std::end(kHarmless)) continue;
      return Status(SOTTO_UNSUPPORTED, fmt::format("key '{}' may change the result and is not known to this version", k));
    }
    return {};
  }

 private:
  const Gguf& file_;
  std::string prefix_;
  std::set<std::string> asked_;
};

Result<std::vector<float>> rotation_factors(const Gguf& file) {
  std::vector<float> factors;
  const GgufTensor* t = file.tensor("rope_freqs.weight");
  if (!t) return factors;
  if (t->type != SOTTO_F32 || t->rows != 1) return Status(SOTTO_BAD_FILE, "tensor 'rope_freqs.weight' is no row of F32");
  factors.resize(static_cast<size_t>(t->columns));
  std::memcpy(factors.data(), t->bytes.data(), t->bytes.size());
  return factors;
}

Status read_rotation(const Gguf& file, KeyReader& keys, const ConfigRules& rules, ModelConfig* c) {
  if (rules.rotation == SOTTO_ROTATION_NONE) return {};
  RotationConfig& r = c->rotation;
  r.layout = rules.rotation;
  SOTTO_TRY(keys.size("rope.dimension_count", c->head_dim, c->head_dim, &r.dimensions));
  if (r.dimensions % 2 != 0)
    return Status(SOTTO_BAD_FILE, fmt::format("key 'rope.dimension_count' is {}, expected an even number", r.dimensions));
  double base = 0;
  SOTTO_TRY(keys.number("rope.freq_base", 10000, 1, &base));
  RotationScaling scaling;
  SOTTO_ASSIGN(const std::string_view type, file.text(keys.key("rope.scaling.type"), "none"));
  scaling.type = type.empty() ? "none" : std::string(type);
  SOTTO_TRY(keys.number("rope.scaling.factor", 1, 0, &scaling.factor));
  double old_style = 1;  // rope.scale_linear, of files before 2024
  SOTTO_TRY(keys.number("rope.scale_linear", 1, 0, &old_style));
  if (old_style != 1 && scaling.type == "none") {
    scaling.type = "linear";
    scaling.factor = old_style;
  }
  if (keys.has("rope.scaling.original_context_length"))
    SOTTO_TRY(keys.size("rope.scaling.original_context_length", kMaxContext, 0, &scaling.original_context));
  SOTTO_TRY(keys.number("rope.scaling.attn_factor", 0, -1, &scaling.attention_factor));
  SOTTO_TRY(keys.number("rope.scaling.yarn_beta_fast", 32, 0, &scaling.beta_fast));
  SOTTO_TRY(keys.number("rope.scaling.yarn_beta_slow", 1, 0, &scaling.beta_slow));
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
    return Status(SOTTO_BAD_FILE, fmt::format("{} attention heads cannot share {} KV heads evenly", c->heads, c->kv_heads));
  const uint32_t usual = c->hidden / c->heads;
  if (!keys.has("attention.key_length") && (usual == 0 || c->hidden % c->heads != 0))
    return Status(SOTTO_BAD_FILE,
                  fmt::format("hidden size {} is not divisible by {} heads and no key_length is given", c->hidden, c->heads));
  uint32_t value_dim = 0;
  SOTTO_TRY(keys.size("attention.key_length", kMaxHeadDim, usual, &c->head_dim));
  SOTTO_TRY(keys.size("attention.value_length", kMaxHeadDim, c->head_dim, &value_dim));
  if (value_dim != c->head_dim)
    return Status(SOTTO_UNSUPPORTED,
                  fmt::format("keys of {} and values of {} dimensions differ, which is not supported", c->head_dim, value_dim));
  SOTTO_ASSIGN(const bool causal, file.boolean(keys.key("attention.causal"), true));
  if (!causal) return Status(SOTTO_UNSUPPORTED, "attention.causal is false: encoders are not supported");
  double scale = 0;
  SOTTO_TRY(keys.number("attention.scale", 0, -1, &scale));
  c->attention_scale = static_cast<float>(scale);
  if (rules.has_window && keys.has("attention.sliding_window")) {
    SOTTO_ASSIGN(const uint64_t window, file.integer(keys.key("attention.sliding_window"), 0));
    c->window = static_cast<uint32_t>(std::min<uint64_t>(window, kMaxContext));
  }
  return {};
}

// The vocabulary's size is that of the embedding; the token list, where there is one, must agree.
Status read_vocabulary(const Gguf& file, ModelConfig* c) {
  const GgufTensor* table = file.tensor("token_embd.weight");
  if (!table) return Status(SOTTO_BAD_FILE, "tensor 'token_embd.weight' is missing");
  if (table->rows > kMaxVocabulary || table->columns != c->hidden)
    return Status(SOTTO_BAD_FILE, fmt::format("tensor 'token_embd.weight' is {} x {}, expected columns {}", table->rows,
                                              table->columns, c->hidden));
  c->vocabulary = static_cast<uint32_t>(table->rows);
  const GgufValue* tokens = file.find("tokenizer.ggml.tokens");
  if (tokens && tokens->type == GgufType::kArray && tokens->count > table->rows)
    return Status(SOTTO_BAD_FILE, fmt::format("{} tokens are listed, the embedding has {} rows", tokens->count, table->rows));
  return {};
}

}  // namespace

Result<ModelConfig> read_config(const Gguf& file, const std::string& architecture, const ConfigRules& rules) {
  ModelConfig c;
  c.architecture = architecture;
  c.norm_kind = rules.norm_kind;
  KeyReader keys(file, architecture + ".");
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
  SOTTO_TRY(read_rotation(file, keys, rules, &c));
  for (const char* experts : {"expert_count", "expert_used_count"}) {
    SOTTO_ASSIGN(const uint64_t count, file.integer(keys.key(experts), 0));
    if (count != 0)
      return Status(SOTTO_UNSUPPORTED, fmt::format("{} is {}: mixture-of-experts models are not supported", experts, count));
  }
  SOTTO_TRY(keys.refuse_the_rest());
  SOTTO_TRY(read_vocabulary(file, &c));
  return c;
}

}  // namespace sotto

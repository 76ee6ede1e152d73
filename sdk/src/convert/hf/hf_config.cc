#include "convert/hf/hf_config.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/printable.h"
#include "convert/hf/config_keys.h"
#include "convert/hf/rope.h"
#include "model/key_reader.h"

namespace sotto {
namespace {

enum class Windows : uint8_t { kNone, kAllLayers, kByLayer };

// A family: how transformers names it and what its configuration class says where the file is silent.
struct Family {
  std::string_view name;           // model_type
  std::string_view architectures;  // separated by spaces; the second and later are the same computation
  uint32_t kv_heads;               // 0: as many as heads
  uint32_t head_dim;               // 0: hidden / heads
  uint32_t context;
  Windows windows;
  bool has_qkv_bias;    // always
  bool reads_bias;      // attention_bias: of q, k, v and the output
  bool reads_mlp_bias;  // mlp_bias
  bool has_qk_norm;
};
constexpr Family kFamilies[] = {
    {"gpt2", "GPT2LMHeadModel GPT2Model", 0, 0, 1024, Windows::kNone, true, false, false, false},
    {"llama", "LlamaForCausalLM LlamaModel LLaMAForCausalLM", 0, 0, 2048, Windows::kNone, false, true, true, false},
    {"mistral", "MistralForCausalLM MistralModel", 8, 0, 131072, Windows::kAllLayers, false, false, false, false},
    {"qwen2", "Qwen2ForCausalLM Qwen2Model", 32, 0, 32768, Windows::kByLayer, true, false, false, false},
    {"qwen3", "Qwen3ForCausalLM Qwen3Model", 32, 128, 32768, Windows::kByLayer, false, true, false, true},
};

// transformers' names of activations (its ACT2FN). gelu_fast and gelu_accurate are the tanh form written otherwise.
constexpr struct {
  std::string_view name;
  uint32_t activation;
} kActivations[] = {
    {"silu", SOTTO_ACT_SILU},
    {"swish", SOTTO_ACT_SILU},
    {"gelu", SOTTO_ACT_GELU_ERF},
    {"gelu_python", SOTTO_ACT_GELU_ERF},
    {"gelu_new", SOTTO_ACT_GELU_TANH},
    {"gelu_fast", SOTTO_ACT_GELU_TANH},
    {"gelu_accurate", SOTTO_ACT_GELU_TANH},
    {"gelu_pytorch_tanh", SOTTO_ACT_GELU_TANH},
    {"gelu_python_tanh", SOTTO_ACT_GELU_TANH},
    {"quick_gelu", SOTTO_ACT_QUICK_GELU},
    {"relu", SOTTO_ACT_RELU},
    {"relu2", SOTTO_ACT_RELU_SQUARED},
    {"sigmoid", SOTTO_ACT_SIGMOID},
    {"tanh", SOTTO_ACT_TANH},
};

bool lists(std::string_view names, std::string_view name) {
  for (size_t at = 0; at < names.size();) {
    const size_t end = std::min(names.find(' ', at), names.size());
    if (names.substr(at, end - at) == name) return true;
    at = end + 1;
  }
  return false;
}

std::string known_families() {
  std::string list;
  for (const Family& f : kFamilies) list += (list.empty() ? "" : ", ") + std::string(f.name);
  return list;
}

// By model_type; the architecture, where it is named, must be one of the family's own: others have other heads or code.
Status find_family(ConfigKeys& keys, HfConfig* config, const Family** out) {
  std::string type, architecture;
  SOTTO_TRY(keys.text("model_type", "", &type));
  if (const Json* list = keys.find("architectures")) {
    if (!list->is_list() || list->items.size() > 1 || (list->items.size() == 1 && !list->items[0].is_text()))
      return keys.unsupported(fmt::format("key 'architectures' is {}, expected one name", list->describe()));
    if (!list->items.empty()) architecture = list->items[0].text;
  }
  if (type.empty() && architecture.empty()) return keys.bad("it names neither model_type nor architectures");
  const auto* row = std::find_if(std::begin(kFamilies), std::end(kFamilies), [&](const Family& f) {
    return type.empty() ? lists(f.architectures, architecture) : f.name == type;
  });
  if (row == std::end(kFamilies))
    return keys.unsupported(fmt::format("model_type '{}' is not supported; known are {}",
                                        printable(type.empty() ? architecture : type), known_families()));
  if (!architecture.empty() && !lists(row->architectures, architecture))
    return keys.unsupported(fmt::format("architecture '{}' is not supported; of {} known are {}", printable(architecture),
                                        row->name, row->architectures));
  config->family = row->name;
  config->architecture =
      architecture.empty() ? std::string(row->architectures.substr(0, row->architectures.find(' '))) : architecture;
  *out = row;
  return {};
}

Status read_activation(ConfigKeys& keys, const char* key, std::string_view fallback, ModelDescription* d) {
  std::string name;
  SOTTO_TRY(keys.text(key, fallback, &name));
  const auto* row =
      std::find_if(std::begin(kActivations), std::end(kActivations), [&](const auto& a) { return a.name == name; });
  if (row == std::end(kActivations))
    return keys.unsupported(fmt::format("key '{}' is '{}', an activation that is not supported", key, printable(name)));
  d->activation = row->activation;
  return {};
}

// gpt2's own names, else the common ones, which transformers takes for them.
const char* either(const ConfigKeys& keys, const char* own, const char* common) { return keys.json().has(own) ? own : common; }

Status read_gpt2(ConfigKeys& keys, const Family& family, ModelDescription* d) {
  SOTTO_TRY(keys.size(either(keys, "n_layer", "num_hidden_layers"), kMaxLayers, 0, &d->layers));
  SOTTO_TRY(keys.size(either(keys, "n_embd", "hidden_size"), kMaxHidden, 0, &d->hidden));
  SOTTO_TRY(keys.size(either(keys, "n_head", "num_attention_heads"), kMaxHeads, 0, &d->heads));
  SOTTO_TRY(keys.size(either(keys, "n_positions", "max_position_embeddings"), kMaxContext, family.context, &d->context));
  SOTTO_TRY(keys.size("n_inner", kMaxFfn, 4 * d->hidden, &d->ffn));
  if (d->hidden % d->heads != 0)
    return keys.bad(fmt::format("the hidden size {} is no multiple of {} heads", d->hidden, d->heads));
  d->kv_heads = d->heads;
  d->head_dim = d->hidden / d->heads;
  d->norm = SOTTO_NORM_LAYER;
  SOTTO_TRY(keys.number("layer_norm_epsilon", 1e-5, &d->norm_epsilon));
  SOTTO_TRY(read_activation(keys, "activation_function", "gelu_new", d));
  bool is_scaled = true;
  SOTTO_TRY(keys.flag("scale_attn_weights", true, &is_scaled));
  d->attention_scale = is_scaled ? 0 : 1;
  d->positions = Positions::kLearned;
  return keys.flag("tie_word_embeddings", true, &d->is_tied);
}

// A layer of layer_types: true: windowed.
Status read_layer_types(ConfigKeys& keys, const Json& types, uint32_t layers, std::vector<bool>* windowed) {
  if (!types.is_list() || types.items.size() != layers)
    return keys.bad(fmt::format("key 'layer_types' is {}, expected one for each of {} layers", types.describe(), layers));
  for (const Json& type : types.items) {
    const bool is_full = type.is_text() && (type.text == "full_attention" || type.text == "attention");
    if (!is_full && !(type.is_text() && type.text == "sliding_attention"))
      return keys.unsupported(
          fmt::format("key 'layer_types' has {}; known are full_attention and sliding_attention", type.describe()));
    windowed->push_back(!is_full);
  }
  return {};
}

// sliding_window W: a position sees itself and the W - 1 before it (kv > q - W in transformers' masks), as the plan's window.
Status read_windows(ConfigKeys& keys, const Family& family, ModelDescription* d) {
  if (family.windows == Windows::kNone) return {};
  constexpr uint32_t kUsual = 4096;
  uint32_t window = 0, first = 0;
  const bool is_null = keys.has("sliding_window") && !keys.find("sliding_window");
  if (!is_null) SOTTO_TRY(keys.size("sliding_window", kMaxContext, kUsual, &window));
  std::vector<bool> windowed;
  if (const Json* types = keys.find("layer_types")) SOTTO_TRY(read_layer_types(keys, *types, d->layers, &windowed));
  if (family.windows == Windows::kByLayer) {
    bool is_used = false;
    SOTTO_TRY(keys.flag("use_sliding_window", false, &is_used));
    const Json* max_layers = keys.find("max_window_layers");
    if (max_layers && (!max_layers->is_integer() || max_layers->integer < 0))
      return keys.bad(fmt::format("key 'max_window_layers' is {}, expected a whole number", max_layers->describe()));
    constexpr int64_t kUsualFirst = 28;
    first = static_cast<uint32_t>(std::min<int64_t>(max_layers ? max_layers->integer : kUsualFirst, d->layers));
    if (!is_used) window = 0;
  }
  if (windowed.empty())
    for (uint32_t layer = 0; layer < d->layers; ++layer) windowed.push_back(window != 0 && layer >= first);
  const bool any = std::find(windowed.begin(), windowed.end(), true) != windowed.end();
  const bool all = std::find(windowed.begin(), windowed.end(), false) == windowed.end();
  if (any && window == 0) return keys.bad("layer_types has sliding layers, but no sliding_window is in use");
  // transformers' Mistral has one window for all layers and does not look at layer_types: neither answer can be trusted.
  if (family.windows == Windows::kAllLayers && any != all)
    return keys.unsupported(fmt::format("layer_types differ from layer to layer, which {} does not compute", family.name));
  if (family.windows == Windows::kAllLayers && !any && window != 0)
    return keys.unsupported("layer_types are full, but there is a sliding_window");
  if (any)
    for (const bool w : windowed) d->windows.push_back(w ? window : 0);
  return {};
}

Status read_rotary(ConfigKeys& keys, const Family& family, HfConfig* config) {
  ModelDescription* d = &config->description;
  SOTTO_TRY(keys.size("num_hidden_layers", kMaxLayers, 0, &d->layers));
  SOTTO_TRY(keys.size("hidden_size", kMaxHidden, 0, &d->hidden));
  SOTTO_TRY(keys.size("num_attention_heads", kMaxHeads, 0, &d->heads));
  SOTTO_TRY(keys.size("num_key_value_heads", kMaxHeads, family.kv_heads ? family.kv_heads : d->heads, &d->kv_heads));
  SOTTO_TRY(keys.size("intermediate_size", kMaxFfn, 0, &d->ffn));
  SOTTO_TRY(keys.size("max_position_embeddings", kMaxContext, family.context, &d->context));
  const uint32_t usual = family.head_dim ? family.head_dim : d->hidden / d->heads;
  if (!keys.find("head_dim") && !family.head_dim && d->hidden % d->heads != 0)
    return keys.bad(
        fmt::format("the hidden size {} is no multiple of {} heads, and there is no head_dim", d->hidden, d->heads));
  SOTTO_TRY(keys.size("head_dim", kMaxHeadDim, usual, &d->head_dim));
  if (d->heads % d->kv_heads != 0)
    return keys.bad(fmt::format("num_key_value_heads is {}, which does not divide {} heads", d->kv_heads, d->heads));
  d->norm = SOTTO_NORM_RMS;
  SOTTO_TRY(keys.number("rms_norm_eps", 1e-6, &d->norm_epsilon));
  SOTTO_TRY(read_activation(keys, "hidden_act", "silu", d));
  d->is_gated = true;
  d->has_qk_norm = family.has_qk_norm;
  d->positions = Positions::kRotary;
  SOTTO_TRY(read_rope(keys, d->head_dim, d->context, &d->rope));
  SOTTO_TRY(read_windows(keys, family, d));
  bool has_bias = false;
  if (family.reads_bias) SOTTO_TRY(keys.flag("attention_bias", false, &has_bias));
  config->qkv_bias = family.has_qkv_bias || has_bias;
  config->output_bias = has_bias;
  if (family.reads_mlp_bias) SOTTO_TRY(keys.flag("mlp_bias", false, &config->mlp_bias));
  return keys.flag("tie_word_embeddings", false, &d->is_tied);
}

}  // namespace

Result<HfConfig> read_hf_config(const Json& json, const std::string& where) {
  ConfigKeys keys(json, where);
  if (!json.is_object()) return keys.bad("it is no JSON object");
  HfConfig config;
  const Family* family = nullptr;
  SOTTO_TRY(find_family(keys, &config, &family));
  ModelDescription* d = &config.description;
  if (config.family == "gpt2") {
    SOTTO_TRY(read_gpt2(keys, *family, d));
    config.qkv_bias = config.output_bias = config.mlp_bias = true;
  } else {
    SOTTO_TRY(read_rotary(keys, *family, &config));
  }
  if (d->norm_epsilon > 1) return keys.bad(fmt::format("the norm's epsilon is {}, expected at most 1", d->norm_epsilon));
  SOTTO_TRY(keys.size("vocab_size", kMaxVocabulary, 0, &d->vocabulary));
  SOTTO_TRY(keys.judge_the_rest(config.family, &config.warnings));
  return config;
}

}  // namespace sotto

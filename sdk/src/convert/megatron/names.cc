// names.cc: the names of parameters in Megatron-Core (its own and Transformer Engine's layers, sharded states) and in the
// nested dictionaries of before, onto one spelling: that of Megatron-Core's own layers.
#include <algorithm>

#include "convert/megatron/state.h"

namespace sotto {
namespace {

struct NameRow {
  const char* found;
  const char* name;
  Cut cut;
  bool is_vector;
};

// Behind "layers.N.".
constexpr NameRow kLayerNames[] = {
    {"input_layernorm.weight", "input_layernorm.weight", Cut::kWhole, true},
    {"input_layernorm.bias", "input_layernorm.bias", Cut::kWhole, true},
    {"input_norm.weight", "input_layernorm.weight", Cut::kWhole, true},
    {"input_norm.bias", "input_layernorm.bias", Cut::kWhole, true},
    {"self_attention.linear_qkv.layer_norm_weight", "input_layernorm.weight", Cut::kWhole, true},
    {"self_attention.linear_qkv.layer_norm_bias", "input_layernorm.bias", Cut::kWhole, true},
    {"self_attention.linear_qkv.weight", "self_attention.linear_qkv.weight", Cut::kQkv, false},
    {"self_attention.linear_qkv.bias", "self_attention.linear_qkv.bias", Cut::kQkv, true},
    {"self_attention.query_key_value.weight", "self_attention.linear_qkv.weight", Cut::kQkv, false},
    {"self_attention.query_key_value.bias", "self_attention.linear_qkv.bias", Cut::kQkv, true},
    {"attention.query_key_value.weight", "self_attention.linear_qkv.weight", Cut::kQkv, false},
    {"attention.query_key_value.bias", "self_attention.linear_qkv.bias", Cut::kQkv, true},
    {"self_attention.q_layernorm.weight", "self_attention.q_layernorm.weight", Cut::kWhole, true},
    {"self_attention.q_layernorm.bias", "self_attention.q_layernorm.bias", Cut::kWhole, true},
    {"self_attention.k_layernorm.weight", "self_attention.k_layernorm.weight", Cut::kWhole, true},
    {"self_attention.k_layernorm.bias", "self_attention.k_layernorm.bias", Cut::kWhole, true},
    {"self_attention.core_attention.softmax_offset", "self_attention.softmax_offset", Cut::kRows, true},
    {"self_attention.linear_proj.weight", "self_attention.linear_proj.weight", Cut::kColumns, false},
    {"self_attention.linear_proj.bias", "self_attention.linear_proj.bias", Cut::kWhole, true},
    {"self_attention.dense.weight", "self_attention.linear_proj.weight", Cut::kColumns, false},
    {"self_attention.dense.bias", "self_attention.linear_proj.bias", Cut::kWhole, true},
    {"attention.dense.weight", "self_attention.linear_proj.weight", Cut::kColumns, false},
    {"attention.dense.bias", "self_attention.linear_proj.bias", Cut::kWhole, true},
    {"pre_mlp_layernorm.weight", "pre_mlp_layernorm.weight", Cut::kWhole, true},
    {"pre_mlp_layernorm.bias", "pre_mlp_layernorm.bias", Cut::kWhole, true},
    {"post_attention_layernorm.weight", "pre_mlp_layernorm.weight", Cut::kWhole, true},
    {"post_attention_layernorm.bias", "pre_mlp_layernorm.bias", Cut::kWhole, true},
    {"post_attention_norm.weight", "pre_mlp_layernorm.weight", Cut::kWhole, true},
    {"post_attention_norm.bias", "pre_mlp_layernorm.bias", Cut::kWhole, true},
    {"mlp.linear_fc1.layer_norm_weight", "pre_mlp_layernorm.weight", Cut::kWhole, true},
    {"mlp.linear_fc1.layer_norm_bias", "pre_mlp_layernorm.bias", Cut::kWhole, true},
    {"mlp.linear_fc1.weight", "mlp.linear_fc1.weight", Cut::kFirst, false},
    {"mlp.linear_fc1.bias", "mlp.linear_fc1.bias", Cut::kFirst, true},
    {"mlp.dense_h_to_4h.weight", "mlp.linear_fc1.weight", Cut::kFirst, false},
    {"mlp.dense_h_to_4h.bias", "mlp.linear_fc1.bias", Cut::kFirst, true},
    {"mlp.linear_fc2.weight", "mlp.linear_fc2.weight", Cut::kColumns, false},
    {"mlp.linear_fc2.bias", "mlp.linear_fc2.bias", Cut::kWhole, true},
    {"mlp.dense_4h_to_h.weight", "mlp.linear_fc2.weight", Cut::kColumns, false},
    {"mlp.dense_4h_to_h.bias", "mlp.linear_fc2.bias", Cut::kWhole, true},
};

// Without the prefixes of kWrappers.
constexpr NameRow kOtherNames[] = {
    {"embedding.word_embeddings.weight", "embedding.word_embeddings.weight", Cut::kRows, false},
    {"embedding.position_embeddings.weight", "embedding.position_embeddings.weight", Cut::kWhole, false},
    {"final_layernorm.weight", "decoder.final_layernorm.weight", Cut::kWhole, true},
    {"final_layernorm.bias", "decoder.final_layernorm.bias", Cut::kWhole, true},
    {"final_norm.weight", "decoder.final_layernorm.weight", Cut::kWhole, true},
    {"final_norm.bias", "decoder.final_layernorm.bias", Cut::kWhole, true},
    {"output_layer.weight", "output_layer.weight", Cut::kRows, false},
};

// Wrappers of models around the model, and the folders that it keeps its layers in.
constexpr std::string_view kWrappers[] = {"module.", "model.", "language_model."};
constexpr std::string_view kStacks[] = {"decoder.", "encoder.", "transformer."};

bool starts(std::string_view text, std::string_view with) { return text.substr(0, with.size()) == with; }
bool ends(std::string_view text, std::string_view with) {
  return text.size() >= with.size() && text.substr(text.size() - with.size()) == with;
}

bool is_ignored(std::string_view name) {
  constexpr std::string_view kPrefixes[] = {"optimizer.",          "chained_",     "rng_state", "rerun_state_machine",
                                            "opt_param_scheduler", "common_state", "mtp.",      "word_embeddings_for_head."};
  constexpr std::string_view kSuffixes[] = {"_extra_state", "inv_freq", "local_tokens_per_expert"};
  return std::any_of(std::begin(kPrefixes), std::end(kPrefixes), [&](auto p) { return starts(name, p); }) ||
         std::any_of(std::begin(kSuffixes), std::end(kSuffixes), [&](auto s) { return ends(name, s); }) ||
         name.find("._extra_state/") != std::string_view::npos;
}

template <size_t count>
const NameRow* find_row(const NameRow (&rows)[count], std::string_view name) {
  const auto* row = std::find_if(std::begin(rows), std::end(rows), [&](const NameRow& r) { return name == r.found; });
  return row == std::end(rows) ? nullptr : row;
}

std::string_view strip(std::string_view name) {
  for (bool again = true; again;) {
    again = false;
    for (const std::string_view w : kWrappers)
      if (starts(name, w)) {
        name.remove_prefix(w.size());
        again = true;
      }
  }
  return name;
}

// "3.rest" into 3 and "rest".
bool take_number(std::string_view* text, uint32_t* number) {
  constexpr size_t kMostDigits = 6;
  const size_t dot = text->find('.');
  if (dot == 0 || dot == std::string_view::npos || dot > kMostDigits) return false;
  uint32_t n = 0;
  for (const char c : text->substr(0, dot)) {
    if (c < '0' || c > '9') return false;
    n = n * 10 + static_cast<uint32_t>(c - '0');
  }
  *number = n;
  text->remove_prefix(dot + 1);
  return true;
}

bool read_layer_name(std::string_view rest, ParameterName* out) {
  out->is_layer = true;
  out->has_number = take_number(&rest, &out->layer);
  const NameRow* row = find_row(kLayerNames, rest);
  if (row == nullptr) return false;
  out->in_layer = row->name;
  out->name = out->has_number ? layer_name(out->layer, row->name) : "decoder.layers.*." + out->in_layer;
  out->cut = row->cut;
  out->is_vector = row->is_vector;
  return true;
}

}  // namespace

std::string layer_name(uint32_t layer, std::string_view in_layer) {
  return "decoder.layers." + std::to_string(layer) + "." + std::string(in_layer);
}

NameKind read_name(std::string_view raw, ParameterName* out) {
  if (is_ignored(raw)) return NameKind::kIgnored;
  std::string_view name = strip(raw);
  if (is_ignored(name)) return NameKind::kIgnored;
  constexpr std::string_view kHeads = "sotto_heads.", kLayers = "layers.";
  if (starts(name, kHeads)) {
    out->name = std::string(name);
    out->is_vector = ends(name, ".bias");
    return ends(name, ".weight") || ends(name, ".bias") ? NameKind::kParameter : NameKind::kUnknown;
  }
  for (const std::string_view s : kStacks)
    if (starts(name, s)) {
      name.remove_prefix(s.size());
      break;
    }
  if (is_ignored(name)) return NameKind::kIgnored;
  if (starts(name, kLayers)) {
    name.remove_prefix(kLayers.size());
    return read_layer_name(name, out) ? NameKind::kParameter : NameKind::kUnknown;
  }
  const NameRow* row = find_row(kOtherNames, name);
  if (row == nullptr) return NameKind::kUnknown;
  out->name = row->name;
  out->cut = row->cut;
  out->is_vector = row->is_vector;
  return NameKind::kParameter;
}

}  // namespace sotto

// describe.cc: the model that Megatron-LM's arguments and the parameters' shapes describe. Shapes are the authority; arguments
// say what shapes cannot; a contradiction, and every option that would change the result and is not known, is refused by its
// name.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "convert/megatron/model.h"

namespace sotto {
namespace {

// Options that change the forward pass in a way that no plan has. Set means: neither None, False, 0 nor empty.
constexpr struct {
  const char* name;
  const char* what;
} kRefused[] = {
    {"multi_latent_attention", "multi-latent attention"},
    {"experimental_attention_variant", "an experimental attention"},
    {"heterogeneous_layers_config_path", "layers that differ from each other"},
    {"heterogeneous_layers_config_encoded_json", "layers that differ from each other"},
    {"use_mup", "maximal update parametrisation"},
    {"enable_hyper_connections", "hyper-connections"},
    {"apply_residual_connection_post_layernorm", "residual connections behind the norm"},
    {"attention_output_gate", "an output gate in the attention"},
    {"num_experts", "a mixture of experts"},
    {"num_moe_experts", "a mixture of experts"},
    {"use_kitchen", "Kitchen's layers"},
    {"moe_mlp_glu_interleave_size", "interleaved gates"},
    {"retro_add_retriever", "a retriever"},
    {"add_cross_attention", "cross attention"},
    {"mrope_section", "multimodal rotations"},
    {"spec", "layers by a specification of the user's"},
};

class Describer {
 public:
  Describer(const MegatronState& state, ModelDescription* out, std::vector<std::string>* warnings)
      : state_(state), a_(state.arguments), d_(*out), warnings_(*warnings) {}

  Status describe() {
    SOTTO_TRY(refuse_unknown());
    SOTTO_TRY(sizes());
    SOTTO_TRY(norms());
    SOTTO_TRY(attention());
    SOTTO_TRY(windows());
    SOTTO_TRY(feed_forward());
    SOTTO_TRY(positions());
    return output();
  }

 private:
  const ModelTensor* find(const std::string& name) const {
    const auto found = state_.parameters.find(name);
    return found == state_.parameters.end() ? nullptr : &found->second;
  }
  const ModelTensor* in_layer(std::string_view name) const { return find(layer_name(0, name)); }

  static Status refuse(const std::string& sentence) { return Status(SOTTO_UNSUPPORTED, sentence); }
  static Status bad(const std::string& sentence) { return Status(SOTTO_BAD_FILE, sentence); }

  Status refuse_unknown() const {
    if (a_.empty())
      return Status(SOTTO_NOT_FOUND,
                    "the checkpoint has no arguments, and shapes do not say the number of attention heads, the kind of GELU or "
                    "the epsilon: give them as a JSON configuration, such as {\"num_attention_heads\": 16}");
    for (const auto& row : kRefused)
      if (const Argument* value = a_.find(row.name); value != nullptr && value->is_set())
        return refuse(fmt::format("argument {} is {}: {} is not supported", row.name, value->describe(), row.what));
    return {};
  }

  Status sizes() {
    const ModelTensor* table = find("embedding.word_embeddings.weight");
    if (table == nullptr) return bad("parameter 'embedding.word_embeddings.weight' is missing");
    d_.vocabulary = static_cast<uint32_t>(table->rows);
    d_.hidden = static_cast<uint32_t>(table->columns);
    d_.layers = state_.layers;
    uint64_t announced = 0, layers = 0;
    SOTTO_TRY(a_.size("hidden_size", d_.hidden, &announced));
    if (announced != d_.hidden)
      return bad(fmt::format("argument hidden_size is {}, but the embedding has {} columns", announced, d_.hidden));
    SOTTO_TRY(a_.size("num_layers", d_.layers, &layers));
    if (layers != d_.layers)
      return bad(
          fmt::format("argument num_layers is {}, but the checkpoint holds {} layers: a layer is missing", layers, d_.layers));
    uint64_t heads = 0, context = 0;
    SOTTO_TRY(a_.size("num_attention_heads", 0, &heads));
    if (heads == 0 || heads > UINT16_MAX)
      return Status(SOTTO_NOT_FOUND, fmt::format("argument num_attention_heads is {}: give it as a JSON configuration", heads));
    d_.heads = static_cast<uint32_t>(heads);
    SOTTO_TRY(a_.size("max_position_embeddings", 0, &context));
    if (context == 0) SOTTO_TRY(a_.size("seq_length", 0, &context));
    if (const ModelTensor* positions = find("embedding.position_embeddings.weight")) context = positions->rows;
    if (context == 0 || context > INT32_MAX)
      return bad(fmt::format("arguments max_position_embeddings and seq_length are missing or beyond range ({})", context));
    d_.context = static_cast<uint32_t>(context);
    return {};
  }

  Status norms() {
    std::string norm;
    SOTTO_TRY(a_.text("normalization", "LayerNorm", &norm));
    if (norm != "LayerNorm" && norm != "RMSNorm")
      return refuse(fmt::format("argument normalization is '{}', known are LayerNorm and RMSNorm", norm));
    d_.norm = norm == "RMSNorm" ? SOTTO_NORM_RMS : SOTTO_NORM_LAYER;
    const char* epsilon = a_.find("layernorm_epsilon") != nullptr ? "layernorm_epsilon" : "norm_epsilon";
    SOTTO_TRY(a_.number(epsilon, 1e-5, &d_.norm_epsilon));
    if (!(d_.norm_epsilon > 0 && d_.norm_epsilon < 1)) return bad(fmt::format("argument {} is {}", epsilon, d_.norm_epsilon));
    return {};
  }

  Status attention() {
    uint64_t head_dim = 0, groups = d_.heads;
    SOTTO_TRY(a_.size("kv_channels", d_.hidden / d_.heads, &head_dim));
    if (const Argument* grouped = a_.find("group_query_attention"); grouped != nullptr && grouped->is_set())
      SOTTO_TRY(a_.size("num_query_groups", d_.heads, &groups));
    if (groups == 0 || groups > d_.heads || d_.heads % groups != 0)
      return bad(
          fmt::format("argument num_query_groups is {}, which does not divide the {} attention heads", groups, d_.heads));
    const ModelTensor *qkv = in_layer("self_attention.linear_qkv.weight"),
                      *dense = in_layer("self_attention.linear_proj.weight");
    if (qkv == nullptr || dense == nullptr)
      return bad(fmt::format("parameter '{}' is missing", layer_name(0, qkv == nullptr ? "self_attention.linear_qkv.weight"
                                                                                       : "self_attention.linear_proj.weight")));
    if (head_dim == 0 || qkv->rows != (d_.heads + 2 * groups) * head_dim || dense->columns != d_.heads * head_dim)
      return bad(fmt::format(
          "the arguments give {} heads, {} query groups and kv_channels {}, but linear_qkv has {} rows, expected {}, and "
          "linear_proj {} columns, expected {}",
          d_.heads, groups, head_dim, qkv->rows, (d_.heads + 2 * groups) * head_dim, dense->columns, d_.heads * head_dim));
    d_.kv_heads = static_cast<uint32_t>(groups);
    d_.head_dim = static_cast<uint32_t>(head_dim);
    SOTTO_TRY(a_.number("softmax_scale", 0, &d_.attention_scale));
    bool has_l2_norm = false;
    SOTTO_TRY(a_.truth("qk_layernorm", false, &d_.has_qk_norm));
    SOTTO_TRY(a_.truth("qk_l2_norm", false, &has_l2_norm));
    const bool has_weights = in_layer("self_attention.q_layernorm.weight") != nullptr;
    if (has_l2_norm && (has_weights || d_.norm != SOTTO_NORM_RMS))
      return refuse("argument qk_l2_norm is True beside layer norms or q_layernorm, which is not supported");
    if (d_.has_qk_norm != has_weights && !has_l2_norm)
      return bad(fmt::format("argument qk_layernorm is {}, but q_layernorm is {}", d_.has_qk_norm ? "True" : "False or absent",
                             has_weights ? "there" : "missing"));
    d_.has_qk_norm = d_.has_qk_norm || has_l2_norm;
    return sink();
  }

  Status sink() {
    std::string kind;
    SOTTO_TRY(a_.text("softmax_type", "vanilla", &kind));
    if (kind == "vanilla") {
      d_.sink = Sink::kNone;
    } else if (kind == "off-by-one") {
      d_.sink = Sink::kZero;
    } else if (kind == "learnable") {
      d_.sink = Sink::kLearned;
    } else {
      return refuse(fmt::format("argument softmax_type is '{}', known are vanilla, off-by-one and learnable", kind));
    }
    if ((in_layer("self_attention.softmax_offset") != nullptr) != (d_.sink == Sink::kLearned))
      return bad(fmt::format("argument softmax_type is '{}', but softmax_offset is {}", kind,
                             d_.sink == Sink::kLearned ? "missing" : "there"));
    return {};
  }

  // window_size (left, right): a position sees `left` before it and itself. window_attn_skip_freq: every how many layers one
  // sees all, or a list that says which have the window.
  Status windows() {
    const Argument* window = a_.find("window_size");
    if (window == nullptr) return {};
    const auto& w = window->numbers;
    if (window->kind != Argument::Kind::kNumbers || w.size() != 2 || w[0] < -1 || w[0] >= INT32_MAX || w[0] != std::floor(w[0]))
      return bad(fmt::format("argument window_size is {}, expected two whole numbers", window->describe()));
    if (w[1] != 0)
      return refuse(
          fmt::format("argument window_size is {}: tokens that see later ones are not supported", window->describe()));
    if (w[0] < 0) return {};
    const Argument* skip = a_.find("window_attn_skip_freq");
    std::vector<bool> has_window(d_.layers, true);
    if (skip != nullptr && skip->kind == Argument::Kind::kNumber && skip->number >= 1) {
      for (uint32_t layer = 0; layer < d_.layers; ++layer)
        has_window[layer] = (layer + 1) % static_cast<uint64_t>(skip->number) != 0;
    } else if (skip != nullptr && skip->kind == Argument::Kind::kNumbers && skip->numbers.size() == d_.layers) {
      for (uint32_t layer = 0; layer < d_.layers; ++layer) has_window[layer] = skip->numbers[layer] != 0;
    } else if (skip != nullptr) {
      return bad(fmt::format("argument window_attn_skip_freq is {}, expected a number from 1 or a list for {} layers",
                             skip->describe(), d_.layers));
    }
    for (const bool has : has_window) d_.windows.push_back(has ? static_cast<uint32_t>(w[0]) + 1 : 0);
    return {};
  }

  Status feed_forward() {
    const ModelTensor *first = in_layer("mlp.linear_fc1.weight"), *second = in_layer("mlp.linear_fc2.weight");
    if (first == nullptr || second == nullptr)
      return bad(fmt::format("parameter '{}' is missing",
                             layer_name(0, first == nullptr ? "mlp.linear_fc1.weight" : "mlp.linear_fc2.weight")));
    d_.ffn = static_cast<uint32_t>(second->columns);
    d_.is_gated = first->rows == 2 * second->columns;
    uint64_t announced = 0;
    SOTTO_TRY(a_.size("ffn_hidden_size", d_.ffn, &announced));
    if (announced != d_.ffn || (!d_.is_gated && first->rows != d_.ffn))
      return bad(fmt::format("argument ffn_hidden_size is {}, but linear_fc1 has {} rows and linear_fc2 {} columns", announced,
                             first->rows, d_.ffn));
    SOTTO_TRY(activation());
    SOTTO_TRY(a_.number("glu_linear_offset", 0, &d_.gate_offset));
    return a_.number("activation_func_clamp_value", 0, &d_.activation_clamp);
  }

  // Which GELU is meant, a fusion decides: the fused kernel computes the tanh approximation, and it needs biases.
  Status activation() {
    bool is_swiglu = false, is_quick = false, is_squared = false, is_openai = false, is_fused = false;
    SOTTO_TRY(a_.truth("swiglu", false, &is_swiglu));
    SOTTO_TRY(a_.truth("quick_geglu", false, &is_quick));
    SOTTO_TRY(a_.truth("squared_relu", false, &is_squared));
    SOTTO_TRY(a_.truth("openai_gelu", false, &is_openai));
    SOTTO_TRY(a_.truth("bias_gelu_fusion", true, &is_fused));
    const bool has_bias = in_layer("mlp.linear_fc1.bias") != nullptr;
    if ((is_swiglu || is_quick) && !d_.is_gated)
      return bad(fmt::format("argument {} is True, but linear_fc1 has as many rows as linear_fc2 columns: no gate",
                             is_swiglu ? "swiglu" : "quick_geglu"));
    d_.activation = is_swiglu                       ? SOTTO_ACT_SILU
                    : is_quick                      ? SOTTO_ACT_QUICK_GELU
                    : is_squared                    ? SOTTO_ACT_RELU_SQUARED
                    : is_openai && state_.is_nested ? SOTTO_ACT_GELU_TANH
                    : is_fused && has_bias          ? SOTTO_ACT_GELU_TANH
                                                    : SOTTO_ACT_GELU_ERF;
    return {};
  }

  Status positions() {
    bool is_rotary_alias = false, has_positions = true;
    SOTTO_TRY(a_.truth("use_rotary_position_embeddings", false, &is_rotary_alias));
    SOTTO_TRY(a_.truth("add_position_embedding", true, &has_positions));
    std::string kind;
    SOTTO_TRY(a_.text("position_embedding_type",
                      is_rotary_alias ? "rope"
                      : has_positions ? "learned_absolute"
                                      : "none",
                      &kind));
    if (is_rotary_alias) kind = "rope";
    const bool has_table = find("embedding.position_embeddings.weight") != nullptr;
    if (has_table != (kind == "learned_absolute"))
      return bad(fmt::format("argument position_embedding_type is '{}', but position_embeddings.weight is {}", kind,
                             has_table ? "there" : "missing"));
    if (kind == "learned_absolute" || kind == "none") {
      d_.positions = has_table ? Positions::kLearned : Positions::kNone;
      return {};
    }
    if (kind != "rope" && kind != "yarn")
      return refuse(
          fmt::format("argument position_embedding_type is '{}', known are learned_absolute, rope, yarn and none", kind));
    d_.positions = Positions::kRotary;
    return rotation(kind == "yarn");
  }

  Status rotation(bool is_yarn) {
    RopeDescription& r = d_.rope;
    double percent = 1;
    bool is_interleaved = false;
    SOTTO_TRY(a_.number("rotary_percent", 1, &percent));
    SOTTO_TRY(a_.number("rotary_base", 10000, &r.base));
    SOTTO_TRY(a_.truth("rotary_interleaved", false, &is_interleaved));
    if (!(percent > 0 && percent <= 1)) return bad(fmt::format("argument rotary_percent is {}", percent));
    r.dimensions = is_yarn ? d_.head_dim : static_cast<uint32_t>(d_.head_dim * percent);
    if (r.dimensions < 2 || r.dimensions % 2 != 0 || !(r.base > 1))
      return bad(fmt::format("a rotation of {} dimensions with base {} is not possible (rotary_percent {})", r.dimensions,
                             r.base, percent));
    if (is_yarn && is_interleaved)
      return refuse("argument rotary_interleaved is True with yarn, which Megatron-LM does not have either");
    r.layout = is_interleaved ? SOTTO_ROTATION_INTERLEAVED : SOTTO_ROTATION_HALVES;
    SOTTO_TRY(unrotated_layers());
    return is_yarn ? yarn() : scaling();
  }

  // no_rope_freq: every how many layers one has no rotation, or a list with 1 where it has none.
  Status unrotated_layers() {
    const Argument* skip = a_.find("no_rope_freq");
    if (skip == nullptr || !skip->is_set()) return {};
    d_.rope.layers.assign(d_.layers, true);
    if (skip->kind == Argument::Kind::kNumber && skip->number >= 1) {
      for (uint32_t layer = 0; layer < d_.layers; ++layer)
        d_.rope.layers[layer] = (layer + 1) % static_cast<uint64_t>(skip->number) != 0;
    } else if (skip->kind == Argument::Kind::kNumbers && skip->numbers.size() == d_.layers) {
      for (uint32_t layer = 0; layer < d_.layers; ++layer) d_.rope.layers[layer] = skip->numbers[layer] == 0;
    } else {
      return bad(fmt::format("argument no_rope_freq is {}, expected a number from 1 or a list for {} layers", skip->describe(),
                             d_.layers));
    }
    return {};
  }

  // Megatron-LM's own builder of models passes neither factor on: it computes with 8, and with no interpolation, whatever its
  // arguments say. What the user's configuration says is meant.
  Status scaling() {
    constexpr double kBuiltIn = 8;
    constexpr uint32_t kOriginalContext = 8192;
    RopeDescription& r = d_.rope;
    bool is_llama3 = false;
    double factor = 0, interpolation = 0;
    SOTTO_TRY(a_.truth("use_rope_scaling", false, &is_llama3));
    SOTTO_TRY(a_.number("rope_scaling_factor", kBuiltIn, &factor));
    SOTTO_TRY(a_.number("rotary_seq_len_interpolation_factor", 0, &interpolation));
    if (is_llama3 && factor != kBuiltIn && !a_.is_from_user("rope_scaling_factor")) {
      warnings_.push_back(
          fmt::format("argument rope_scaling_factor is {}, but Megatron-LM trains with {} whatever it says: {} is taken; give "
                      "another in a JSON configuration",
                      factor, kBuiltIn, kBuiltIn));
      factor = kBuiltIn;
    }
    if (interpolation != 0 && !state_.is_nested && !a_.is_from_user("rotary_seq_len_interpolation_factor")) {
      warnings_.push_back(
          fmt::format("argument rotary_seq_len_interpolation_factor is {}, but Megatron-LM trains without it: it is ignored; "
                      "give it in a JSON configuration if it was applied",
                      interpolation));
      interpolation = 0;
    }
    if (is_llama3 && interpolation != 0)
      return refuse("use_rope_scaling and rotary_seq_len_interpolation_factor together are not supported");
    if (interpolation < 0 || !(factor > 0)) return bad(fmt::format("rotation factors are {} and {}", factor, interpolation));
    r.scaling = is_llama3 ? RopeScaling::kLlama3 : interpolation > 0 ? RopeScaling::kLinear : RopeScaling::kNone;
    r.factor = is_llama3 ? factor : interpolation > 0 ? interpolation : 1;
    r.original_context = is_llama3 ? kOriginalContext : 0;
    return {};
  }

  Status yarn() {
    RopeDescription& r = d_.rope;
    const auto required = [&](const char* name, double* out) -> Status {
      if (a_.find(name) == nullptr) return bad(fmt::format("argument {} is missing for position_embedding_type yarn", name));
      return a_.number(name, 0, out);
    };
    double context = 0;
    SOTTO_TRY(required("yarn_rotary_scaling_factor", &r.factor));
    SOTTO_TRY(required("yarn_original_max_position_embeddings", &context));
    SOTTO_TRY(required("yarn_beta_fast", &r.beta_fast));
    SOTTO_TRY(required("yarn_beta_slow", &r.beta_slow));
    if (!(r.factor >= 1) || !(context >= 1 && context < INT32_MAX))
      return bad(fmt::format("yarn's factor is {}, its original context {}", r.factor, context));
    r.scaling = RopeScaling::kYarn;
    r.original_context = static_cast<uint32_t>(context);
    SOTTO_TRY(a_.truth("yarn_correction_range_round_to_int", true, &r.yarn_truncates));
    const auto magnitude = [&](double scale) { return r.factor > 1 ? 0.1 * scale * std::log(r.factor) + 1 : 1; };
    double scale = 0, all = 0;
    SOTTO_TRY(a_.number("yarn_mscale", 0, &scale));
    SOTTO_TRY(a_.number("yarn_mscale_all_dim", 0, &all));
    const bool has_both = a_.find("yarn_mscale") != nullptr && a_.find("yarn_mscale_all_dim") != nullptr;
    r.magnitude = has_both ? magnitude(scale) / magnitude(all) : magnitude(1);
    return {};
  }

  Status output() {
    const ModelTensor* head = find("output_layer.weight");
    const Argument* untied = a_.find("untie_embeddings_and_output_weights");
    d_.is_tied = head == nullptr;
    if (untied != nullptr && untied->is_set() == d_.is_tied)
      return bad(fmt::format("argument untie_embeddings_and_output_weights is {}, but output_layer.weight is {}",
                             untied->describe(), d_.is_tied ? "missing" : "there"));
    if (head != nullptr && (head->rows != d_.vocabulary || head->columns != d_.hidden))
      return bad(fmt::format("parameter 'output_layer.weight' is {} x {}, expected {} x {}", head->rows, head->columns,
                             d_.vocabulary, d_.hidden));
    d_.source = fmt::format("Megatron-LM checkpoint, iteration {}", state_.iteration);
    if (const Argument* mtp = a_.find("mtp_num_layers"); mtp != nullptr && mtp->is_set())
      warnings_.push_back("layers for multi-token prediction are left out: they change no logits");
    return {};
  }

  const MegatronState& state_;
  const Arguments& a_;
  ModelDescription& d_;
  std::vector<std::string>& warnings_;
};

}  // namespace

Status describe_megatron(const MegatronState& state, ModelDescription* out, std::vector<std::string>* warnings) {
  return Describer(state, out, warnings).describe();
}

}  // namespace sotto

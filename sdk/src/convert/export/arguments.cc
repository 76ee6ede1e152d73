#include "convert/export/arguments.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "model/described_config.h"

namespace sotto {
namespace {

Status no_argument(const std::string& what) {
  return Status(SOTTO_UNSUPPORTED, fmt::format("Megatron-LM has no argument for {}: the model cannot be exported", what));
}

// With a gate and without; a tanh GELU comes of a fusion that needs a bias.
Status check_activation(const ModelDescription& d, const BiasFacts& b) {
  const bool needs_gate = d.activation == SOTTO_ACT_SILU || d.activation == SOTTO_ACT_QUICK_GELU;
  const bool is_known = needs_gate || d.activation == SOTTO_ACT_RELU_SQUARED || d.activation == SOTTO_ACT_GELU_TANH ||
                        d.activation == SOTTO_ACT_GELU_ERF;
  if (!is_known || (needs_gate && !d.is_gated))
    return no_argument(
        fmt::format("the activation {} {} a gate", activation_name(d.activation), d.is_gated ? "with" : "without"));
  if (d.activation == SOTTO_ACT_GELU_TANH && !b.up) return no_argument("a tanh GELU without biases");
  return {};
}

Status check_scales(const ModelDescription& d) {
  if (d.embedding_scale != 1) return no_argument(fmt::format("an embedding scale ({})", d.embedding_scale));
  if (d.logit_scale != 1) return no_argument(fmt::format("a logit scale ({})", d.logit_scale));
  const RopeDescription& r = d.rope;
  if (d.positions == Positions::kRotary && r.scaling == RopeScaling::kYarn &&
      (r.dimensions != d.head_dim || r.layout == SOTTO_ROTATION_INTERLEAVED))
    return no_argument("yarn over a part of each head, or over neighbours");
  return {};
}

Status check_sizes(const ModelDescription& d, const ParallelSizes& s) {
  const uint64_t qkv = (d.heads + 2 * uint64_t{d.kv_heads}) * d.head_dim;
  const struct {
    const char* what;
    uint64_t size, ranks;
  } kSizes[] = {{"attention heads", d.heads, s.tensor},
                {"rows of q, k and v", qkv, s.tensor},
                {"feed-forward columns", d.ffn, s.tensor},
                {"layers", d.layers, s.pipeline}};
  for (const auto& row : kSizes)
    if (row.ranks == 0 || row.size % row.ranks != 0)
      return Status(SOTTO_INVALID_ARGUMENT,
                    fmt::format("{} {} cannot be split evenly over {} ranks", row.size, row.what, row.ranks));
  if (d.kv_heads % s.tensor != 0 && s.tensor % d.kv_heads != 0)
    return Status(SOTTO_INVALID_ARGUMENT,
                  fmt::format("{} query groups and {} ranks: neither divides the other", d.kv_heads, s.tensor));
  return {};
}

class Writer {
 public:
  explicit Writer(PickleWriter* out) : out_(*out) {}

  void number(const char* name, uint64_t value) {
    out_.text(name);
    out_.integer(static_cast<int64_t>(value));
  }
  void real(const char* name, double value) {
    out_.text(name);
    out_.real(value);
  }
  void truth(const char* name, bool value) {
    out_.text(name);
    out_.truth(value);
  }
  void text(const char* name, const char* value) {
    out_.text(name);
    out_.text(value);
  }
  void none(const char* name) {
    out_.text(name);
    out_.none();
  }
  void list(const char* name, const std::vector<int64_t>& values) {
    out_.text(name);
    out_.integers(values);
  }
  PickleWriter& raw() { return out_; }

 private:
  PickleWriter& out_;
};

void write_shape(const ModelDescription& d, uint64_t padded_vocabulary, Writer* w) {
  w->number("num_layers", d.layers);
  w->number("hidden_size", d.hidden);
  w->number("num_attention_heads", d.heads);
  w->truth("group_query_attention", d.kv_heads != d.heads);
  w->number("num_query_groups", d.kv_heads);
  w->number("kv_channels", d.head_dim);
  w->number("ffn_hidden_size", d.ffn);
  w->number("max_position_embeddings", d.context);
  w->number("seq_length", d.context);
  w->number("padded_vocab_size", padded_vocabulary);
  w->number("make_vocab_size_divisible_by", 1);
}

void write_layers(const ModelDescription& d, const BiasFacts& b, Writer* w) {
  w->text("normalization", d.norm == SOTTO_NORM_RMS ? "RMSNorm" : "LayerNorm");
  w->real("layernorm_epsilon", d.norm_epsilon);
  w->real("norm_epsilon", d.norm_epsilon);
  w->truth("layernorm_zero_centered_gamma", false);
  w->truth("apply_layernorm_1p", false);
  w->truth("add_bias_linear", b.dense);
  w->truth("add_qkv_bias", b.qkv && !b.dense);
  w->truth("swiglu", d.activation == SOTTO_ACT_SILU);
  w->truth("quick_geglu", d.activation == SOTTO_ACT_QUICK_GELU);
  w->truth("squared_relu", d.activation == SOTTO_ACT_RELU_SQUARED);
  w->truth("openai_gelu", false);
  w->truth("bias_gelu_fusion", d.activation == SOTTO_ACT_GELU_TANH);
  w->truth("bias_swiglu_fusion", d.activation == SOTTO_ACT_SILU);
  if (d.gate_offset != 0) w->real("glu_linear_offset", d.gate_offset);
  if (d.activation_clamp != 0) w->real("activation_func_clamp_value", d.activation_clamp);
  w->truth("qk_layernorm", d.has_qk_norm);
  w->text("softmax_type", d.sink == Sink::kLearned ? "learnable" : "vanilla");
  if (d.attention_scale != 0) w->real("softmax_scale", d.attention_scale);
  w->truth("untie_embeddings_and_output_weights", !d.is_tied);
  if (d.windows.empty()) return w->none("window_size");
  const uint32_t widest = *std::max_element(d.windows.begin(), d.windows.end());
  w->raw().text("window_size");
  w->raw().tuple({int64_t{widest} - 1, 0});
  std::vector<int64_t> layers;
  for (const uint32_t window : d.windows) layers.push_back(window != 0 ? 1 : 0);
  w->list("window_attn_skip_freq", layers);
}

void write_positions(const ModelDescription& d, Writer* w) {
  const RopeDescription& r = d.rope;
  const bool is_rotary = d.positions == Positions::kRotary, is_yarn = is_rotary && r.scaling == RopeScaling::kYarn;
  w->text("position_embedding_type", is_yarn                              ? "yarn"
                                     : is_rotary                          ? "rope"
                                     : d.positions == Positions::kLearned ? "learned_absolute"
                                                                          : "none");
  w->truth("use_rotary_position_embeddings", is_rotary && !is_yarn);
  if (!is_rotary) return;
  w->real("rotary_percent", static_cast<double>(r.dimensions) / d.head_dim);
  w->real("rotary_base", r.base);
  w->truth("rotary_interleaved", r.layout == SOTTO_ROTATION_INTERLEAVED);
  w->truth("use_rope_scaling", r.scaling == RopeScaling::kLlama3);
  if (r.scaling == RopeScaling::kLlama3) w->real("rope_scaling_factor", r.factor);
  if (r.scaling == RopeScaling::kLinear) w->real("rotary_seq_len_interpolation_factor", r.factor);
  if (!r.layers.empty()) {
    std::vector<int64_t> skipped;
    for (const bool rotates : r.layers) skipped.push_back(rotates ? 0 : 1);
    w->list("no_rope_freq", skipped);
  }
  if (!is_yarn) return;
  w->real("yarn_rotary_scaling_factor", r.factor);
  w->number("yarn_original_max_position_embeddings", r.original_context);
  w->real("yarn_beta_fast", r.beta_fast);
  w->real("yarn_beta_slow", r.beta_slow);
  w->truth("yarn_correction_range_round_to_int", r.yarn_truncates);
}

void write_training(const ParallelSizes& s, Element element, Writer* w) {
  w->number("tensor_model_parallel_size", s.tensor);
  w->number("pipeline_model_parallel_size", s.pipeline);
  w->none("virtual_pipeline_model_parallel_size");
  w->truth("fp16", element == Element::kF16);
  w->truth("bf16", element == Element::kBF16);
  w->raw().text("params_dtype");
  w->raw().name("torch", name_of(element));
  w->number("consumed_train_samples", 0);
  w->number("consumed_valid_samples", 0);
}

}  // namespace

BiasFacts biases_of(const Gguf& g) {
  const auto has = [&](const char* name) { return g.tensor(name) != nullptr; };
  return {has("blk.0.attn_q.bias") || has("blk.0.attn_qkv.bias"), has("blk.0.attn_output.bias"), has("blk.0.ffn_up.bias"),
          has("blk.0.ffn_down.bias"), has("blk.0.attn_norm.bias")};
}

Status check_expressible(const ModelDescription& d, const BiasFacts& b, const ParallelSizes& s) {
  if (b.dense != b.up || b.dense != b.down || (b.dense && !b.qkv))
    return no_argument("biases on some of the linear layers: it has all, those of q, k and v, or none");
  if (b.norms != (d.norm == SOTTO_NORM_LAYER)) return no_argument("a layer norm without biases, or another with them");
  if (!d.windows.empty()) {
    const uint32_t widest = *std::max_element(d.windows.begin(), d.windows.end());
    if (std::any_of(d.windows.begin(), d.windows.end(), [&](uint32_t w) { return w != 0 && w != widest; }))
      return no_argument("windows of several widths");
  }
  SOTTO_TRY(check_activation(d, b));
  SOTTO_TRY(check_scales(d));
  return check_sizes(d, s);
}

void write_arguments(const ModelDescription& d, const BiasFacts& b, const ParallelSizes& s, Element element,
                     uint64_t padded_vocabulary, PickleWriter* out) {
  Writer w(out);
  out->begin_namespace();
  write_shape(d, padded_vocabulary, &w);
  write_layers(d, b, &w);
  write_positions(d, &w);
  write_training(s, element, &w);
  out->end_namespace();
}

}  // namespace sotto

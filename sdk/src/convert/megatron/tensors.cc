// tensors.cc: Megatron-LM's parameters under GGUF's names: q, k and v apart, gates and ups apart, gains of zero-centred norms
// folded.
#include <fmt/format.h>

#include <set>

#include "convert/gguf_layout.h"
#include "convert/megatron/model.h"

namespace sotto {
namespace {

class Maker {
 public:
  Maker(const MegatronState& state, Checkpoint* out) : state_(state), d_(out->description), out_(*out) {}

  Status make() {
    SOTTO_TRY(state_.arguments.truth("apply_layernorm_1p", false, &is_zero_centred_));
    bool again = false;
    SOTTO_TRY(state_.arguments.truth("layernorm_zero_centered_gamma", false, &again));
    is_zero_centred_ = is_zero_centred_ || again;
    SOTTO_TRY(copy("embedding.word_embeddings.weight", "token_embd.weight", d_.vocabulary, d_.hidden));
    if (d_.positions == Positions::kLearned)
      SOTTO_TRY(copy("embedding.position_embeddings.weight", "position_embd.weight", d_.context, d_.hidden));
    for (uint32_t layer = 0; layer < d_.layers; ++layer) SOTTO_TRY(make_layer(layer));
    SOTTO_TRY(norm("decoder.final_layernorm", "output_norm", d_.hidden));
    if (!d_.is_tied) SOTTO_TRY(copy("output_layer.weight", "output.weight", d_.vocabulary, d_.hidden));
    return check_all_used();
  }

 private:
  const ModelTensor* find(const std::string& name) const {
    const auto found = state_.parameters.find(name);
    return found == state_.parameters.end() ? nullptr : &found->second;
  }

  Result<const ModelTensor*> take(const std::string& name, uint64_t rows, uint64_t columns) {
    const ModelTensor* t = find(name);
    if (t == nullptr) return Status(SOTTO_BAD_FILE, fmt::format("parameter '{}' is missing", name));
    if (t->rows != rows || t->columns != columns)
      return Status(SOTTO_BAD_FILE,
                    fmt::format("parameter '{}' is {} x {}, expected {} x {}", name, t->rows, t->columns, rows, columns));
    SOTTO_TRY(check_coverage(*t));
    used_.insert(name);
    return t;
  }

  Status copy(const std::string& from, const std::string& to, uint64_t rows, uint64_t columns = 1, float add = 0) {
    SOTTO_ASSIGN(const ModelTensor* source, take(from, rows, columns));
    ModelTensor t = *source;
    t.name = to;
    t.add = add;
    out_.tensors.push_back(std::move(t));
    return {};
  }
  // Where layer 0 has it, every layer has.
  Status copy_if_there(const std::string& in_layer, const std::string& from, const std::string& to, uint64_t rows) {
    return find(layer_name(0, in_layer)) != nullptr ? copy(from, to, rows) : Status();
  }

  Status norm(const std::string& from, const std::string& to, uint64_t width) {
    SOTTO_TRY(copy(from + ".weight", to + ".weight", width, 1, is_zero_centred_ ? 1.0F : 0.0F));
    return d_.norm == SOTTO_NORM_LAYER ? copy(from + ".bias", to + ".bias", width) : Status();
  }

  // Rows of a parameter as a tensor of their own: groups of `each` rows, `every` apart.
  ModelTensor select(const ModelTensor& from, const std::string& name, uint64_t first, uint64_t each, uint64_t every,
                     uint64_t groups) {
    ModelTensor t;
    t.name = name;
    t.is_vector = from.is_vector;
    t.element = from.element;
    t.rows = each * groups;
    t.columns = from.columns;
    for (uint64_t g = 0; g < groups; ++g) add_rows(from, first + g * every, each, g * each, &t);
    return t;
  }

  // For each query group: its queries, its key, its value.
  Status split_qkv(const std::string& in, const std::string& out, const char* kind, uint64_t columns) {
    const uint64_t group = d_.heads / d_.kv_heads, every = (group + 2) * d_.head_dim;
    SOTTO_ASSIGN(const ModelTensor* qkv, take(in + "self_attention.linear_qkv." + kind, every * d_.kv_heads, columns));
    const uint64_t queries = group * d_.head_dim;
    out_.tensors.push_back(select(*qkv, out + "attn_q." + kind, 0, queries, every, d_.kv_heads));
    out_.tensors.push_back(select(*qkv, out + "attn_k." + kind, queries, d_.head_dim, every, d_.kv_heads));
    out_.tensors.push_back(select(*qkv, out + "attn_v." + kind, queries + d_.head_dim, d_.head_dim, every, d_.kv_heads));
    return {};
  }

  Status split_first(const std::string& in, const std::string& out, const char* kind, uint64_t columns) {
    const std::string name = in + "mlp.linear_fc1." + kind;
    if (!d_.is_gated) return copy(name, out + "ffn_up." + kind, d_.ffn, columns);
    SOTTO_ASSIGN(const ModelTensor* both, take(name, 2 * uint64_t{d_.ffn}, columns));
    out_.tensors.push_back(select(*both, out + "ffn_gate." + kind, 0, d_.ffn, 0, 1));
    out_.tensors.push_back(select(*both, out + "ffn_up." + kind, d_.ffn, d_.ffn, 0, 1));
    return {};
  }

  bool has(const char* in_layer) const { return find(layer_name(0, in_layer)) != nullptr; }

  Status make_layer(uint32_t layer) {
    const std::string in = layer_name(layer, ""), out = fmt::format("blk.{}.", layer);
    SOTTO_TRY(norm(in + "input_layernorm", out + "attn_norm", d_.hidden));
    SOTTO_TRY(split_qkv(in, out, "weight", d_.hidden));
    if (has("self_attention.linear_qkv.bias")) SOTTO_TRY(split_qkv(in, out, "bias", 1));
    SOTTO_TRY(make_qk_norms(in, out));
    SOTTO_TRY(make_sink(in, out));
    SOTTO_TRY(copy(in + "self_attention.linear_proj.weight", out + "attn_output.weight", d_.hidden,
                   uint64_t{d_.heads} * d_.head_dim));
    SOTTO_TRY(copy_if_there("self_attention.linear_proj.bias", in + "self_attention.linear_proj.bias", out + "attn_output.bias",
                            d_.hidden));
    SOTTO_TRY(norm(in + "pre_mlp_layernorm", out + "ffn_norm", d_.hidden));
    SOTTO_TRY(split_first(in, out, "weight", d_.hidden));
    if (has("mlp.linear_fc1.bias")) SOTTO_TRY(split_first(in, out, "bias", 1));
    SOTTO_TRY(copy(in + "mlp.linear_fc2.weight", out + "ffn_down.weight", d_.hidden, d_.ffn));
    return copy_if_there("mlp.linear_fc2.bias", in + "mlp.linear_fc2.bias", out + "ffn_down.bias", d_.hidden);
  }

  Status make_qk_norms(const std::string& in, const std::string& out) {
    if (!d_.has_qk_norm) return {};
    for (const char* which : {"q", "k"}) {
      const std::string from = fmt::format("{}self_attention.{}_layernorm", in, which),
                        to = fmt::format("{}attn_{}_norm", out, which);
      // A norm without weights is one whose gains are 1.
      SOTTO_TRY(has("self_attention.q_layernorm.weight") ? norm(from, to, d_.head_dim)
                                                         : constant(to + ".weight", d_.head_dim, 1));
    }
    return {};
  }

  Status make_sink(const std::string& in, const std::string& out) {
    if (d_.sink == Sink::kNone) return {};
    const std::string to = out + "attn_sinks.weight";
    return d_.sink == Sink::kZero ? constant(to, d_.heads, 0) : copy(in + "self_attention.softmax_offset", to, d_.heads);
  }

  Status constant(const std::string& name, uint64_t count, float value) {
    out_.tensors.push_back(make_vector(name, std::vector<float>(count, value), &out_));
    return {};
  }

  Status check_all_used() const {
    constexpr std::string_view kHeads = "sotto_heads.";
    for (const auto& [name, unused] : state_.parameters)
      if (used_.count(name) == 0 && name.compare(0, kHeads.size(), kHeads) != 0)
        return Status(SOTTO_UNSUPPORTED,
                      fmt::format("parameter '{}' has no place in the model that the arguments describe", name));
    return {};
  }

  const MegatronState& state_;
  const ModelDescription& d_;
  Checkpoint& out_;
  std::set<std::string> used_;
  bool is_zero_centred_ = false;
};

}  // namespace

Status make_megatron_tensors(const MegatronState& state, Checkpoint* out) { return Maker(state, out).make(); }

}  // namespace sotto

// gpt2.cc: GPT-2 (Radford et al. 2019) and Megatron GPT with learned positions: layer norm, biases, tanh GELU, fused q, k, v.
#include "model/arch/architectures.h"

namespace sotto {
namespace {

Value attention_block(Weights& w, Value in) {
  const ModelConfig& c = w.config();
  const Sharding& s = w.sharding();
  PlanBuilder& p = w.plan();
  const uint64_t q = uint64_t{c.heads} * c.head_dim, kv = uint64_t{c.kv_heads} * c.head_dim, fused = q + 2 * kv;
  // The fused tensor is q, then k, then v: three weights that are rows of one tensor.
  const auto projection = [&](Range part, const std::vector<Range>& slices) {
    LinearParts parts;
    parts.weight = w.rows("attn_qkv.weight", part, fused, slices);
    parts.bias = w.optional_vector("attn_qkv.bias", part, fused, slices);
    return w.status().ok() ? p.linear(in, parts) : in;
  };
  const Value query = projection({0, q}, s.q_rows(c.head_dim));
  const Value key = projection({q, kv}, s.kv_rows(c.head_dim));
  const Value value = projection({q + kv, kv}, s.kv_rows(c.head_dim));
  AttentionParts a;
  a.head_dim = c.head_dim;
  a.heads = c.heads;
  a.kv_heads = c.kv_heads;
  a.scale = c.attention_scale;
  LinearParts dense;
  dense.weight = w.columns("attn_output.weight", q, s.q_rows(c.head_dim));
  return w.status().ok() ? p.all_reduce(p.linear(p.attention(query, key, value, a), dense)) : in;
}

Value feed_forward(Weights& w, Value in) {
  const ModelConfig& c = w.config();
  const auto& slices = w.sharding().ffn;
  LinearParts up, down;
  up.weight = w.rows("ffn_up.weight", {0, c.ffn}, c.ffn, slices);
  up.bias = w.optional_vector("ffn_up.bias", {0, c.ffn}, c.ffn, slices);
  up.activation = SOTTO_ACT_GELU_TANH;
  down.weight = w.columns("ffn_down.weight", c.ffn, slices);
  PlanBuilder& p = w.plan();
  return w.status().ok() ? p.all_reduce(p.linear(p.linear(in, up), down)) : in;
}

}  // namespace

void build_gpt2(Weights& w) {
  const ModelConfig& c = w.config();
  PlanBuilder& p = w.plan();
  const WeightRef table = w.table("token_embd.weight", c.vocabulary, w.sharding().vocabulary, SOTTO_USE_TABLE);
  const WeightRef positions = w.table("position_embd.weight", c.context_trained, w.sharding().positions, SOTTO_USE_TABLE);
  Value x = p.all_reduce(p.embed(table, positions, c.hidden));
  const auto norm = [&](Value in, const char* weight, const char* bias) {
    const WeightRef gain = w.vector(weight, c.hidden);
    return p.norm(in, c.norm_kind, gain, w.optional_vector(bias, c.hidden), c.norm_epsilon);
  };
  for (uint32_t layer = 0; layer < c.layers && w.status().ok(); ++layer) {
    w.enter_layer(layer);
    const Value a = attention_block(w, norm(x, "attn_norm.weight", "attn_norm.bias"));
    x = p.add(x, a, w.optional_vector("attn_output.bias", c.hidden));
    const Value m = feed_forward(w, norm(x, "ffn_norm.weight", "ffn_norm.bias"));
    x = p.add(x, m, w.optional_vector("ffn_down.bias", c.hidden));
  }
  w.leave_layers();
  if (w.status().ok()) build_outputs(w, norm(x, "output_norm.weight", "output_norm.bias"));
}

}  // namespace sotto

#include "model/arch/architectures.h"

namespace sotto {
namespace {

Value attention_block(Weights& w, const RotaryDecoder& options, Value in) {
  const ModelConfig& c = w.config();
  const Sharding& s = w.sharding();
  PlanBuilder& p = w.plan();
  const auto q_rows = s.q_rows(c.head_dim), kv_rows = s.kv_rows(c.head_dim);
  const uint64_t q = uint64_t{c.heads} * c.head_dim, kv = uint64_t{c.kv_heads} * c.head_dim;
  const auto projection = [&](const char* weight, const char* bias, uint64_t rows, const std::vector<Range>& slices) {
    LinearParts parts;
    parts.weight = w.rows(weight, {0, rows}, rows, slices);
    if (options.biases) parts.bias = w.optional_vector(bias, {0, rows}, rows, slices);
    return w.status().ok() ? p.linear(in, parts) : in;
  };
  const Value query = projection("attn_q.weight", "attn_q.bias", q, q_rows);
  const Value key = projection("attn_k.weight", "attn_k.bias", kv, kv_rows);
  const Value value = projection("attn_v.weight", "attn_v.bias", kv, kv_rows);
  AttentionParts a;
  a.head_dim = c.head_dim;
  a.heads = c.heads;
  a.kv_heads = c.kv_heads;
  a.scale = c.attention_scale;
  a.window = c.window;
  a.rotation = &c.rotation;
  if (options.qk_norms) {
    a.q_norm = w.vector("attn_q_norm.weight", c.head_dim);
    a.k_norm = w.vector("attn_k_norm.weight", c.head_dim);
    a.norm_kind = c.norm_kind;
    a.norm_epsilon = c.norm_epsilon;
  }
  LinearParts dense;
  dense.weight = w.columns("attn_output.weight", q, q_rows);
  if (!w.status().ok()) return in;
  return p.all_reduce(p.linear(p.attention(query, key, value, a), dense));
}

Value feed_forward(Weights& w, const RotaryDecoder& options, Value in) {
  const ModelConfig& c = w.config();
  const auto& slices = w.sharding().ffn;
  PlanBuilder& p = w.plan();
  LinearParts up, down;
  up.weight = w.rows("ffn_gate.weight", {0, c.ffn}, c.ffn, slices);
  up.gate = w.rows("ffn_up.weight", {0, c.ffn}, c.ffn, slices);
  up.activation = SOTTO_ACT_SILU;
  if (options.biases) {
    up.bias = w.optional_vector("ffn_gate.bias", {0, c.ffn}, c.ffn, slices);
    up.gate_bias = w.optional_vector("ffn_up.bias", {0, c.ffn}, c.ffn, slices);
  }
  down.weight = w.columns("ffn_down.weight", c.ffn, slices);
  return w.status().ok() ? p.all_reduce(p.linear(p.linear(in, up), down)) : in;
}

}  // namespace

void build_rotary_decoder(Weights& w, const RotaryDecoder& options) {
  const ModelConfig& c = w.config();
  PlanBuilder& p = w.plan();
  const WeightRef table = w.table("token_embd.weight", c.vocabulary, w.sharding().vocabulary, SOTTO_USE_TABLE);
  Value x = p.all_reduce(p.embed(table, SOTTO_NONE, c.hidden));
  const auto bias = [&](const char* name) { return options.biases ? w.optional_vector(name, c.hidden) : SOTTO_NONE; };
  for (uint32_t layer = 0; layer < c.layers && w.status().ok(); ++layer) {
    w.enter_layer(layer);
    const Value h = p.norm(x, c.norm_kind, w.vector("attn_norm.weight", c.hidden), SOTTO_NONE, c.norm_epsilon);
    x = p.add(x, attention_block(w, options, h), bias("attn_output.bias"));
    const Value m = p.norm(x, c.norm_kind, w.vector("ffn_norm.weight", c.hidden), SOTTO_NONE, c.norm_epsilon);
    x = p.add(x, feed_forward(w, options, m), bias("ffn_down.bias"));
  }
  w.leave_layers();
  if (w.status().ok())
    build_outputs(w, p.norm(x, c.norm_kind, w.vector("output_norm.weight", c.hidden), SOTTO_NONE, c.norm_epsilon));
}

}  // namespace sotto

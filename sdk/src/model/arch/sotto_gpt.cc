// sotto_gpt.cc: Megatron-LM's GPT (Shoeybi et al. 2019, arXiv:1909.08053) with every option that the importer takes over:
// either norm, any activation with or without a gate, biases where the file has them, learned, rotary or no positions, norms on
// q and k, windows and rotations that differ from layer to layer, attention sinks.
#include "model/arch/architectures.h"

namespace sotto {
namespace {

Value norm(Weights& w, Value in, const std::string& name) {
  const ModelConfig& c = w.config();
  const WeightRef gain = w.vector((name + ".weight").c_str(), c.hidden);
  return w.plan().norm(in, c.norm_kind, gain, w.optional_vector((name + ".bias").c_str(), c.hidden), c.norm_epsilon);
}

AttentionParts attention_parts(Weights& w, uint32_t layer) {
  const ModelConfig& c = w.config();
  AttentionParts a;
  a.head_dim = c.head_dim;
  a.heads = c.heads;
  a.kv_heads = c.kv_heads;
  a.scale = c.attention_scale;
  a.window = c.windows.empty() ? 0 : c.windows[layer];
  a.rotation = c.rotates.empty() || c.rotates[layer] ? &c.rotation : nullptr;
  if (c.has_qk_norm) {
    a.norm_kind = c.norm_kind;
    a.norm_epsilon = c.norm_epsilon;
    a.q_norm = w.vector("attn_q_norm.weight", c.head_dim);
    a.k_norm = w.vector("attn_k_norm.weight", c.head_dim);
    a.q_norm_bias = w.optional_vector("attn_q_norm.bias", c.head_dim);
    a.k_norm_bias = w.optional_vector("attn_k_norm.bias", c.head_dim);
  }
  if (c.has_sinks) {
    std::vector<Range> heads;
    for (const auto& h : w.sharding().heads) heads.push_back({h.first_head, h.heads});
    a.sink = w.vector("attn_sinks.weight", {0, c.heads}, c.heads, heads);
  }
  return a;
}

Value attention_block(Weights& w, uint32_t layer, Value in) {
  const ModelConfig& c = w.config();
  const auto q_rows = w.sharding().q_rows(c.head_dim), kv_rows = w.sharding().kv_rows(c.head_dim);
  const uint64_t q = uint64_t{c.heads} * c.head_dim, kv = uint64_t{c.kv_heads} * c.head_dim;
  const auto projection = [&](const std::string& name, uint64_t rows, const std::vector<Range>& slices) {
    LinearParts parts;
    parts.weight = w.rows((name + ".weight").c_str(), {0, rows}, rows, slices);
    parts.bias = w.optional_vector((name + ".bias").c_str(), {0, rows}, rows, slices);
    return w.status().ok() ? w.plan().linear(in, parts) : in;
  };
  const Value query = projection("attn_q", q, q_rows), key = projection("attn_k", kv, kv_rows),
              value = projection("attn_v", kv, kv_rows);
  const AttentionParts a = attention_parts(w, layer);
  LinearParts dense;
  dense.weight = w.columns("attn_output.weight", q, q_rows);
  if (!w.status().ok()) return in;
  return w.plan().all_reduce(w.plan().linear(w.plan().attention(query, key, value, a), dense));
}

// A gate's linear half is plan.h's "gate": out = act(W x) * (G x + offset).
Value feed_forward(Weights& w, Value in) {
  const ModelConfig& c = w.config();
  const auto& slices = w.sharding().ffn;
  LinearParts up, down;
  up.activation = c.activation;
  up.clamp = c.activation_clamp;
  const char* first = c.is_gated ? "ffn_gate" : "ffn_up";
  up.weight = w.rows((std::string(first) + ".weight").c_str(), {0, c.ffn}, c.ffn, slices);
  up.bias = w.optional_vector((std::string(first) + ".bias").c_str(), {0, c.ffn}, c.ffn, slices);
  if (c.is_gated) {
    up.gate = w.rows("ffn_up.weight", {0, c.ffn}, c.ffn, slices);
    up.gate_bias = w.optional_vector("ffn_up.bias", {0, c.ffn}, c.ffn, slices);
    up.gate_offset = c.gate_offset;
  }
  down.weight = w.columns("ffn_down.weight", c.ffn, slices);
  return w.status().ok() ? w.plan().all_reduce(w.plan().linear(w.plan().linear(in, up), down)) : in;
}

}  // namespace

void build_sotto_gpt(Weights& w) {
  const ModelConfig& c = w.config();
  PlanBuilder& p = w.plan();
  const WeightRef table = w.table("token_embd.weight", c.vocabulary, w.sharding().vocabulary, SOTTO_USE_TABLE);
  const WeightRef positions = c.has_positions
                                  ? w.table("position_embd.weight", c.context_trained, w.sharding().positions, SOTTO_USE_TABLE)
                                  : SOTTO_NONE;
  Value x = p.all_reduce(p.embed(table, positions, c.hidden, c.embedding_scale));
  for (uint32_t layer = 0; layer < c.layers && w.status().ok(); ++layer) {
    w.enter_layer(layer);
    x = p.add(x, attention_block(w, layer, norm(w, x, "attn_norm")), w.optional_vector("attn_output.bias", c.hidden));
    x = p.add(x, feed_forward(w, norm(w, x, "ffn_norm")), w.optional_vector("ffn_down.bias", c.hidden));
  }
  w.leave_layers();
  if (w.status().ok()) build_outputs(w, norm(w, x, "output_norm"));
}

}  // namespace sotto

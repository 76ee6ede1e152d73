// models.h - whole tiny models as nets: the shapes of GPT-2, Llama and Qwen3, with random weights of one type.
#pragma once

#include "conformance/net.h"

namespace sotto::conformance {

struct ModelShape {
  const char* name;
  bool learned_positions;  // with biases, layer norms and gelu: GPT-2
  uint32_t rotation;
  bool head_norms;  // Qwen3
  uint32_t hidden, heads, kv_heads, head_dim, ffn, layers, vocabulary;
};

constexpr ModelShape kModels[] = {
    {"Gpt2", true, SOTTO_ROTATION_NONE, false, 256, 4, 4, 64, 512, 2, 67},
    {"Llama", false, SOTTO_ROTATION_INTERLEAVED, false, 256, 8, 2, 32, 256, 2, 101},
    {"Qwen3", false, SOTTO_ROTATION_HALVES, true, 256, 4, 2, 64, 256, 2, 53},
};
// For what does not look at the numbers.
constexpr ModelShape kSmallModel = {"Small", false, SOTTO_ROTATION_HALVES, false, 96, 4, 2, 32, 64, 2, 17};

// Outputs: logits, then the last hidden state.
inline void build(Net& net, const ModelShape& m, uint32_t type) {
  const uint32_t hidden = m.hidden, ranks = net.ranks();
  const bool gpt = m.learned_positions;
  const uint32_t norm = gpt ? SOTTO_NORM_LAYER : SOTTO_NORM_RMS;
  const auto linear = [&](const Node& x, uint32_t out, const Parts& parts, uint32_t activation = SOTTO_ACT_NONE,
                          bool gated = false) {
    LinearSpec spec;
    spec.type = type;
    spec.out = out;
    spec.parts = parts;
    spec.bias = gpt;
    spec.activation = activation;
    spec.gate_type = gated ? type : SOTTO_NONE;
    return net.linear(x, spec);
  };
  const auto residual = [&](const Node& x, const Node& y) { return net.add(x, ranks == 1 ? y : net.reduce(y)); };
  Node x = net.join(net.embed(type, hidden, gpt));
  for (uint32_t layer = 0; layer < m.layers; ++layer) {
    AttentionOptions o;
    o.heads = cut_heads(net.random(), m.heads, m.kv_heads, m.head_dim, ranks);
    o.rotation = m.rotation;
    o.rotary_dim = m.rotation == SOTTO_ROTATION_NONE ? 0 : m.head_dim;
    o.norms = m.head_norms;
    const Node h = net.norm(x, norm, true, gpt);
    const Node q = linear(h, m.heads * m.head_dim, o.heads.q_parts());
    const Node k = linear(h, m.kv_heads * m.head_dim, o.heads.kv_parts()),
               v = linear(h, m.kv_heads * m.head_dim, o.heads.kv_parts());
    x = residual(x, linear(net.attention(q, k, v, o), hidden, {}));
    const Node f = linear(net.norm(x, norm, true, gpt), m.ffn, cut(net.random(), m.ffn, ranks),
                          gpt ? SOTTO_ACT_GELU_TANH : SOTTO_ACT_SILU, !gpt);
    x = residual(x, linear(f, hidden, {}));
  }
  x = net.norm(x, norm, true, gpt);
  Node logits = linear(x, m.vocabulary, cut(net.random(), m.vocabulary, ranks));
  net.output(net.gather(logits));
  net.output(x);
}

}  // namespace sotto::conformance

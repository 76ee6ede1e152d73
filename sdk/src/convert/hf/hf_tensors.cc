#include "convert/hf/hf_tensors.h"

#include <fmt/format.h>

namespace sotto {
namespace {

constexpr std::string_view kHead = "lm_head.weight";

class List {
 public:
  explicit List(const ModelDescription& d) : d_(d) {}

  void enter_layer(const char* hf, uint32_t layer) {
    hf_ = fmt::format("{}.{}.", hf, layer);
    gguf_ = fmt::format("blk.{}.", layer);
  }
  void leave_layers() { hf_ = gguf_ = ""; }
  WantedTensor& matrix(std::string_view hf, std::string_view gguf, uint64_t rows, uint64_t columns) {
    WantedTensor& t = add(hf, gguf, ".weight", rows, columns);
    t.stored_rows = rows;
    return t;
  }
  void vector(std::string_view hf, std::string_view gguf, uint64_t columns, const char* kind = ".weight") {
    add(hf, gguf, kind, 0, columns).stored_rows = columns;
  }
  void linear(std::string_view hf, std::string_view gguf, uint64_t rows, uint64_t columns, bool bias) {
    matrix(hf, gguf, rows, columns);
    if (bias) vector(hf, gguf, rows, ".bias");
  }
  // transformers' Conv1D: [in, out] and always a bias; `rows` of the `stored` outputs, from `first`.
  void conv(std::string_view hf, std::string_view gguf, uint64_t rows, uint64_t columns, uint64_t stored, uint64_t first) {
    WantedTensor& t = matrix(hf, gguf, rows, columns);
    t.is_transposed = true;
    t.stored_rows = stored;
    t.first_row = first;
    WantedTensor& b = add(hf, gguf, ".bias", 0, rows);
    b.stored_rows = stored;
    b.first_row = first;
  }
  void layer_norm(std::string_view hf, std::string_view gguf) {
    vector(hf, gguf, d_.hidden);
    vector(hf, gguf, d_.hidden, ".bias");
  }
  std::vector<WantedTensor> take() { return std::move(list_); }

 private:
  WantedTensor& add(std::string_view hf, std::string_view gguf, std::string_view kind, uint64_t rows, uint64_t columns) {
    WantedTensor t;
    t.name = fmt::format("{}{}{}", hf_, hf, kind);
    t.gguf = fmt::format("{}{}{}", gguf_, gguf, kind);
    t.rows = rows;
    t.columns = columns;
    list_.push_back(std::move(t));
    return list_.back();
  }

  const ModelDescription& d_;
  std::string hf_, gguf_;
  std::vector<WantedTensor> list_;
};

void gpt2(const ModelDescription& d, List* list) {
  list->matrix("wte", "token_embd", d.vocabulary, d.hidden);
  list->matrix("wpe", "position_embd", d.context, d.hidden);
  const uint64_t h = d.hidden;
  for (uint32_t layer = 0; layer < d.layers; ++layer) {
    list->enter_layer("h", layer);
    list->layer_norm("ln_1", "attn_norm");
    list->conv("attn.c_attn", "attn_q", h, h, 3 * h, 0);
    list->conv("attn.c_attn", "attn_k", h, h, 3 * h, h);
    list->conv("attn.c_attn", "attn_v", h, h, 3 * h, 2 * h);
    list->conv("attn.c_proj", "attn_output", h, h, h, 0);
    list->layer_norm("ln_2", "ffn_norm");
    list->conv("mlp.c_fc", "ffn_up", d.ffn, h, d.ffn, 0);
    list->conv("mlp.c_proj", "ffn_down", h, d.ffn, h, 0);
  }
  list->leave_layers();
  list->layer_norm("ln_f", "output_norm");
}

void rotary(const HfConfig& c, List* list) {
  const ModelDescription& d = c.description;
  const uint64_t q = uint64_t{d.heads} * d.head_dim, kv = uint64_t{d.kv_heads} * d.head_dim;
  list->matrix("embed_tokens", "token_embd", d.vocabulary, d.hidden);
  for (uint32_t layer = 0; layer < d.layers; ++layer) {
    list->enter_layer("layers", layer);
    list->vector("input_layernorm", "attn_norm", d.hidden);
    list->linear("self_attn.q_proj", "attn_q", q, d.hidden, c.qkv_bias);
    list->linear("self_attn.k_proj", "attn_k", kv, d.hidden, c.qkv_bias);
    list->linear("self_attn.v_proj", "attn_v", kv, d.hidden, c.qkv_bias);
    if (d.has_qk_norm) {
      list->vector("self_attn.q_norm", "attn_q_norm", d.head_dim);
      list->vector("self_attn.k_norm", "attn_k_norm", d.head_dim);
    }
    list->linear("self_attn.o_proj", "attn_output", d.hidden, q, c.output_bias);
    list->vector("post_attention_layernorm", "ffn_norm", d.hidden);
    list->linear("mlp.gate_proj", "ffn_gate", d.ffn, d.hidden, c.mlp_bias);
    list->linear("mlp.up_proj", "ffn_up", d.ffn, d.hidden, c.mlp_bias);
    list->linear("mlp.down_proj", "ffn_down", d.hidden, d.ffn, c.mlp_bias);
  }
  list->leave_layers();
  list->vector("norm", "output_norm", d.hidden);
}

}  // namespace

std::vector<WantedTensor> wanted_tensors(const HfConfig& config) {
  const ModelDescription& d = config.description;
  List list(d);
  if (config.family == "gpt2")
    gpt2(d, &list);
  else
    rotary(config, &list);
  if (!d.is_tied) list.matrix(kHead.substr(0, kHead.rfind('.')), "output", d.vocabulary, d.hidden);
  return list.take();
}

std::string_view prefix_of(const HfConfig& config) { return config.family == "gpt2" ? "transformer." : "model."; }

std::string_view embedding_of(const HfConfig& config) { return config.family == "gpt2" ? "wte.weight" : "embed_tokens.weight"; }

bool is_buffer(std::string_view name) {
  constexpr std::string_view kBuffers[] = {".attn.bias", ".attn.masked_bias", "rotary_emb.inv_freq"};
  for (const std::string_view b : kBuffers)
    if (name.size() >= b.size() && name.substr(name.size() - b.size()) == b) return true;
  return false;
}

}  // namespace sotto

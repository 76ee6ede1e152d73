#include "convert/export/parameters.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/mapped_file.h"
#include "convert/quantize/formats.h"

namespace sotto {
namespace {

using Bytes = std::vector<uint8_t>;

std::vector<float> floats_of_tensor(const GgufTensor& t) {
  std::vector<float> values(static_cast<size_t>(t.rows * t.columns));
  const quantize::Format& format = *quantize::find_format(t.type);
  for (uint64_t r = 0; r < t.rows; ++r)
    format.decode(t.bytes.data() + r * t.row_bytes, static_cast<size_t>(t.columns), values.data() + r * t.columns);
  MappedFile::give_back(t.bytes);
  return values;
}

bool is_exact(const std::vector<float>& values, Element element) {
  const auto back = [&](float v) { return element == Element::kF16 ? from_f16(to_f16(v)) : from_bf16(to_bf16(v)); };
  return element == Element::kF32 || std::all_of(values.begin(), values.end(), [&](float v) { return back(v) == v; });
}

Bytes bytes_of(const std::vector<float>& values, Element element) {
  Bytes bytes(values.size() * size_of(element));
  from_floats(weight_type_of(element), Span<const float>(values.data(), values.size()), bytes.data());
  return bytes;
}

class Maker {
 public:
  Maker(const ModelFile& file, const ModelDescription& d, Element element)
      : g_(file.gguf()), d_(d), element_(element), is_llama_(file.config().architecture == "llama") {}

  Result<std::vector<ExportParameter>> make() {
    matrix("embedding.word_embeddings.weight", "token_embd.weight", Cut::kRows).is_first = true;
    if (d_.positions == Positions::kLearned)
      matrix("embedding.position_embeddings.weight", "position_embd.weight", Cut::kWhole).is_first = true;
    for (uint32_t layer = 0; layer < d_.layers; ++layer) {
      const size_t first = all_.size();
      make_layer(layer);
      for (size_t i = first; i < all_.size(); ++i) {
        all_[i].is_layer = true;
        all_[i].layer = layer;
      }
    }
    norm("decoder.final_layernorm", "output_norm");
    if (!d_.is_tied) matrix("output_layer.weight", "output.weight", Cut::kRows);
    for (const GgufTensor& t : g_.tensors()) {
      constexpr std::string_view kHeads = "sotto.head.";
      if (t.name.substr(0, kHeads.size()) != kHeads) continue;
      const std::string name = "sotto_heads." + std::string(t.name.substr(kHeads.size()));
      t.rows == 1 && t.dimensions < 2 ? vector(name, std::string(t.name)) : matrix(name, std::string(t.name), Cut::kWhole);
    }
    return std::move(all_);
  }

 private:
  bool has(const std::string& name) const { return g_.tensor(name) != nullptr; }

  ExportParameter& add(const std::string& name, Cut cut, bool is_vector, uint64_t rows, uint64_t columns,
                       std::function<std::vector<float>()> values) {
    ExportParameter p;
    p.name = name;
    p.cut = cut;
    p.is_vector = is_vector;
    p.rows = rows;
    p.columns = columns;
    p.element = is_vector && !is_exact(values(), element_) ? Element::kF32 : element_;
    p.load = [values = std::move(values), element = p.element]() -> Result<Bytes> { return bytes_of(values(), element); };
    all_.push_back(std::move(p));
    return all_.back();
  }

  ExportParameter& matrix(const std::string& name, const std::string& tensor, Cut cut) {
    const GgufTensor* t = g_.tensor(tensor);
    return add(name, cut, false, t->rows, t->columns, [t] { return floats_of_tensor(*t); });
  }
  ExportParameter& vector(const std::string& name, const std::string& tensor, Cut cut = Cut::kWhole) {
    const GgufTensor* t = g_.tensor(tensor);
    return add(name, cut, true, t->columns, 1, [t] { return floats_of_tensor(*t); });
  }
  void vector_if_there(const std::string& name, const std::string& tensor) {
    if (has(tensor)) vector(name, tensor);
  }
  void norm(const std::string& name, const std::string& tensor) {
    vector(name + ".weight", tensor + ".weight");
    vector_if_there(name + ".bias", tensor + ".bias");
  }

  // Row i of a head as Megatron-LM has it: halves where GGUF's llama has neighbours.
  uint64_t rotated_row(uint64_t i) const {
    const uint64_t half = d_.head_dim / 2;
    return !is_llama_ ? i : i < half ? 2 * i : 2 * (i - half) + 1;
  }

  // q, k and v, apart or fused, as [query groups, queries + key + value, head_dim, columns].
  std::vector<float> group_qkv(const std::string& in, const char* kind, uint64_t columns) const {
    const uint64_t q = uint64_t{d_.heads} * d_.head_dim, kv = uint64_t{d_.kv_heads} * d_.head_dim;
    std::vector<float> all;
    if (const GgufTensor* fused = g_.tensor(in + "attn_qkv." + kind)) {
      all = floats_of_tensor(*fused);
    } else {
      for (const char* part : {"attn_q.", "attn_k.", "attn_v."}) {
        const std::vector<float> values = floats_of_tensor(*g_.tensor(in + part + kind));
        all.insert(all.end(), values.begin(), values.end());
      }
    }
    std::vector<float> grouped;
    grouped.reserve(all.size());
    const auto head = [&](uint64_t first_row, bool is_rotated) {
      for (uint64_t i = 0; i < d_.head_dim; ++i) {
        const auto row = static_cast<std::ptrdiff_t>((first_row + (is_rotated ? rotated_row(i) : i)) * columns);
        grouped.insert(grouped.end(), all.begin() + row, all.begin() + row + static_cast<std::ptrdiff_t>(columns));
      }
    };
    const uint64_t group = d_.heads / d_.kv_heads;
    for (uint64_t g = 0; g < d_.kv_heads; ++g) {
      for (uint64_t h = 0; h < group; ++h) head((g * group + h) * d_.head_dim, true);
      head(q + g * d_.head_dim, true);
      head(q + kv + g * d_.head_dim, false);
    }
    return grouped;
  }

  void make_layer(uint32_t layer) {
    const std::string in = fmt::format("blk.{}.", layer), out = layer_name(layer, "");
    norm(out + "input_layernorm", in + "attn_norm");
    const uint64_t qkv_rows = (d_.heads + 2 * uint64_t{d_.kv_heads}) * d_.head_dim;
    add(out + "self_attention.linear_qkv.weight", Cut::kQkv, false, qkv_rows, d_.hidden,
        [this, in] { return group_qkv(in, "weight", d_.hidden); });
    if (has(in + "attn_q.bias") || has(in + "attn_qkv.bias"))
      add(out + "self_attention.linear_qkv.bias", Cut::kQkv, true, qkv_rows, 1,
          [this, in] { return group_qkv(in, "bias", 1); });
    if (d_.has_qk_norm) {
      norm(out + "self_attention.q_layernorm", in + "attn_q_norm");
      norm(out + "self_attention.k_layernorm", in + "attn_k_norm");
    }
    if (d_.sink == Sink::kLearned)
      vector(out + "self_attention.core_attention.softmax_offset", in + "attn_sinks.weight", Cut::kRows);
    matrix(out + "self_attention.linear_proj.weight", in + "attn_output.weight", Cut::kColumns);
    vector_if_there(out + "self_attention.linear_proj.bias", in + "attn_output.bias");
    norm(out + "pre_mlp_layernorm", in + "ffn_norm");
    first_linear(in, out, "weight", d_.hidden);
    if (has(in + "ffn_up.bias")) first_linear(in, out, "bias", 1);
    matrix(out + "mlp.linear_fc2.weight", in + "ffn_down.weight", Cut::kColumns);
    vector_if_there(out + "mlp.linear_fc2.bias", in + "ffn_down.bias");
  }

  void first_linear(const std::string& in, const std::string& out, const std::string& kind, uint64_t columns) {
    const GgufTensor *gate = g_.tensor(in + "ffn_gate." + kind), *up = g_.tensor(in + "ffn_up." + kind);
    add(out + "mlp.linear_fc1." + kind, Cut::kFirst, kind == "bias", (gate != nullptr ? 2 : 1) * uint64_t{d_.ffn}, columns,
        [gate, up] {
          std::vector<float> both = gate != nullptr ? floats_of_tensor(*gate) : std::vector<float>();
          const std::vector<float> second = floats_of_tensor(*up);
          both.insert(both.end(), second.begin(), second.end());
          return both;
        });
  }

  const Gguf& g_;
  const ModelDescription& d_;
  Element element_;
  bool is_llama_;
  std::vector<ExportParameter> all_;
};

}  // namespace

Element element_of(const ModelFile& file) {
  bool has_f16 = false, has_bf16 = false;
  for (const GgufTensor& t : file.gguf().tensors()) {
    if (t.rows == 1 || t.name == "position_embd.weight" || t.name.substr(0, 6) == "sotto.") continue;
    has_f16 = has_f16 || t.type == SOTTO_F16;
    has_bf16 = has_bf16 || t.type == SOTTO_BF16;
    if (t.type != SOTTO_F16 && t.type != SOTTO_BF16) return Element::kF32;
  }
  return has_f16 == has_bf16 ? Element::kF32 : has_f16 ? Element::kF16 : Element::kBF16;
}

Result<std::vector<ExportParameter>> make_parameters(const ModelFile& file, const ModelDescription& description,
                                                     Element element) {
  auto maker = std::make_shared<Maker>(file, description, element);
  SOTTO_ASSIGN(std::vector<ExportParameter> parameters, maker->make());
  // The parameters' functions use the maker.
  for (ExportParameter& p : parameters) p.load = [maker, load = std::move(p.load)] { return load(); };
  return parameters;
}

}  // namespace sotto

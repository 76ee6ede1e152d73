#include "convert/quantize/mix.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>

#include "base/printable.h"
#include "sotto/types.h"

namespace sotto::quantize {
namespace {

constexpr Mix kMixes[] = {
    // name     file_type  body        output      embedding   sensitive
    {"f32", 0, SOTTO_F32, SOTTO_F32, SOTTO_F32, SOTTO_F32},
    {"f16", 1, SOTTO_F16, SOTTO_F16, SOTTO_F16, SOTTO_F16},
    {"bf16", 32, SOTTO_BF16, SOTTO_BF16, SOTTO_BF16, SOTTO_BF16},
    {"q8_0", 7, SOTTO_Q8_0, SOTTO_Q8_0, SOTTO_Q8_0, SOTTO_Q8_0},
    {"q4_0", 2, SOTTO_Q4_0, SOTTO_Q4_0, SOTTO_Q4_0, SOTTO_Q4_0},
    {"q4_1", 3, SOTTO_Q4_1, SOTTO_Q4_1, SOTTO_Q4_1, SOTTO_Q4_1},
    {"q5_0", 8, SOTTO_Q5_0, SOTTO_Q5_0, SOTTO_Q5_0, SOTTO_Q5_0},
    {"q5_1", 9, SOTTO_Q5_1, SOTTO_Q5_1, SOTTO_Q5_1, SOTTO_Q5_1},
    {"q4_k", 14, SOTTO_Q4_K, SOTTO_Q4_K, SOTTO_Q4_K, SOTTO_Q4_K},
    {"q5_k", 16, SOTTO_Q5_K, SOTTO_Q5_K, SOTTO_Q5_K, SOTTO_Q5_K},
    {"q6_k", 18, SOTTO_Q6_K, SOTTO_Q6_K, SOTTO_Q6_K, SOTTO_Q6_K},
    {"q4_0_m", 2, SOTTO_Q4_0, SOTTO_Q8_0, SOTTO_Q4_0, SOTTO_Q5_0},
    {"q4_1_m", 3, SOTTO_Q4_1, SOTTO_Q8_0, SOTTO_Q4_1, SOTTO_Q5_1},
    {"q4_k_s", 14, SOTTO_Q4_K, SOTTO_Q6_K, SOTTO_Q4_K, SOTTO_Q4_K},
    {"q4_k_m", 15, SOTTO_Q4_K, SOTTO_Q6_K, SOTTO_Q4_K, SOTTO_Q6_K},
    {"q5_k_s", 16, SOTTO_Q5_K, SOTTO_Q6_K, SOTTO_Q5_K, SOTTO_Q5_K},
    {"q5_k_m", 17, SOTTO_Q5_K, SOTTO_Q6_K, SOTTO_Q5_K, SOTTO_Q6_K},
};

// Parts of names of tensors that stay as they are: small tables, heads that the host computes, routers whose choices would
// change.
constexpr std::string_view kKept[] = {"position_embd", "token_types", "sotto.head.", "rope_", "ffn_gate_inp"};
constexpr std::string_view kSensitive[] = {".attn_v.weight", ".attn_qkv.weight", ".ffn_down.weight"};

bool contains(std::string_view name, std::string_view part) { return name.find(part) != std::string_view::npos; }

template <size_t kCount>
bool contains_any(std::string_view name, const std::string_view (&parts)[kCount]) {
  return std::any_of(std::begin(parts), std::end(parts), [&](std::string_view part) { return contains(name, part); });
}

bool is_kept(const GgufTensor& t) {
  constexpr std::string_view kMatrix = ".weight";
  const bool is_matrix =
      t.dimensions >= 2 && t.name.size() > kMatrix.size() && t.name.substr(t.name.size() - kMatrix.size()) == kMatrix;
  return !is_matrix || contains_any(t.name, kKept);
}

// N of "blk.N.", or -1.
int64_t layer_of(std::string_view name) {
  constexpr std::string_view kLayer = "blk.";
  uint32_t layer = 0;
  if (name.substr(0, kLayer.size()) != kLayer) return -1;
  const auto [end, failed] = std::from_chars(name.data() + kLayer.size(), name.data() + name.size(), layer);
  return failed == std::errc() && end != name.data() + name.size() && *end == '.' ? int64_t{layer} : -1;
}

// Errors in the first layers pass through all others, those in the last ones through none that could even them out.
bool is_sensitive_layer(int64_t layer, int64_t layers) {
  const int64_t eighth = layers / 8;
  return layer < eighth || layer >= layers - eighth || (layer - eighth) % 3 == 2;
}

uint32_t wanted_type(const Gguf& file, const Mix& mix, const GgufTensor& t, int64_t layers) {
  const bool is_embedding = t.name == "token_embd.weight";
  if (t.name == "output.weight" || (is_embedding && !file.tensor("output.weight"))) return mix.output;
  if (is_embedding) return mix.embedding;
  const int64_t layer = layer_of(t.name);
  return layer >= 0 && contains_any(t.name, kSensitive) && is_sensitive_layer(layer, layers) ? mix.sensitive : mix.body;
}

}  // namespace

Result<const Mix*> find_mix(std::string_view name) {
  std::string lower(name), names;
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  for (const Mix& mix : kMixes) {
    if (lower == mix.name) return &mix;
    names += fmt::format("{}{}", names.empty() ? "" : ", ", mix.name);
  }
  return Status(SOTTO_INVALID_ARGUMENT, fmt::format("type '{}': {} are known", printable(name), names));
}

std::vector<Decision> decide(const Gguf& file, const Mix& mix) {
  int64_t layers = 0;
  for (const GgufTensor& t : file.tensors()) layers = std::max(layers, layer_of(t.name) + 1);
  std::vector<Decision> decisions;
  for (const GgufTensor& t : file.tensors()) {
    Decision d;
    d.tensor = &t;
    d.to = d.wanted = find_format(is_kept(t) ? t.type : wanted_type(file, mix, t, layers));
    while (t.columns % d.to->block != 0) d.to = find_format(d.to->fallback);
    decisions.push_back(d);
  }
  return decisions;
}

}  // namespace sotto::quantize

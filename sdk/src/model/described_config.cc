#include "model/described_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/printable.h"
#include "sotto/plan.h"

namespace sotto {
namespace {

struct Named {
  const char* name;
  uint32_t value;
};
constexpr Named kActivations[] = {{"none", SOTTO_ACT_NONE},
                                  {"gelu_tanh", SOTTO_ACT_GELU_TANH},
                                  {"gelu_erf", SOTTO_ACT_GELU_ERF},
                                  {"quick_gelu", SOTTO_ACT_QUICK_GELU},
                                  {"silu", SOTTO_ACT_SILU},
                                  {"relu", SOTTO_ACT_RELU},
                                  {"relu_squared", SOTTO_ACT_RELU_SQUARED},
                                  {"sigmoid", SOTTO_ACT_SIGMOID},
                                  {"tanh", SOTTO_ACT_TANH}};
constexpr Named kRotations[] = {
    {"none", SOTTO_ROTATION_NONE}, {"halves", SOTTO_ROTATION_HALVES}, {"interleaved", SOTTO_ROTATION_INTERLEAVED}};
constexpr Named kNorms[] = {{"layer", SOTTO_NORM_LAYER}, {"rms", SOTTO_NORM_RMS}};
constexpr double kMostFrequency = 1e6;  // radians per position

template <size_t count>
uint32_t find(const Named (&rows)[count], std::string_view name) {
  for (const Named& row : rows)
    if (name == row.name) return row.value;
  return SOTTO_NONE;
}

template <size_t count>
const char* name_of(const Named (&rows)[count], uint32_t value) {
  for (const Named& row : rows)
    if (value == row.value) return row.name;
  return nullptr;
}

template <size_t count>
Status read_name(KeyReader& keys, std::string_view name, const Named (&rows)[count], uint32_t* out) {
  const std::string key = keys.key(name);
  SOTTO_ASSIGN(const std::string_view text, keys.file().text(key, ""));
  *out = find(rows, text);
  if (*out != SOTTO_NONE) return {};
  return Status(keys.has(name) ? SOTTO_UNSUPPORTED : SOTTO_BAD_FILE,
                keys.has(name) ? fmt::format("key '{}' is '{}', which is not known to this version", key, printable(text))
                               : fmt::format("key '{}' is missing", key));
}

Status read_truth(KeyReader& keys, std::string_view name, bool* out) {
  SOTTO_ASSIGN(*out, keys.file().boolean(keys.key(name), false));
  return {};
}

// 0 where the key is absent.
Status read_number(KeyReader& keys, std::string_view name, float* out) {
  constexpr double kMost = 1e9;
  double number = 0;
  SOTTO_ASSIGN(number, keys.file().real(keys.key(name), 0));
  if (!(std::fabs(number) <= kMost)) return Status(SOTTO_BAD_FILE, fmt::format("key '{}' is {}", keys.key(name), number));
  *out = static_cast<float>(number);
  return {};
}

// A number for each layer, or none at all.
Status read_layers(KeyReader& keys, std::string_view name, uint32_t layers, std::vector<uint32_t>* out) {
  SOTTO_ASSIGN(const std::vector<int64_t> list, keys.file().integers(keys.key(name)));
  if (!list.empty() && list.size() != layers)
    return Status(SOTTO_BAD_FILE, fmt::format("key '{}' has {} numbers for {} layers", keys.key(name), list.size(), layers));
  for (const int64_t n : list) {
    if (n < 0 || n > static_cast<int64_t>(kMaxContext))
      return Status(SOTTO_BAD_FILE, fmt::format("key '{}' holds {}", keys.key(name), n));
    out->push_back(static_cast<uint32_t>(n));
  }
  return {};
}

Status read_rotation(KeyReader& keys, ModelConfig* c) {
  RotationConfig& r = c->rotation;
  SOTTO_TRY(read_name(keys, "rope.layout", kRotations, &r.layout));
  SOTTO_ASSIGN(r.inv_freq, keys.file().reals(keys.key("rope.inv_freq")));
  SOTTO_TRY(read_number(keys, "rope.magnitude", &r.magnitude));
  std::vector<uint32_t> rotates;
  SOTTO_TRY(read_layers(keys, "rope.layers", c->layers, &rotates));
  for (const uint32_t n : rotates) c->rotates.push_back(n != 0);
  const bool has_rotation = r.layout != SOTTO_ROTATION_NONE;
  if (has_rotation == r.inv_freq.empty() || r.inv_freq.size() > c->head_dim / 2)
    return Status(SOTTO_BAD_FILE,
                  fmt::format("key '{}' has {} frequencies for a rotation '{}' of heads of {}", keys.key("rope.inv_freq"),
                              r.inv_freq.size(), rotation_name(r.layout), c->head_dim));
  for (const float f : r.inv_freq)
    if (!(f > 0) || f > static_cast<float>(kMostFrequency))
      return Status(SOTTO_BAD_FILE, fmt::format("key '{}' holds {}", keys.key("rope.inv_freq"), f));
  if (r.magnitude == 0) r.magnitude = 1;
  r.dimensions = static_cast<uint32_t>(2 * r.inv_freq.size());
  return {};
}

}  // namespace

const char* activation_name(uint32_t activation) { return name_of(kActivations, activation); }
uint32_t find_activation(std::string_view name) { return find(kActivations, name); }
const char* rotation_name(uint32_t layout) { return name_of(kRotations, layout); }
uint32_t find_rotation(std::string_view name) { return find(kRotations, name); }

Status read_description(KeyReader& keys, ModelConfig* c) {
  SOTTO_TRY(read_name(keys, "norm", kNorms, &c->norm_kind));
  SOTTO_TRY(read_name(keys, "activation", kActivations, &c->activation));
  SOTTO_TRY(read_truth(keys, "gated", &c->is_gated));
  SOTTO_TRY(read_truth(keys, "learned_positions", &c->has_positions));
  SOTTO_TRY(read_truth(keys, "attention.qk_norm", &c->has_qk_norm));
  SOTTO_TRY(read_truth(keys, "attention.sinks", &c->has_sinks));
  SOTTO_TRY(read_number(keys, "gate_offset", &c->gate_offset));
  SOTTO_TRY(read_number(keys, "activation_clamp", &c->activation_clamp));
  SOTTO_TRY(read_number(keys, "embedding_scale", &c->embedding_scale));
  SOTTO_TRY(read_number(keys, "logit_scale", &c->logit_scale));
  if (c->activation_clamp < 0) return Status(SOTTO_BAD_FILE, fmt::format("key '{}' is negative", keys.key("activation_clamp")));
  SOTTO_TRY(read_layers(keys, "attention.sliding_windows", c->layers, &c->windows));
  return read_rotation(keys, c);
}

}  // namespace sotto

#include "convert/hf/rope.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/printable.h"
#include "model/key_reader.h"

namespace sotto {
namespace {

// Which keys a type reads beside rope_type and rope_theta. What else stands there is refused: nothing in this object is
// bookkeeping. transformers ignores the keys of one type in another, and so does this.
constexpr std::string_view kKnown[] = {
    "attention_factor",      "beta_fast",       "beta_slow", "factor",         "finetuned",
    "high_freq_factor",      "low_freq_factor", "mscale",    "mscale_all_dim", "original_max_position_embeddings",
    "partial_rotary_factor", "rope_theta",      "rope_type", "truncate",       "type"};

constexpr struct {
  std::string_view name;
  RopeScaling scaling;
} kTypes[] = {
    {"default", RopeScaling::kNone},
    {"linear", RopeScaling::kLinear},
    {"llama3", RopeScaling::kLlama3},
    {"yarn", RopeScaling::kYarn},
};

// The object with the parameters, nullptr: there is none. One that is nested by kinds of layers must say the same for all.
Status find_parameters(ConfigKeys& keys, const Json** out) {
  const Json* scaling = keys.find("rope_scaling");
  const Json* parameters = keys.find("rope_parameters");
  if (scaling && !(scaling->is_object() && scaling->pairs.empty())) parameters = scaling;  // as transformers 5 decides
  *out = parameters;
  if (!parameters) return {};
  const char* name = parameters == scaling ? "rope_scaling" : "rope_parameters";
  if (!parameters->is_object())
    return keys.bad(fmt::format("key '{}' is {}, expected an object", name, parameters->describe()));
  for (const auto& [key, value] : parameters->pairs) {
    if (value.is_object())
      return keys.unsupported(
          fmt::format("key '{}.{}': rotations that differ by the kind of layer are not supported", name, printable(key)));
    if (std::find(std::begin(kKnown), std::end(kKnown), key) == std::end(kKnown) && !value.is_null())
      return keys.unsupported(fmt::format("key '{}.{}' may change the result and is not known", name, printable(key)));
  }
  return {};
}

Status read_yarn(ConfigKeys& inner, uint32_t context, RopeDescription* out) {
  SOTTO_TRY(inner.number("factor", static_cast<double>(context) / out->original_context, &out->factor));
  SOTTO_TRY(inner.number("beta_fast", 32, &out->beta_fast));
  SOTTO_TRY(inner.number("beta_slow", 1, &out->beta_slow));
  SOTTO_TRY(inner.flag("truncate", true, &out->yarn_truncates));
  double mscale = 0, all = 0;
  const auto zero_or_number = [&](const char* key, double* number) -> Status {
    const Json* v = inner.find(key);
    return v && v->is_number() && v->real == 0 ? Status() : inner.number(key, 0, number);
  };
  SOTTO_TRY(zero_or_number("mscale", &mscale));
  SOTTO_TRY(zero_or_number("mscale_all_dim", &all));
  const double factor = out->factor;
  const auto grown = [factor](double by) { return factor <= 1 ? 1.0 : 0.1 * by * std::log(factor) + 1.0; };
  const double usual = mscale != 0 && all != 0 ? grown(mscale) / grown(all) : grown(1);
  return inner.number("attention_factor", usual, &out->magnitude);
}

Status read_llama3(ConfigKeys& inner, RopeDescription* out) {
  for (const char* key : {"factor", "low_freq_factor", "high_freq_factor"})
    if (!inner.find(key)) return inner.bad(fmt::format("key '{}' is missing", key));
  SOTTO_TRY(inner.number("factor", 0, &out->factor));
  SOTTO_TRY(inner.number("low_freq_factor", 0, &out->low_frequency));
  SOTTO_TRY(inner.number("high_freq_factor", 0, &out->high_frequency));
  if (out->high_frequency <= out->low_frequency)
    return inner.bad(fmt::format("key 'high_freq_factor' is {}, expected more than low_freq_factor, {}", out->high_frequency,
                                 out->low_frequency));
  return {};
}

Status read_linear(ConfigKeys& inner, RopeDescription* out) {
  if (!inner.find("factor")) return inner.bad("key 'factor' is missing");
  return inner.number("factor", 0, &out->factor);
}

// The configuration's own key comes first, then the parameters', then the context itself.
Status read_original_context(ConfigKeys& keys, ConfigKeys& inner, uint32_t context, RopeDescription* out) {
  uint32_t inside = 0;
  SOTTO_TRY(inner.size("original_max_position_embeddings", kMaxContext, context, &inside));
  return keys.size("original_max_position_embeddings", kMaxContext, inside, &out->original_context);
}

}  // namespace

Status read_rope(ConfigKeys& keys, uint32_t head_dim, uint32_t context, RopeDescription* out) {
  const Json* parameters = nullptr;
  SOTTO_TRY(find_parameters(keys, &parameters));
  const Json none;
  ConfigKeys inner(parameters ? *parameters : none, keys.where() + ", rotation");
  double base = 0, partial = 0;
  SOTTO_TRY(keys.number("rope_theta", 10000, &base));
  SOTTO_TRY(inner.number("rope_theta", base, &out->base));
  if (out->base <= 1) return keys.bad(fmt::format("key 'rope_theta' is {}, expected more than 1", out->base));
  SOTTO_TRY(keys.number("partial_rotary_factor", 1, &partial));
  SOTTO_TRY(inner.number("partial_rotary_factor", partial, &partial));
  // The models of these families in transformers rotate whole heads and fail at less.
  if (partial != 1) return keys.unsupported(fmt::format("key 'partial_rotary_factor' is {}, only 1 is supported", partial));
  out->layout = SOTTO_ROTATION_HALVES;
  out->dimensions = head_dim;
  if (head_dim % 2 != 0) return keys.bad(fmt::format("heads of {} dimensions cannot be rotated in pairs", head_dim));
  std::string older, type;
  SOTTO_TRY(inner.text("type", "default", &older));
  SOTTO_TRY(inner.text("rope_type", older, &type));
  const auto* row = std::find_if(std::begin(kTypes), std::end(kTypes), [&](const auto& t) { return t.name == type; });
  if (row == std::end(kTypes))
    return keys.unsupported(
        fmt::format("rope_type '{}' is not supported; known are default, linear, llama3 and yarn", printable(type)));
  out->scaling = row->scaling;
  SOTTO_TRY(read_original_context(keys, inner, context, out));
  switch (out->scaling) {
    case RopeScaling::kNone:
      return {};
    case RopeScaling::kLinear:
      return read_linear(inner, out);
    case RopeScaling::kLlama3:
      return read_llama3(inner, out);
    case RopeScaling::kYarn:
      return read_yarn(inner, context, out);
  }
  return {};
}

}  // namespace sotto

#include "convert/gguf_layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>

#include "model/described_config.h"
#include "model/rotation.h"

namespace sotto {
namespace {

// Which linears have a bias.
enum class Biases : uint8_t { kNone, kQkv, kAll, kAny };

// What an architecture implies by its name: the file must agree with it, because it cannot say otherwise.
struct Known {
  const char* name;
  uint32_t norm;
  uint32_t activation;
  bool is_gated;
  Positions positions;
  uint32_t rotation;  // of the file
  bool has_qk_norm;
  Biases biases;
  bool may_have_window;
  bool is_fused;  // q, k and v in one tensor, as many heads of each
};
constexpr Known kKnown[] = {
    {"gpt2", SOTTO_NORM_LAYER, SOTTO_ACT_GELU_TANH, false, Positions::kLearned, SOTTO_ROTATION_NONE, false, Biases::kAll, false,
     true},
    {"qwen2", SOTTO_NORM_RMS, SOTTO_ACT_SILU, true, Positions::kRotary, SOTTO_ROTATION_HALVES, false, Biases::kQkv, false,
     false},
    {"qwen3", SOTTO_NORM_RMS, SOTTO_ACT_SILU, true, Positions::kRotary, SOTTO_ROTATION_HALVES, true, Biases::kNone, false,
     false},
    {"llama", SOTTO_NORM_RMS, SOTTO_ACT_SILU, true, Positions::kRotary, SOTTO_ROTATION_INTERLEAVED, false, Biases::kAny, true,
     false},
};

bool has(const Checkpoint& c, const char* name) {
  return std::any_of(c.tensors.begin(), c.tensors.end(), [&](const ModelTensor& t) { return t.name == name; });
}

bool biases_fit(const Checkpoint& c, Biases wanted) {
  const bool qkv = has(c, "blk.0.attn_q.bias"), dense = has(c, "blk.0.attn_output.bias"), up = has(c, "blk.0.ffn_up.bias"),
             down = has(c, "blk.0.ffn_down.bias");
  switch (wanted) {
    case Biases::kNone:
      return !qkv && !dense && !up && !down;
    case Biases::kQkv:
      return qkv && !dense && !up && !down;
    case Biases::kAll:
      return qkv && dense && up && down;
    case Biases::kAny:
      return true;
  }
  return false;
}

bool rotation_fits(const ModelDescription& d, const Known& k) {
  const RopeDescription& r = d.rope;
  if (d.positions != Positions::kRotary) return true;
  // Pairs can be made of halves, not the other way round without another rotation.
  if (r.layout == SOTTO_ROTATION_INTERLEAVED && k.rotation != SOTTO_ROTATION_INTERLEAVED) return false;
  if (r.dimensions != d.head_dim || !r.layers.empty()) return false;
  constexpr double kTolerance = 1e-6;
  return r.scaling != RopeScaling::kYarn ||
         (r.yarn_truncates && std::fabs(r.magnitude - (0.1 * std::log(r.factor) + 1)) < kTolerance);
}

bool windows_fit(const ModelDescription& d, const Known& k) {
  if (d.windows.empty()) return true;
  return k.may_have_window &&
         std::all_of(d.windows.begin(), d.windows.end(), [&](uint32_t w) { return w == d.windows[0] && w > 0; });
}

bool fits(const Checkpoint& c, const Known& k) {
  const ModelDescription& d = c.description;
  const bool is_plain = d.attention_scale == 0 && d.embedding_scale == 1 && d.logit_scale == 1 && d.gate_offset == 0 &&
                        d.activation_clamp == 0 && d.sink == Sink::kNone;
  const bool is_square = !k.is_fused || (d.kv_heads == d.heads && d.heads * d.head_dim == d.hidden);
  return is_plain && is_square && d.norm == k.norm && d.activation == k.activation && d.is_gated == k.is_gated &&
         d.positions == k.positions && d.has_qk_norm == k.has_qk_norm && biases_fit(c, k.biases) && rotation_fits(d, k) &&
         windows_fit(d, k);
}

// Keys that every architecture has.
void put_shape(const ModelDescription& d, const std::string& prefix, GgufWriter* w) {
  w->put_u32(prefix + "block_count", d.layers);
  w->put_u32(prefix + "context_length", d.context);
  w->put_u32(prefix + "embedding_length", d.hidden);
  w->put_u32(prefix + "feed_forward_length", d.ffn);
  w->put_u32(prefix + "attention.head_count", d.heads);
  w->put_u32(prefix + "attention.head_count_kv", d.kv_heads);
  w->put_u32(prefix + "vocab_size", d.vocabulary);
  if (uint64_t{d.heads} * d.head_dim == d.hidden) return;
  w->put_u32(prefix + "attention.key_length", d.head_dim);
  w->put_u32(prefix + "attention.value_length", d.head_dim);
}

// What Llama-3's scaling divides each frequency by (Meta's reference code, 2024): long waves by the factor, short ones by
// nothing, those between by a blend.
double llama3_divisor(const RopeDescription& r, double inv_freq) {
  constexpr double kTwoPi = 6.283185307179586;
  const double wave = kTwoPi / inv_freq, long_wave = r.original_context / r.low_frequency,
               short_wave = r.original_context / r.high_frequency;
  if (wave < short_wave) return 1;
  if (wave > long_wave) return r.factor;
  const double smooth = (r.original_context / wave - r.low_frequency) / (r.high_frequency - r.low_frequency);
  return 1 / ((1 - smooth) / r.factor + smooth);
}

std::vector<double> plain_frequencies(const RopeDescription& r) {
  std::vector<double> list;
  for (uint32_t i = 0; i < r.dimensions / 2; ++i) list.push_back(std::pow(r.base, -2.0 * i / r.dimensions));
  return list;
}

RotationScaling yarn_of(const RopeDescription& r) {
  RotationScaling s;
  s.factor = r.factor;
  s.original_context = r.original_context;
  s.beta_fast = r.beta_fast;
  s.beta_slow = r.beta_slow;
  s.truncates = r.yarn_truncates;
  return s;
}

double divisor(const RopeDescription& r, size_t pair, double inv_freq) {
  switch (r.scaling) {
    case RopeScaling::kNone:
      return 1;
    case RopeScaling::kLinear:
      return r.factor;
    case RopeScaling::kLlama3:
      return llama3_divisor(r, inv_freq);
    case RopeScaling::kYarn:
      return yarn_divisor(r.dimensions, r.base, yarn_of(r), pair);
  }
  return 1;
}

// How the frequencies come about; Llama-3's scheme stands in a table of factors where an architecture has one.
void put_scheme(const std::string& prefix, const RopeDescription& r, GgufWriter* w) {
  w->put_f32(prefix + "rope.freq_base", r.base);
  if (r.scaling == RopeScaling::kNone) return;
  constexpr const char* kTypes[] = {"none", "linear", "llama3", "yarn"};
  w->put_text(prefix + "rope.scaling.type", kTypes[static_cast<size_t>(r.scaling)]);
  w->put_f32(prefix + "rope.scaling.factor", r.factor);
  if (r.scaling == RopeScaling::kLinear) return;
  w->put_u32(prefix + "rope.scaling.original_context_length", r.original_context);
  if (r.scaling != RopeScaling::kYarn) return;
  w->put_f32(prefix + "rope.scaling.yarn_beta_fast", r.beta_fast);
  w->put_f32(prefix + "rope.scaling.yarn_beta_slow", r.beta_slow);
  if (!r.yarn_truncates) w->put_bool(prefix + "rope.scaling.yarn_truncates", false);
}

void put_rotation(const std::string& prefix, Checkpoint* c, GgufWriter* w) {
  const RopeDescription& r = c->description.rope;
  w->put_u32(prefix + "rope.dimension_count", r.dimensions);
  if (r.scaling != RopeScaling::kLlama3) return put_scheme(prefix, r, w);
  w->put_f32(prefix + "rope.freq_base", r.base);
  std::vector<float> factors;
  for (const double f : plain_frequencies(r)) factors.push_back(static_cast<float>(llama3_divisor(r, f)));
  c->tensors.push_back(make_vector("rope_freqs.weight", factors, c));
}

// The known architectures fuse q, k and v into one tensor of their rows one below the other.
void fuse_qkv(Checkpoint* c) {
  std::vector<ModelTensor> fused;
  for (ModelTensor& t : c->tensors) {
    const size_t at = t.name.find(".attn_");
    const std::string part = at != std::string::npos ? t.name.substr(at + 6) : "";
    const bool is_q = part == "q.weight" || part == "q.bias";
    if (!is_q && part != "k.weight" && part != "k.bias" && part != "v.weight" && part != "v.bias") {
      fused.push_back(std::move(t));
      continue;
    }
    if (is_q) {  // q comes first; k and v are appended below it
      ModelTensor whole = t;
      whole.name = t.name.substr(0, at) + ".attn_qkv" + part.substr(1);
      whole.pieces.clear();
      whole.rows = 0;
      whole.columns = t.is_vector ? 1 : t.columns;
      fused.push_back(std::move(whole));
    }
    const std::string name = t.name.substr(0, at) + ".attn_qkv" + part.substr(1);
    ModelTensor& whole = *std::find_if(fused.begin(), fused.end(), [&](const ModelTensor& f) { return f.name == name; });
    const ModelTensor rows = as_rows(t);
    add_rows(rows, 0, rows.rows, whole.rows, &whole);
    whole.rows += rows.rows;
  }
  c->tensors = std::move(fused);
}

void pair_rotated_halves(Checkpoint* c) {
  for (ModelTensor& t : c->tensors) {
    const size_t at = t.name.find(".attn_");
    const std::string part = at != std::string::npos ? t.name.substr(at + 6) : "";
    if (part != "q.weight" && part != "k.weight" && part != "q.bias" && part != "k.bias") continue;
    if (t.is_vector) t = as_rows(t);
    t.order = RowOrder::kHalvesToPairs;
    t.head_dim = c->description.head_dim;
  }
}

void put_known(const Known& k, Checkpoint* c, GgufWriter* w) {
  const ModelDescription& d = c->description;
  const std::string prefix = std::string(k.name) + ".";
  put_shape(d, prefix, w);
  w->put_f32(prefix + (k.norm == SOTTO_NORM_RMS ? "attention.layer_norm_rms_epsilon" : "attention.layer_norm_epsilon"),
             d.norm_epsilon);
  if (!d.windows.empty()) w->put_u32(prefix + "attention.sliding_window", d.windows[0]);
  if (k.is_fused) fuse_qkv(c);
  if (d.positions != Positions::kRotary) return;
  if (k.rotation != d.rope.layout) pair_rotated_halves(c);
  put_rotation(prefix, c, w);
}

void put_described(const ModelDescription& d, GgufWriter* w) {
  const std::string prefix = "sotto.gpt.";
  put_shape(d, prefix, w);
  w->put_f32(prefix + "attention.norm_epsilon", d.norm_epsilon);
  w->put_text(prefix + "norm", d.norm == SOTTO_NORM_RMS ? "rms" : "layer");
  w->put_text(prefix + "activation", activation_name(d.activation));
  w->put_bool(prefix + "gated", d.is_gated);
  w->put_bool(prefix + "learned_positions", d.positions == Positions::kLearned);
  w->put_bool(prefix + "attention.qk_norm", d.has_qk_norm);
  w->put_bool(prefix + "attention.sinks", d.sink != Sink::kNone);
  const auto put_unless = [&](const char* name, double value, double usual) {
    if (value != usual) w->put_f32(prefix + name, value);
  };
  put_unless("attention.scale", d.attention_scale, 0);
  put_unless("gate_offset", d.gate_offset, 0);
  put_unless("activation_clamp", d.activation_clamp, 0);
  put_unless("embedding_scale", d.embedding_scale, 1);
  put_unless("logit_scale", d.logit_scale, 1);
  if (!d.windows.empty())
    w->put_i32s(prefix + "attention.sliding_windows", std::vector<int32_t>(d.windows.begin(), d.windows.end()));
  const bool is_rotary = d.positions == Positions::kRotary;
  w->put_text(prefix + "rope.layout", rotation_name(is_rotary ? d.rope.layout : SOTTO_ROTATION_NONE));
  if (!is_rotary) return;
  put_scheme(prefix, d.rope, w);
  w->put_f32s(prefix + "rope.inv_freq", rope_frequencies(d.rope));
  put_unless("rope.magnitude", d.rope.magnitude, 1);
  if (!d.rope.layers.empty())
    w->put_i32s(prefix + "rope.layers", std::vector<int32_t>(d.rope.layers.begin(), d.rope.layers.end()));
}

}  // namespace

std::vector<float> rope_frequencies(const RopeDescription& rope) {
  std::vector<float> frequencies;
  const std::vector<double> plain = plain_frequencies(rope);
  for (size_t i = 0; i < plain.size(); ++i) frequencies.push_back(static_cast<float>(plain[i] / divisor(rope, i, plain[i])));
  return frequencies;
}

ModelTensor make_vector(const std::string& name, const std::vector<float>& values, Checkpoint* owner) {
  owner->made.emplace_back(values.size() * sizeof(float));
  if (!values.empty()) std::memcpy(owner->made.back().data(), values.data(), owner->made.back().size());
  owner->stored.push_back({Span<const uint8_t>(owner->made.back()), name});
  ModelTensor t;
  t.name = name;
  t.is_vector = true;
  t.rows = values.size();
  t.columns = 1;
  t.pieces = {Piece{&owner->stored.back(), 0, sizeof(float), sizeof(float), 0, t.rows, 0, 1}};
  return t;
}

Result<std::string> lay_out(Checkpoint* c, GgufWriter* w) {
  const auto* known = std::find_if(std::begin(kKnown), std::end(kKnown), [&](const Known& k) { return fits(*c, k); });
  const std::string architecture = known != std::end(kKnown) ? known->name : "sotto-gpt";
  w->put_text("general.architecture", architecture);
  if (known != std::end(kKnown)) {
    put_known(*known, c, w);
  } else {
    put_described(c->description, w);
  }
  return architecture;
}

}  // namespace sotto

#include "conformance/net.h"

#include <algorithm>
#include <cmath>

namespace sotto::conformance {

Parts cut(Random& random, uint64_t total, uint32_t ranks) {
  Parts parts;
  uint64_t left = total, first = 0;
  for (uint32_t r = 0; r < ranks; ++r) {
    const uint64_t fair = left / (ranks - r);
    const uint64_t most = std::min(left, fair + fair / 2);
    const uint64_t count = r + 1 == ranks ? left : std::min(most, fair / 2 + random() % (most - fair / 2 + 1));
    parts.push_back({first, count});
    first += count;
    left -= count;
  }
  return parts;
}

Parts Heads::q_parts() const {
  Parts parts;
  for (const sotto_rank_heads& r : ranks) parts.push_back({uint64_t{r.first_head} * head_dim, uint64_t{r.heads} * head_dim});
  return parts;
}

Parts Heads::kv_parts() const {
  Parts parts;
  for (const sotto_rank_heads& r : ranks)
    parts.push_back({uint64_t{r.first_kv_head} * head_dim, uint64_t{r.kv_heads} * head_dim});
  return parts;
}

Heads cut_heads(Random& random, uint32_t heads, uint32_t kv_heads, uint32_t head_dim, uint32_t ranks) {
  Heads made{heads, kv_heads, head_dim, {}};
  const uint32_t sharing = heads / kv_heads;
  for (const Part& part : cut(random, heads, ranks)) {
    const auto first = static_cast<uint32_t>(part.first), count = static_cast<uint32_t>(part.count);
    const uint32_t first_kv = std::min(first / sharing, kv_heads - 1);
    made.ranks.push_back({first, count, first_kv, count == 0 ? 0 : (first + count - 1) / sharing - first_kv + 1});
  }
  return made;
}

Net::Net(uint32_t ranks, uint64_t seed, uint32_t vocabulary_size, uint32_t positions)
    : vocabulary(vocabulary_size), max_positions(positions), ranks_(ranks), random_(seed) {}

std::vector<uint32_t> Net::widths_of(const Node& x) const {
  std::vector<uint32_t> by_rank;
  for (uint32_t r = 0; r < ranks_; ++r)
    by_rank.push_back(x.spread == Node::kSplit ? static_cast<uint32_t>(x.parts[r].count) : x.width);
  return by_rank;
}

Node Net::make(uint32_t kind, std::vector<uint32_t> in, const Args* args, Node shape, Formula formula) {
  const std::vector<uint32_t> by_rank = widths_of(shape);
  shape.value = static_cast<uint32_t>(widths.size() / ranks_);
  shape.formula = formulas_.size();
  widths.insert(widths.end(), by_rank.begin(), by_rank.end());
  formulas_.push_back(std::move(formula));
  in.resize(3, SOTTO_NONE);
  steps.push_back({sizeof(sotto_step), kind, shape.value, {in[0], in[1], in[2]}, args});
  return shape;
}

uint32_t Net::hold(Tensor made, uint32_t uses, std::vector<sotto_slice> slices) {
  weights.push_back({std::move(made), std::move(slices), uses, "weight " + std::to_string(weights.size())});
  return static_cast<uint32_t>(weights.size() - 1);
}

uint32_t Net::hold_vector(uint64_t columns, const Parts& parts, double centre) {
  std::vector<double> values;
  for (uint64_t c = 0; c < columns; ++c) values.push_back(centre + uniform(random_, -0.5, 0.5));
  std::vector<sotto_slice> slices;
  for (const Part& p : parts) slices.push_back({0, p.count == 0 ? 0u : 1u, p.first, p.count, 0});
  return hold(from_values(1, columns, values), SOTTO_USE_VECTOR, slices);
}

uint32_t Net::hold_matrix(uint32_t type, uint64_t rows, const Node& x, const Parts& row_parts) {
  std::vector<sotto_slice> slices;
  for (uint32_t r = 0; r < ranks_; ++r) {
    const Part row = row_parts.empty() ? Part{0, rows} : row_parts[r];
    const Part column = x.spread == Node::kSplit ? x.parts[r] : Part{0, x.width};
    slices.push_back({row.first, row.count, column.first, column.count, column.first % block_size(type)});
  }
  return hold(random_tensor(random_, type, rows, x.width, 1 / std::sqrt(x.width)), SOTTO_USE_LINEAR, slices);
}

uint32_t Net::hold_bias(uint32_t columns, const Node& x, const Parts& parts) {
  if (x.spread != Node::kSplit) return hold_vector(columns, parts.empty() ? whole(columns) : parts, 0);
  Parts once(ranks_);  // summed over the ranks: given to the first alone
  once[0] = {0, columns};
  return hold_vector(columns, once, 0);
}

Node Net::input(uint32_t width) {
  const auto index = static_cast<uint32_t>(input_widths_.size());
  input_widths_.push_back(width);
  Args* args = new_args();
  args->input = {sizeof(sotto_input_args), index};
  return make(SOTTO_STEP_INPUT, {}, args, {0, 0, width, Node::kWhole, {}},
              [index](const Evaluation& e) { return e.sequence.inputs[index]; });
}

Node Net::embed(uint32_t type, uint32_t width, bool positions, float scale) {
  const auto table_of = [&](uint32_t rows) {
    std::vector<sotto_slice> slices;
    for (const Part& p : cut(random_, rows, ranks_)) slices.push_back({p.first, p.count, 0, width, 0});
    return hold(random_tensor(random_, type, rows, width, 1), SOTTO_USE_TABLE, slices);
  };
  const uint32_t table = table_of(vocabulary), second = positions ? table_of(max_positions) : SOTTO_NONE;
  Args* args = new_args();
  args->embed = {sizeof(sotto_embed_args), table, second, scale};
  const Node shape{0, 0, width, ranks_ == 1 ? Node::kWhole : Node::kPartial, {}};
  return make(SOTTO_STEP_EMBED, {}, args, shape, [=](const Evaluation& e) {
    Matrix y(e.sequence.length, width);
    for (uint32_t t = 0; t < y.rows; ++t)
      for (uint32_t c = 0; c < width; ++c) {
        const double place = second == SOTTO_NONE || e.makes(Mistake::kNoPositions) ? 0 : tensor(second)->at(t, c);
        const double factor = scale == 0 || e.makes(Mistake::kNoScale) ? 1 : static_cast<double>(scale);
        y.at(t, c) =
            factor * tensor(table)->at(e.sequence.tokens[t], c) + (e.makes(Mistake::kScaleOnTableOnly) ? 1 : factor) * place;
      }
    return y;
  });
}

Node Net::norm(const Node& x, uint32_t kind, bool weight, bool bias, float epsilon) {
  const uint32_t w = weight ? hold_vector(x.width, whole(x.width), 1) : SOTTO_NONE;
  const uint32_t b = bias ? hold_vector(x.width, whole(x.width), 0) : SOTTO_NONE;
  Args* args = new_args();
  args->norm = {sizeof(sotto_norm_args), kind, w, b, epsilon};
  return make(SOTTO_STEP_NORM, {x.value}, args, x, [=, from = x.formula, width = x.width](const Evaluation& e) {
    return normalise(e.values[from], width, kind, static_cast<double>(epsilon), tensor(w), tensor(b), e.mistake);
  });
}

// The product of what a mistake makes of a sum over ranks: a rank's part is lost, or columns are read from too early on.
Matrix Net::misread(const Evaluation& e, const Matrix& x, uint32_t weight, const Node& from) const {
  const Tensor& t = *tensor(weight);
  const uint32_t block = block_size(t.type);
  Matrix y(x.rows, static_cast<uint32_t>(t.rows));
  for (size_t r = 0; r < from.parts.size(); ++r) {
    if (e.makes(Mistake::kLostRank) && r + 1 == from.parts.size()) continue;
    const uint64_t first = from.parts[r].first, skip = e.makes(Mistake::kSkipIgnored) ? first % block : 0;
    for (uint32_t row = 0; row < x.rows; ++row)
      for (uint32_t n = 0; n < y.width; ++n)
        for (uint64_t c = first; c < first + from.parts[r].count; ++c)
          y.at(row, n) += x.at(row, static_cast<uint32_t>(c)) * t.at(n, c - skip);
  }
  return y;
}

Matrix Net::product(const Evaluation& e, const Matrix& x, uint32_t weight, uint32_t bias, const Node& from) const {
  const bool splits = from.spread == Node::kSplit && ranks_ > 1;
  const bool misreads = splits && (e.makes(Mistake::kLostRank) || e.makes(Mistake::kSkipIgnored));
  const Tensor* added = e.makes(Mistake::kNoBias) ? nullptr : tensor(bias);
  Matrix y = misreads ? misread(e, x, weight, from) : multiply(x, *tensor(weight), added);
  const double again = misreads ? 1 : splits && e.makes(Mistake::kBiasOnEveryRank) ? ranks_ - 1 : 0;
  if (added != nullptr && again != 0)
    for (uint32_t t = 0; t < y.rows; ++t)
      for (uint32_t n = 0; n < y.width; ++n) y.at(t, n) += again * added->values[n];
  if (e.sequence.adapter < 0 || e.makes(Mistake::kNoAdapter)) return y;
  const double strength = e.makes(Mistake::kNoStrength) ? 1 : static_cast<double>(e.sequence.strength);
  for (const HeldAdapter::Pair& pair : adapters[static_cast<size_t>(e.sequence.adapter)].pairs) {
    if (pair.weight != weight) continue;
    const Matrix more = multiply(multiply(x, pair.a, nullptr), pair.b, nullptr);
    const double scale = e.makes(Mistake::kNoAdapterScale) ? 1 : static_cast<double>(pair.scale);
    for (size_t i = 0; i < y.numbers.size(); ++i) y.numbers[i] += strength * scale * more.numbers[i];
  }
  return y;
}

namespace {

uint32_t misread_activation(uint32_t activation, Mistake mistake) {
  if (mistake == Mistake::kNoActivation) return SOTTO_ACT_NONE;
  if (mistake != Mistake::kOtherGelu) return activation;
  return activation == SOTTO_ACT_GELU_TANH  ? SOTTO_ACT_GELU_ERF
         : activation == SOTTO_ACT_GELU_ERF ? SOTTO_ACT_GELU_TANH
                                            : activation;
}

// What stands around the product of a LINEAR, for one number and its gate's (null: none).
double finish(const LinearSpec& s, double y, const double* gate, Mistake mistake) {
  const uint32_t activation = misread_activation(s.activation, mistake);
  const double clamp = s.clamp == 0 || mistake == Mistake::kNoClamp ? HUGE_VAL : static_cast<double>(s.clamp);
  const double scale = s.scale == 0 || mistake == Mistake::kNoScale ? 1 : static_cast<double>(s.scale);
  const double cap = mistake == Mistake::kNoCap ? 0 : static_cast<double>(s.softcap);
  const double low = gate == nullptr ? -clamp : -HUGE_VAL;
  double u = mistake == Mistake::kClampAfterActivation ? std::clamp(activate(activation, y), low, clamp)
                                                       : activate(activation, std::clamp(y, low, clamp));
  const double offset = mistake == Mistake::kNoGateOffset ? 0 : static_cast<double>(s.gate_offset);
  if (gate != nullptr) u *= std::clamp(*gate, -clamp, clamp) + offset;
  if (cap == 0) return u * scale;
  return mistake == Mistake::kScaleAfterCap ? scale * cap * std::tanh(u / cap) : cap * std::tanh(scale * u / cap);
}

}  // namespace

Node Net::linear(const Node& x, const LinearSpec& s) {
  const uint32_t weight = s.weight == SOTTO_NONE ? hold_matrix(s.type, s.out, x, s.parts) : s.weight;
  const uint32_t bias = s.bias ? hold_bias(s.out, x, s.parts) : SOTTO_NONE;
  const uint32_t gate = s.gate_type == SOTTO_NONE ? SOTTO_NONE : hold_matrix(s.gate_type, s.out, x, s.parts);
  const uint32_t gate_bias = s.gate_bias ? hold_bias(s.out, x, s.parts) : SOTTO_NONE;
  Args* args = new_args();
  args->linear = {
      sizeof(sotto_linear_args), weight, bias, gate, gate_bias, s.activation, s.scale, s.clamp, s.softcap, s.gate_offset};
  Node shape{0, 0, s.out, Node::kWhole, s.parts};
  if (x.spread == Node::kSplit) shape.spread = Node::kPartial;
  if (!s.parts.empty()) shape.spread = Node::kSplit;
  return make(SOTTO_STEP_LINEAR, {x.value}, args, shape, [=, from = x](const Evaluation& e) {
    Matrix y = product(e, e.values[from.formula], weight, bias, from);
    const bool gated = gate != SOTTO_NONE && !e.makes(Mistake::kNoGate);
    const bool no_gate_bias = e.makes(Mistake::kNoGateBias);
    Matrix g = gated ? product(e, e.values[from.formula], gate, no_gate_bias ? SOTTO_NONE : gate_bias, from) : Matrix();
    if (gated && e.makes(Mistake::kGateSwapped)) std::swap(y, g);
    for (size_t i = 0; i < y.numbers.size(); ++i)
      y.numbers[i] = finish(s, y.numbers[i], gated ? &g.numbers[i] : nullptr, e.mistake);
    return y;
  });
}

sotto_attention_args Net::attention_args(const AttentionOptions& o) {
  const Heads& h = o.heads;
  sotto_attention_args a{};
  a.struct_size = sizeof a;
  a.flags = o.flags;
  a.head_dim = h.head_dim;
  a.heads = h.heads;
  a.scale = o.scale;
  a.softcap = o.softcap;
  a.window = o.window;
  Parts by_head;
  for (const sotto_rank_heads& r : h.ranks) by_head.push_back({r.first_head, r.heads});
  a.sink = o.sink ? hold_vector(h.heads, by_head, 0) : SOTTO_NONE;
  const auto norm_vector = [&](bool wanted, double centre) {
    return wanted ? hold_vector(h.head_dim, whole(h.head_dim), centre) : SOTTO_NONE;
  };
  a.q_norm = norm_vector(o.norms, 1);
  a.q_norm_bias = norm_vector(o.norms && o.norm_biases, 0);
  a.k_norm = norm_vector(o.norms, 1);
  a.k_norm_bias = norm_vector(o.norms && o.norm_biases, 0);
  a.norm_kind = o.norm_kind;
  a.norm_epsilon = 1e-6f;
  a.rotation = o.rotation;
  a.rotary_dim = o.rotary_dim;
  a.magnitude = o.magnitude;
  a.inv_freq = SOTTO_NONE;
  if (o.rotation == SOTTO_ROTATION_NONE) return a;
  std::vector<double> frequencies;
  for (uint32_t i = 0; i < o.rotary_dim / 2; ++i) frequencies.push_back(std::pow(10000.0, -2.0 * i / o.rotary_dim));
  const Parts all = whole(frequencies.size());
  std::vector<sotto_slice> slices;
  for (const Part& p : all) slices.push_back({0, 1, 0, p.count, 0});
  a.inv_freq = hold(from_values(1, frequencies.size(), frequencies), SOTTO_USE_VECTOR, slices);
  return a;
}

Node Net::attention(const Node& q, const Node& k, const Node& v, const AttentionOptions& o) {
  const sotto_attention_args a = attention_args(o);
  const Heads& h = o.heads;
  Args* args = new_args();
  args->attention = a;
  const RotationSpec rotation{o.rotation, o.rotary_dim, o.magnitude, tensor(a.inv_freq)};
  const auto prepare = [=](const Evaluation& e, size_t from, uint32_t weight, uint32_t bias) {
    const Matrix& x = e.values[from];
    const bool after = ((o.flags & SOTTO_ATTENTION_NORM_AFTER) != 0) != e.makes(Mistake::kHeadNormOrder);
    const bool none = weight == SOTTO_NONE || e.makes(Mistake::kNoHeadNorm);
    const auto norm = [&](const Matrix& y) {
      return none ? y : normalise(y, h.head_dim, o.norm_kind, 1e-6, tensor(weight), tensor(bias), e.mistake);
    };
    return after ? norm(rotate(x, h.head_dim, rotation, e.mistake)) : rotate(norm(x), h.head_dim, rotation, e.mistake);
  };
  const bool reads_only = (o.flags & SOTTO_ATTENTION_READ_ONLY) != 0;
  if (reads_only) {
    args->attention.slot = o.read_slot;
  } else {
    args->attention.slot = static_cast<uint32_t>(slots.size());
    slots.push_back({sizeof(sotto_slot), h.kv_heads, h.head_dim, 0, heads_.emplace_back(h.ranks).data()});
    slot_formulas_.emplace_back(formulas_.size(), v.formula);
    formulas_.push_back([=, from = k.formula](const Evaluation& e) { return prepare(e, from, a.k_norm, a.k_norm_bias); });
  }
  const auto [k_formula, v_formula] = slot_formulas_[args->attention.slot];
  Node shape = q;
  shape.width = h.heads * h.head_dim;
  const AttentionSpec spec{
      h.heads,       h.kv_heads, h.head_dim, o.scale, o.softcap, o.window, (o.flags & SOTTO_ATTENTION_NOT_CAUSAL) == 0,
      tensor(a.sink)};
  return make(SOTTO_STEP_ATTENTION, {q.value, reads_only ? SOTTO_NONE : k.value, reads_only ? SOTTO_NONE : v.value}, args,
              shape, [=, from = q.formula, kf = k_formula, vf = v_formula](const Evaluation& e) {
                return attend(prepare(e, from, a.q_norm, a.q_norm_bias), e.values[kf], e.values[vf], spec, e.mistake);
              });
}

Node Net::read_attention(const Node& q, const AttentionOptions& options) {
  AttentionOptions reading = options;
  reading.flags |= SOTTO_ATTENTION_READ_ONLY;
  return attention(q, Node(), Node(), reading);
}

Node Net::add(const Node& a, const Node& b, bool bias, float scale) {
  const uint32_t w = bias ? hold_vector(a.width, a.spread == Node::kSplit ? a.parts : whole(a.width), 0) : SOTTO_NONE;
  Args* args = new_args();
  args->add = {sizeof(sotto_add_args), w, scale};
  return make(SOTTO_STEP_ADD, {a.value, b.value}, args, a, [=, fa = a.formula, fb = b.formula](const Evaluation& e) {
    Matrix y = e.values[fa];
    const double factor = scale == 0 || e.makes(Mistake::kNoScale) ? 1 : static_cast<double>(scale);
    const double of_bias = e.makes(Mistake::kBiasNotScaled) ? 1 : e.makes(Mistake::kNoBias) ? 0 : factor;
    for (uint32_t t = 0; t < y.rows; ++t)
      for (uint32_t c = 0; c < y.width; ++c)
        y.at(t, c) += factor * e.values[fb].at(t, c) + (w == SOTTO_NONE ? 0 : of_bias * tensor(w)->values[c]);
    return y;
  });
}

Node Net::mul(const Node& a, const Node& b, uint32_t activation) {
  Args* args = new_args();
  args->mul = {sizeof(sotto_mul_args), activation};
  return make(SOTTO_STEP_MUL, {a.value, b.value}, args, a, [=, fa = a.formula, fb = b.formula](const Evaluation& e) {
    const bool on_first = e.makes(Mistake::kActivationOnFirst);
    Matrix y = e.values[on_first ? fb : fa];
    const Matrix& other = e.values[on_first ? fa : fb];
    const uint32_t act = misread_activation(activation, e.mistake);
    for (size_t i = 0; i < y.numbers.size(); ++i) y.numbers[i] *= activate(act, other.numbers[i]);
    return y;
  });
}

Node Net::reduce(const Node& x) {
  Node shape = x;
  shape.spread = Node::kWhole;
  return make(SOTTO_STEP_ALL_REDUCE, {x.value}, nullptr, shape,
              [from = x.formula](const Evaluation& e) { return e.values[from]; });
}

Node Net::gather(const Node& x) {
  const Node shape{0, 0, x.width, Node::kWhole, {}};
  return make(SOTTO_STEP_ALL_GATHER, {x.value}, nullptr, shape,
              [from = x.formula](const Evaluation& e) { return e.values[from]; });
}

Node Net::join(const Node& x) {
  if (x.spread == Node::kPartial) return reduce(x);
  return x.spread == Node::kSplit ? gather(x) : x;
}

void Net::output(const Node& x) {
  Args* args = new_args();
  args->output = {sizeof(sotto_output_args), output_count++};
  steps.push_back({sizeof(sotto_step), SOTTO_STEP_OUTPUT, SOTTO_NONE, {x.value, SOTTO_NONE, SOTTO_NONE}, args});
  outputs_.push_back(x.formula);
}

Node Net::spread(const Node& x, const Parts& parts) {
  std::vector<double> identity(size_t{x.width} * x.width);
  for (size_t i = 0; i < x.width; ++i) identity[i * x.width + i] = 1;
  LinearSpec spec;
  spec.out = x.width;
  spec.parts = parts;
  Node made = linear(x, spec);
  weights.back().tensor = from_values(x.width, x.width, identity);
  return made;
}

uint32_t Net::copy_weight(uint32_t weight) {
  const HeldWeight& from = weights[weight];
  return hold({from.tensor.type, from.tensor.rows, from.tensor.columns, from.tensor.row_bytes, from.tensor.bytes, {}},
              from.uses, from.slices);
}

int Net::adapter(uint32_t dims) {
  HeldAdapter made;
  for (uint32_t w = 0; w < weights.size(); ++w) {
    const Tensor& t = weights[w].tensor;
    if ((weights[w].uses & SOTTO_USE_LINEAR) == 0) continue;
    made.pairs.push_back({w, 0.75f, random_tensor(random_, SOTTO_F32, dims, t.columns, 1 / std::sqrt(t.columns)),
                          random_tensor(random_, SOTTO_F32, t.rows, dims, 1 / std::sqrt(dims))});
  }
  adapters.push_back(std::move(made));
  return static_cast<int>(adapters.size() - 1);
}

Sequence Net::sequence(uint32_t length) {
  Sequence made;
  made.length = length;
  for (uint32_t t = 0; t < length; ++t) made.tokens.push_back(static_cast<uint32_t>(random_() % vocabulary));
  for (const uint32_t width : input_widths_) {
    Matrix& rows = made.inputs.emplace_back(length, width);
    for (double& x : rows.numbers) x = static_cast<double>(static_cast<float>(uniform(random_, -1.7, 1.7)));
  }
  return made;
}

std::vector<Matrix> Net::expected(const Sequence& sequence, Mistake mistake) const {
  Evaluation e{sequence, mistake, {}};
  for (const Formula& formula : formulas_) e.values.push_back(formula(e));
  std::vector<Matrix> results;
  for (const size_t formula : outputs_) results.push_back(e.values[formula]);
  return results;
}

const sotto_plan& Net::plan() {
  plan_weights_.clear();
  for (const HeldWeight& w : weights)
    plan_weights_.push_back({sizeof(sotto_weight), w.tensor.type, w.tensor.rows, w.tensor.columns, w.uses, 0, w.slices.data(),
                             sotto_str{w.name.data(), w.name.size()}});
  const auto count = [](const auto& list) { return static_cast<uint32_t>(list.size()); };
  plan_ = {sizeof(sotto_plan),
           ranks_,
           count(widths) / ranks_,
           count(plan_weights_),
           sizeof(sotto_weight),
           count(steps),
           sizeof(sotto_step),
           count(slots),
           sizeof(sotto_slot),
           output_count,
           vocabulary,
           max_positions,
           widths.data(),
           plan_weights_.data(),
           steps.data(),
           slots.data(),
           {}};
  return plan_;
}

}  // namespace sotto::conformance

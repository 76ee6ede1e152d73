#include "model/plan_builder.h"

#include <algorithm>
#include <cstring>

#include "base/sha256.h"

namespace sotto {
namespace {

constexpr const char* kFrequencies = "inverse frequencies";

// Part of a tensor's bytes, or none where the file has no bytes of it.
Span<const uint8_t> part_of(const GgufTensor& t, size_t first, size_t count) {
  return t.bytes.empty() ? Span<const uint8_t>() : t.bytes.part(first, count);
}

}  // namespace

ShardPiece Plan::piece_of(uint32_t weight, uint32_t rank) const {
  const sotto_weight& w = weights_[weight];
  const sotto_slice& s = w.slices[rank];
  const WeightSource& from = sources_[weight];
  const WeightType& type = *find_weight_type(w.type);
  const uint64_t column = (s.first_column - s.skip_columns) / type.block * type.bytes;
  const uint64_t stored = (s.skip_columns + s.columns + type.block - 1) / type.block * type.bytes;
  return {from.offset + s.first_row * from.row_bytes + column, s.rows, stored};
}

sotto_upload Plan::upload_of(uint32_t weight, uint32_t rank) const {
  const ShardPiece piece = piece_of(weight, rank);
  const WeightSource& from = sources_[weight];
  sotto_upload u{};
  u.struct_size = sizeof u;
  u.flags = SOTTO_UPLOAD_BORROW;
  if (const auto apart = pieces_.find(weight); apart != pieces_.end()) {
    u.row_stride = piece.bytes;
    u.byte_count = apart->second.size();
    u.bytes = apart->second.data();
    return u;
  }
  u.row_stride = from.row_bytes;
  u.byte_count = piece.rows ? (piece.rows - 1) * from.row_bytes + piece.bytes : 0;
  u.bytes = from.bytes.data() + (piece.offset - from.offset);
  return u;
}

uint64_t Plan::bytes_per_token() const {
  uint64_t bytes = 0;
  for (const sotto_weight& w : weights_) {
    const WeightType& type = *find_weight_type(w.type);
    const uint64_t row = w.columns / type.block * type.bytes;
    bytes += w.uses == SOTTO_USE_TABLE ? row : row * w.rows;
  }
  return bytes;
}

Span<const WeightRef> Plan::find(const std::string& tensor) const {
  const auto found = by_name_.find(tensor);
  return found == by_name_.end() ? Span<const WeightRef>() : Span<const WeightRef>(found->second);
}

PlanBuilder::PlanBuilder(const Sharding& sharding, uint32_t vocabulary, uint32_t max_positions) : sharding_(sharding) {
  plan_.plan_.struct_size = sizeof(sotto_plan);
  plan_.plan_.world = sharding.ranks;
  plan_.plan_.vocabulary = vocabulary;
  plan_.plan_.max_positions = max_positions;
}

WeightRef PlanBuilder::add_weight(const std::string& name, uint32_t type, uint64_t rows, uint64_t columns,
                                  std::vector<sotto_slice> slices, uint32_t use, WeightSource source) {
  const auto same = [](const sotto_slice& a, const sotto_slice& b) {
    return a.first_row == b.first_row && a.rows == b.rows && a.first_column == b.first_column && a.columns == b.columns;
  };
  std::vector<WeightRef>& known = plan_.by_name_[name];
  for (const WeightRef i : known) {
    const bool equal = plan_.sources_[i].first_row == source.first_row && plan_.weights_[i].rows == rows &&
                       std::equal(slices.begin(), slices.end(), plan_.slices_[i].begin(), same);
    if (!equal) continue;
    plan_.weights_[i].uses |= use;
    return i;
  }
  known.push_back(static_cast<WeightRef>(plan_.weights_.size()));
  plan_.names_.push_back(name);
  plan_.slices_.push_back(std::move(slices));
  sotto_weight w{};
  w.struct_size = sizeof w;
  w.type = type;
  w.rows = rows;
  w.columns = columns;
  w.uses = use;
  w.slices = plan_.slices_.back().data();
  w.name = sotto_str{plan_.names_.back().data(), plan_.names_.back().size()};
  plan_.weights_.push_back(w);
  plan_.sources_.push_back(source);
  return static_cast<WeightRef>(plan_.weights_.size() - 1);
}

WeightRef PlanBuilder::rows(const GgufTensor& t, Range part, const std::vector<Range>& slices, uint32_t use) {
  std::vector<sotto_slice> s;
  for (const Range& r : slices) s.push_back({r.first, r.count, 0, t.columns, 0});
  const auto from = static_cast<size_t>(part.first * t.row_bytes), size = static_cast<size_t>(part.count * t.row_bytes);
  return add_weight(std::string(t.name), t.type, part.count, t.columns, std::move(s), use,
                    {part_of(t, from, size), t.row_bytes, part.first, from});
}

WeightRef PlanBuilder::columns(const GgufTensor& t, const std::vector<Range>& slices) {
  const uint64_t block = find_weight_type(t.type)->block;
  std::vector<sotto_slice> s;
  for (const Range& r : slices) s.push_back({0, t.rows, r.first, r.count, r.first % block});
  return add_weight(std::string(t.name), t.type, t.rows, t.columns, std::move(s), SOTTO_USE_LINEAR,
                    {t.bytes, t.row_bytes, 0, 0});
}

WeightRef PlanBuilder::vector(const GgufTensor& t, Range part, const std::vector<Range>& slices) {
  const WeightType& type = *find_weight_type(t.type);
  std::vector<sotto_slice> s;
  for (const Range& r : slices) s.push_back({0, 1, r.first, r.count, 0});
  const auto from = static_cast<size_t>(part.first * type.bytes), size = static_cast<size_t>(part.count * type.bytes);
  return add_weight(std::string(t.name), t.type, 1, part.count, std::move(s), SOTTO_USE_VECTOR,
                    {part_of(t, from, size), size, part.first, from});
}

WeightRef PlanBuilder::table(std::string name, std::vector<float> numbers) {
  plan_.tables_.push_back(std::move(numbers));
  const std::vector<float>& kept = plan_.tables_.back();
  const Span<const uint8_t> bytes(reinterpret_cast<const uint8_t*>(kept.data()), kept.size() * sizeof(float));
  std::vector<sotto_slice> s(sharding_.ranks, sotto_slice{0, 1, 0, kept.size(), 0});
  return add_weight(name, SOTTO_F32, 1, kept.size(), std::move(s), SOTTO_USE_VECTOR, {bytes, bytes.size(), 0, 0});
}

Value PlanBuilder::add_value(const std::vector<uint32_t>& widths) {
  plan_.widths_.insert(plan_.widths_.end(), widths.begin(), widths.end());
  return static_cast<Value>(plan_.widths_.size() / sharding_.ranks - 1);
}

Value PlanBuilder::step(uint32_t kind, std::vector<Value> in, const std::vector<uint32_t>& widths, const void* args) {
  sotto_step s{};
  s.struct_size = sizeof s;
  s.kind = kind;
  s.out = widths.empty() ? SOTTO_NONE : add_value(widths);
  for (size_t i = 0; i < 3; ++i) s.in[i] = i < in.size() ? in[i] : SOTTO_NONE;
  s.args = args;
  plan_.steps_.push_back(s);
  return s.out;
}

std::vector<uint32_t> PlanBuilder::widths_of(Value v) const {
  const auto from = plan_.widths_.begin() + static_cast<std::ptrdiff_t>(size_t{v} * sharding_.ranks);
  return std::vector<uint32_t>(from, from + sharding_.ranks);
}

std::vector<uint32_t> PlanBuilder::rows_of(WeightRef w) const {
  std::vector<uint32_t> rows;
  for (const sotto_slice& s : plan_.slices_[w]) rows.push_back(static_cast<uint32_t>(s.rows));
  return rows;
}

Value PlanBuilder::embed(WeightRef table, WeightRef positions, uint32_t width, float scale) {
  auto& a = plan_.args_.emplace_back();
  a.embed = {sizeof(sotto_embed_args), table, positions, scale};
  return step(SOTTO_STEP_EMBED, {}, std::vector<uint32_t>(sharding_.ranks, width), &a);
}

Value PlanBuilder::norm(Value in, uint32_t kind, WeightRef weight, WeightRef bias, float epsilon) {
  auto& a = plan_.args_.emplace_back();
  a.norm = {sizeof(sotto_norm_args), kind, weight, bias, epsilon};
  return step(SOTTO_STEP_NORM, {in}, widths_of(in), &a);
}

Value PlanBuilder::linear(Value in, const LinearParts& p) {
  auto& a = plan_.args_.emplace_back();
  a.linear = {
      sizeof(sotto_linear_args), p.weight, p.bias, p.gate, p.gate_bias, p.activation, p.scale, p.clamp, 0, p.gate_offset};
  return step(SOTTO_STEP_LINEAR, {in}, rows_of(p.weight), &a);
}

Value PlanBuilder::attention(Value q, Value k, Value v, const AttentionParts& p) {
  const std::vector<sotto_rank_heads>& heads = plan_.heads_.emplace_back(sharding_.heads);
  sotto_slot slot{sizeof(sotto_slot), p.kv_heads, p.head_dim, p.window, heads.data()};
  plan_.slots_.push_back(slot);
  auto& a = plan_.args_.emplace_back();
  sotto_attention_args t{};
  t.struct_size = sizeof t;
  t.slot = static_cast<uint32_t>(plan_.slots_.size() - 1);
  t.head_dim = p.head_dim;
  t.heads = p.heads;
  t.scale = p.scale;
  t.window = p.window;
  t.sink = p.sink;
  t.q_norm = p.q_norm;
  t.q_norm_bias = p.q_norm_bias;
  t.k_norm = p.k_norm;
  t.k_norm_bias = p.k_norm_bias;
  t.norm_kind = p.norm_kind;
  t.norm_epsilon = p.norm_epsilon;
  t.inv_freq = SOTTO_NONE;
  if (p.rotation && p.rotation->layout != SOTTO_ROTATION_NONE) {
    t.rotation = p.rotation->layout;
    t.rotary_dim = p.rotation->dimensions;
    t.magnitude = p.rotation->magnitude;
    // One table serves all layers.
    const auto known = plan_.find(kFrequencies);
    t.inv_freq = known.empty() ? table(kFrequencies, p.rotation->inv_freq) : known[0];
  }
  a.attention = t;
  return step(SOTTO_STEP_ATTENTION, {q, k, v}, widths_of(q), &a);
}

Value PlanBuilder::add(Value x, Value y, WeightRef bias) {
  auto& a = plan_.args_.emplace_back();
  a.add = {sizeof(sotto_add_args), bias, 0};
  return step(SOTTO_STEP_ADD, {x, y}, widths_of(x), &a);
}

Value PlanBuilder::all_reduce(Value in) {
  return sharding_.ranks == 1 ? in : step(SOTTO_STEP_ALL_REDUCE, {in}, widths_of(in), nullptr);
}

Value PlanBuilder::all_gather(Value in) {
  if (sharding_.ranks == 1) return in;
  uint32_t total = 0;
  for (const uint32_t width : widths_of(in)) total += width;
  return step(SOTTO_STEP_ALL_GATHER, {in}, std::vector<uint32_t>(sharding_.ranks, total), nullptr);
}

void PlanBuilder::output(Value in, uint32_t index) {
  auto& a = plan_.args_.emplace_back();
  a.output = {sizeof(sotto_output_args), index};
  step(SOTTO_STEP_OUTPUT, {in}, {}, &a);
  plan_.plan_.output_count = std::max(plan_.plan_.output_count, index + 1);
}

// Over everything but pointers: two ranks with the same hash run the same plan.
void PlanBuilder::hash() {
  const sotto_plan& p = plan_.plan_;
  Sha256 h;
  for (const uint64_t n :
       {p.world, p.value_count, p.weight_count, p.step_count, p.slot_count, p.output_count, p.vocabulary, p.max_positions})
    h.add_number(n);
  h.add(plan_.widths_.data(), plan_.widths_.size() * sizeof(uint32_t));
  for (size_t i = 0; i < plan_.weights_.size(); ++i) {
    const sotto_weight& w = plan_.weights_[i];
    h.add_number(w.type).add_number(w.rows).add_number(w.columns).add_number(w.uses);
    h.add(w.slices, p.world * sizeof(sotto_slice)).add(w.name.data, static_cast<size_t>(w.name.size));
  }
  for (const auto& table : plan_.tables_) h.add(table.data(), table.size() * sizeof(float));
  for (const sotto_step& s : plan_.steps_) {
    h.add_number(s.kind).add_number(s.out).add(s.in, sizeof s.in);
    if (s.args) h.add(s.args, *static_cast<const uint32_t*>(s.args));
  }
  for (const sotto_slot& s : plan_.slots_) {
    h.add_number(s.kv_heads).add_number(s.head_dim).add_number(s.window).add(s.ranks, p.world * sizeof(sotto_rank_heads));
  }
  const auto digest = h.digest();
  std::memcpy(plan_.plan_.hash, digest.data(), digest.size());
}

Plan PlanBuilder::finish() {
  sotto_plan& p = plan_.plan_;
  p.value_count = static_cast<uint32_t>(plan_.widths_.size() / sharding_.ranks);
  p.weight_count = static_cast<uint32_t>(plan_.weights_.size());
  p.weight_stride = sizeof(sotto_weight);
  p.step_count = static_cast<uint32_t>(plan_.steps_.size());
  p.step_stride = sizeof(sotto_step);
  p.slot_count = static_cast<uint32_t>(plan_.slots_.size());
  p.slot_stride = sizeof(sotto_slot);
  p.widths = plan_.widths_.data();
  p.weights = plan_.weights_.data();
  p.steps = plan_.steps_.data();
  p.slots = plan_.slots_.data();
  hash();
  return std::move(plan_);
}

}  // namespace sotto

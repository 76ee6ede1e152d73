#include "lower.h"

#include <algorithm>

#include "common/plan_read.h"
#include "kernels/kernels.h"

namespace sotto::cpu {

using backend::slot_of;
using backend::step_of;
using backend::weight_of;
using backend::width_of;
namespace {

Step read_step(const sotto_step& from) {
  Step to;
  to.kind = from.kind;
  to.out = from.out;
  for (int i = 0; i < 3; ++i) to.in[i] = from.in[i];
  to.args = backend::read_step_args(from);
  return to;
}

bool is_read_only(const Step& s) { return (s.args.attention.flags & SOTTO_ATTENTION_READ_ONLY) != 0; }

// Builds the parts of a Lowered one after the other; each function relies on those before it in `lower`.
class Lowering {
 public:
  Lowering(const sotto_plan& plan, const sotto_group& group, Lowered& out) : plan_(plan), group_(group), out_(out) {}

  void read();
  void find_classes();
  void find_shared();
  void make_ops();
  void place_values();
  void measure();

 private:
  uint64_t converted_bytes(const Op& op) const;
  const sotto_slice& slice(uint32_t weight, uint32_t rank) const {
    return weight_of(plan_, weight).slices[group_.first_rank + rank];
  }
  bool same_slices(uint32_t weight) const;
  bool step_is_shared(const Step& s) const;
  uint32_t class_of(uint32_t mask);
  void add_row_action(const RowAction& action, uint32_t row_class, bool shared);
  uint32_t quant_for(const Step& s, uint32_t weight, uint32_t row_class, uint32_t buffer);
  Quant describe_quant(const Step& s, uint32_t weight, uint32_t row_class, uint32_t buffer) const;
  Op linear_op(uint32_t index);
  Op attention_op(uint32_t index);
  void deliver_op(uint32_t index);
  uint32_t rotary_for(const sotto_attention_args& args);
  void note_gather(const Step& s, Op& op);
  void note_use(uint32_t value, uint32_t op);
  void note_uses(const Op& op, uint32_t index);
  void place(Value& value, std::vector<std::pair<uint64_t, uint64_t>>& taken, uint64_t& columns);

  const sotto_plan& plan_;
  const sotto_group& group_;
  Lowered& out_;
  uint32_t current_quant_[2] = {SOTTO_NONE, SOTTO_NONE};  // what each buffer holds at this point of the program
};

void Lowering::read() {
  out_.local_ranks = group_.local_ranks;
  out_.vocabulary = plan_.vocabulary;
  out_.max_positions = plan_.max_positions;
  out_.output_count = plan_.output_count;
  out_.values.resize(plan_.value_count);
  for (uint32_t v = 0; v < plan_.value_count; ++v) {
    for (uint32_t r = 0; r < group_.local_ranks; ++r)
      out_.values[v].widths.push_back(width_of(plan_, v, group_.first_rank + r));
  }
  for (uint32_t i = 0; i < plan_.slot_count; ++i) {
    out_.slots.push_back(slot_of(plan_, i));
    const sotto_rank_heads* heads = out_.slots.back().ranks + group_.first_rank;
    out_.slot_heads.emplace_back(heads, heads + group_.local_ranks);
    out_.slots.back().ranks = nullptr;
  }
  for (uint32_t i = 0; i < plan_.step_count; ++i) {
    const Step s = read_step(step_of(plan_, i));
    out_.steps.push_back(s);
    if (s.kind == SOTTO_STEP_EMBED) out_.embeds = true;
    if (s.kind != SOTTO_STEP_INPUT) continue;
    if (out_.inputs.size() <= s.args.input.input) out_.inputs.resize(s.args.input.input + 1, 0);
    out_.inputs[s.args.input.input] = out_.values[s.out].widths[0];
  }
}

uint32_t Lowering::class_of(uint32_t mask) {
  for (uint32_t c = 1; c < out_.class_masks.size(); ++c) {
    if (out_.class_masks[c] == mask) return c;
  }
  out_.class_masks.push_back(mask);
  return static_cast<uint32_t>(out_.class_masks.size() - 1);
}

void Lowering::find_classes() {
  struct Need {
    uint32_t mask = 0;
    bool all = false;
  };
  std::vector<Need> needs(out_.values.size());
  const auto add = [&](uint32_t value, const Need& n) {
    if (value == SOTTO_NONE) return;
    needs[value].mask |= n.mask;
    needs[value].all = needs[value].all || n.all;
  };
  for (auto s = out_.steps.rbegin(); s != out_.steps.rend(); ++s) {
    if (s->kind == SOTTO_STEP_OUTPUT) {
      add(s->in[0], {1u << s->args.output.output, false});
      continue;
    }
    const Need need = needs[s->out];
    const bool fills_cache = s->kind == SOTTO_STEP_ATTENTION && !is_read_only(*s);
    add(s->in[0], need);
    add(s->in[1], {need.mask, need.all || fills_cache});
    add(s->in[2], {need.mask, need.all || fills_cache});
  }
  out_.class_masks.assign(1, 0xFFFFFFFFu);
  for (size_t v = 0; v < needs.size(); ++v) {
    out_.values[v].needed = needs[v].all || needs[v].mask != 0;
    out_.values[v].row_class = needs[v].all || needs[v].mask == 0 ? 0 : class_of(needs[v].mask);
  }
}

bool Lowering::same_slices(uint32_t weight) const {
  if (weight == SOTTO_NONE) return true;
  const sotto_slice& first = slice(weight, 0);
  for (uint32_t r = 1; r < group_.local_ranks; ++r) {
    const sotto_slice& s = slice(weight, r);
    if (s.first_row != first.first_row || s.rows != first.rows || s.first_column != first.first_column ||
        s.columns != first.columns || s.skip_columns != first.skip_columns) {
      return false;
    }
  }
  return true;
}

bool Lowering::step_is_shared(const Step& s) const {
  const auto shared = [&](uint32_t value) { return value == SOTTO_NONE || out_.values[value].shared; };
  switch (s.kind) {
    case SOTTO_STEP_INPUT:
    case SOTTO_STEP_ALL_REDUCE:
    case SOTTO_STEP_ALL_GATHER:
      return true;
    case SOTTO_STEP_EMBED:
      return same_slices(s.args.embed.table) && same_slices(s.args.embed.positions);
    case SOTTO_STEP_NORM:
      return shared(s.in[0]) && same_slices(s.args.norm.weight) && same_slices(s.args.norm.bias);
    case SOTTO_STEP_LINEAR:
      return shared(s.in[0]) && same_slices(s.args.linear.weight) && same_slices(s.args.linear.bias) &&
             same_slices(s.args.linear.gate) && same_slices(s.args.linear.gate_bias);
    case SOTTO_STEP_ADD:
      return shared(s.in[0]) && shared(s.in[1]) && same_slices(s.args.add.bias);
    case SOTTO_STEP_MUL:
      return shared(s.in[0]) && shared(s.in[1]);
    default:
      return false;
  }
}

void Lowering::find_shared() {
  for (const Step& s : out_.steps) {
    if (s.out != SOTTO_NONE) out_.values[s.out].shared = step_is_shared(s);
  }
}

void Lowering::add_row_action(const RowAction& action, uint32_t row_class, bool shared) {
  if (out_.ops.empty() || out_.ops.back().kind != OpKind::kRows || out_.ops.back().row_class != row_class ||
      out_.ops.back().shared != shared) {
    Op op;
    op.row_class = row_class;
    op.shared = shared;
    out_.ops.push_back(op);
  }
  out_.ops.back().actions.push_back(action);
}

Quant Lowering::describe_quant(const Step& s, uint32_t weight, uint32_t row_class, uint32_t buffer) const {
  const WeightType& type = *find_weight_type(weight_of(plan_, weight).type);
  Quant q;
  q.is_bf16 = type.block == 1;
  q.value = s.in[0];
  q.row_class = row_class;
  q.buffer = buffer;
  for (uint32_t r = 0; r < group_.local_ranks; ++r) {
    const sotto_slice& part = slice(weight, r);
    const uint64_t skip = part.columns == 0 || q.is_bf16 ? 0 : part.skip_columns;
    q.skip.push_back(static_cast<uint32_t>(skip));
    q.counts.push_back(static_cast<uint32_t>(part.columns));
    q.units.push_back(static_cast<uint32_t>(round_up(padded_columns(type, skip + part.columns), kUnit) / kUnit));
  }
  const auto same = [](const std::vector<uint32_t>& v) {
    return std::all_of(v.begin(), v.end(), [&](uint32_t x) { return x == v[0]; });
  };
  q.shared = out_.values[q.value].shared && same(q.skip) && same(q.counts) && same(q.units);
  return q;
}

// The quantised form of the step's input for `weight`: the one that the buffer holds, or a new one.
uint32_t Lowering::quant_for(const Step& s, uint32_t weight, uint32_t row_class, uint32_t buffer) {
  const Quant q = describe_quant(s, weight, row_class, buffer);
  const auto fits = [&](uint32_t index) {
    if (index == SOTTO_NONE) return false;
    const Quant& old = out_.quants[index];
    return old.is_bf16 == q.is_bf16 && old.value == q.value && old.row_class == q.row_class && old.skip == q.skip &&
           old.counts == q.counts && old.units == q.units;
  };
  for (const uint32_t held : current_quant_) {
    if (fits(held)) return held;
  }
  const auto index = static_cast<uint32_t>(out_.quants.size());
  out_.quants.push_back(q);
  current_quant_[buffer] = index;
  RowAction action;
  action.quant = index;
  add_row_action(action, row_class, q.shared);
  return index;
}

Op Lowering::linear_op(uint32_t index) {
  const Step& s = out_.steps[index];
  Op op;
  op.kind = OpKind::kLinear;
  op.step = index;
  op.row_class = out_.values[s.out].row_class;
  op.shared = out_.values[s.out].shared;
  const uint32_t weights[2] = {s.args.linear.weight, s.args.linear.gate};
  for (uint32_t i = 0; i < 2; ++i) {
    if (weights[i] == SOTTO_NONE) continue;
    const uint32_t type = weight_of(plan_, weights[i]).type;
    if (find_weight_type(type)->block == 1 && (type != SOTTO_BF16 || group_.kernels->narrow == nullptr)) continue;
    op.quants[i] = quant_for(s, weights[i], op.row_class, i);
  }
  return op;
}

uint32_t Lowering::rotary_for(const sotto_attention_args& args) {
  if (args.rotation == SOTTO_ROTATION_NONE || args.rotary_dim == 0) return SOTTO_NONE;
  const float magnitude = args.magnitude == 0.0f ? 1.0f : args.magnitude;
  for (uint32_t i = 0; i < out_.rotaries.size(); ++i) {
    const Rotary& r = out_.rotaries[i];
    if (r.inv_freq == args.inv_freq && r.dim == args.rotary_dim && r.magnitude == magnitude) return i;
  }
  out_.rotaries.push_back({args.inv_freq, args.rotary_dim, magnitude});
  return static_cast<uint32_t>(out_.rotaries.size() - 1);
}

Op Lowering::attention_op(uint32_t index) {
  const Step& s = out_.steps[index];
  const sotto_attention_args& args = s.args.attention;
  const sotto_slot& slot = slot_of(plan_, args.slot);
  Op op;
  op.kind = OpKind::kAttention;
  op.step = index;
  op.row_class = out_.values[s.out].row_class;
  op.rotary = rotary_for(args);
  const uint32_t per_kv = slot.kv_heads == 0 ? 1 : args.heads / slot.kv_heads;
  op.is_one_group_a_head = true;
  for (uint32_t r = 0; out_.values[s.out].needed && r < group_.local_ranks; ++r) {
    const sotto_rank_heads& h = slot.ranks[group_.first_rank + r];
    const size_t before = op.head_groups.size();
    for (uint32_t head = 0; head < h.heads;) {
      const uint32_t kv = (h.first_head + head) / per_kv;
      const uint32_t end = std::min({(kv + 1) * per_kv - h.first_head, h.heads, head + kTileQueries});
      op.is_one_group_a_head = op.is_one_group_a_head && op.head_groups.size() - before == kv - h.first_kv_head;
      op.head_groups.push_back({r, kv - h.first_kv_head, head, end - head});
      head = end;
    }
    op.is_one_group_a_head = op.is_one_group_a_head && op.head_groups.size() - before == h.kv_heads;
  }
  return op;
}

void Lowering::deliver_op(uint32_t index) {
  const Step& s = out_.steps[index];
  const uint32_t output = s.args.output.output;
  Op op;
  op.kind = OpKind::kDeliver;
  op.step = index;
  op.row_class = class_of(1u << output);
  op.shared = true;
  op.deliver = s.in[0];
  if (out_.values[s.in[0]].row_class != op.row_class) {
    Value copy;
    copy.row_class = op.row_class;
    copy.shared = true;
    copy.needed = true;
    copy.widths = out_.values[s.in[0]].widths;
    op.deliver = static_cast<uint32_t>(out_.values.size());
    out_.values.push_back(copy);
  }
  if (out_.output_ops.size() <= output) out_.output_ops.resize(output + 1, SOTTO_NONE);
  out_.output_ops[output] = static_cast<uint32_t>(out_.ops.size());
  out_.ops.push_back(op);
}

void Lowering::make_ops() {
  for (uint32_t i = 0; i < out_.steps.size(); ++i) {
    const Step s = out_.steps[i];
    if (s.kind == SOTTO_STEP_OUTPUT) {
      deliver_op(i);
      continue;
    }
    if (s.kind == SOTTO_STEP_ATTENTION) {
      if (out_.values[s.out].needed || !is_read_only(s)) out_.ops.push_back(attention_op(i));
      continue;
    }
    const Value& out = out_.values[s.out];
    if (!out.needed) continue;
    if (s.kind == SOTTO_STEP_LINEAR) {
      const Op op = linear_op(i);
      out_.ops.push_back(op);
    } else if (s.kind == SOTTO_STEP_ALL_GATHER || (s.kind == SOTTO_STEP_ALL_REDUCE && group_.comm != nullptr)) {
      Op op;
      op.kind = s.kind == SOTTO_STEP_ALL_REDUCE ? OpKind::kAllReduce : OpKind::kAllGather;
      op.step = i;
      op.row_class = out.row_class;
      op.shared = true;
      if (op.kind == OpKind::kAllGather) note_gather(s, op);
      out_.ops.push_back(op);
    } else {
      // With all ranks here, an ALL_REDUCE too: the sum, the add, the norm and the int8 form behind it are one job, row by row.
      RowAction action;
      action.step = i;
      add_row_action(action, out.row_class, out.shared);
    }
  }
}

void Lowering::note_gather(const Step& s, Op& op) {
  const uint32_t processes = plan_.world / group_.local_ranks;
  op.gather = static_cast<uint32_t>(out_.gather_bytes.size() / processes);
  for (uint32_t p = 0; p < processes; ++p) {
    uint64_t width = 0;
    for (uint32_t r = 0; r < group_.local_ranks; ++r) width += width_of(plan_, s.in[0], p * group_.local_ranks + r);
    out_.gather_bytes.push_back(width * sizeof(float));
  }
}

void Lowering::note_use(uint32_t value, uint32_t op) {
  if (value == SOTTO_NONE) return;
  Value& v = out_.values[value];
  v.last_op = std::max(v.last_op, op);
  if (v.first_op == SOTTO_NONE) v.first_op = op;
}

void Lowering::note_uses(const Op& op, uint32_t index) {
  const auto note_step = [&](uint32_t step) {
    const Step& s = out_.steps[step];
    note_use(s.out, index);
    for (const uint32_t in : s.in) note_use(in, index);
  };
  for (const RowAction& a : op.actions) {
    if (a.step != SOTTO_NONE) note_step(a.step);
    if (a.quant != SOTTO_NONE) note_use(out_.quants[a.quant].value, index);
  }
  if (op.step != SOTTO_NONE) note_step(op.step);
  // What is delivered stays until the next run.
  if (op.kind == OpKind::kDeliver) {
    note_use(op.deliver, index);
    out_.values[op.deliver].last_op = SOTTO_NONE;
  }
}

// First fit among the ranges that are taken while the value lives.
void Lowering::place(Value& value, std::vector<std::pair<uint64_t, uint64_t>>& taken, uint64_t& columns) {
  const uint32_t ranks = value.shared ? 1 : group_.local_ranks;
  value.columns.assign(group_.local_ranks, 0);
  for (uint32_t r = 0; r < ranks; ++r) {
    std::sort(taken.begin(), taken.end());
    uint64_t at = 0;
    for (const auto& range : taken) {
      if (range.first >= at + value.widths[r]) break;
      at = std::max(at, range.second);
    }
    taken.emplace_back(at, at + value.widths[r]);
    columns = std::max(columns, at + value.widths[r]);
    value.columns[r] = at;
  }
  for (uint32_t r = ranks; r < group_.local_ranks; ++r) value.columns[r] = value.columns[0];
}

void Lowering::place_values() {
  for (Value& v : out_.values) v.first_op = SOTTO_NONE;
  for (uint32_t i = 0; i < out_.ops.size(); ++i) note_uses(out_.ops[i], i);
  std::vector<uint32_t> order;
  for (uint32_t v = 0; v < out_.values.size(); ++v) {
    if (out_.values[v].needed && out_.values[v].first_op != SOTTO_NONE) order.push_back(v);
  }
  std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    return std::make_pair(out_.values[a].first_op, a) < std::make_pair(out_.values[b].first_op, b);
  });
  std::vector<uint32_t> living;
  for (const uint32_t index : order) {
    Value& v = out_.values[index];
    const bool narrow = v.row_class != 0;
    const auto ended = [&](uint32_t other) { return out_.values[other].last_op < v.first_op; };
    living.erase(std::remove_if(living.begin(), living.end(), ended), living.end());
    std::vector<std::pair<uint64_t, uint64_t>> taken;
    for (const uint32_t other : living) {
      const Value& o = out_.values[other];
      if ((o.row_class != 0) != narrow) continue;
      for (uint32_t r = 0; r < (o.shared ? 1 : group_.local_ranks); ++r)
        taken.emplace_back(o.columns[r], o.columns[r] + o.widths[r]);
    }
    place(v, taken, narrow ? out_.sizes.narrow_columns : out_.sizes.wide_columns);
    living.push_back(index);
  }
}

// Rows of F16 or BF16 as float32 (linear_float.cc), or as words (linear_bf16.cc).
uint64_t Lowering::converted_bytes(const Op& op) const {
  uint64_t columns = 0;
  for (uint32_t r = 0; r < group_.local_ranks; ++r)
    columns = std::max<uint64_t>(columns, out_.values[out_.steps[op.step].in[0]].widths[r]);
  const uint64_t wide = kWideRows * round_up(columns, kMaxLanes) * sizeof(float);
  return group_.kernels->narrow == nullptr ? wide : std::max(wide, kBf16Bytes);
}

void Lowering::measure() {
  Sizes& sizes = out_.sizes;
  uint32_t most_units = 0;
  for (const Quant& q : out_.quants) {
    for (const uint32_t units : q.units) {
      const uint64_t stride = round_up(q.is_bf16 ? uint64_t{units} * kUnit * sizeof(uint16_t) : quant_row_bytes(units), 64);
      sizes.quant_stride[q.buffer] = std::max(sizes.quant_stride[q.buffer], stride);
      if (!q.is_bf16) most_units = std::max(most_units, units);
    }
  }
  for (int i = 0; i < 2; ++i) sizes.quant_bytes[i] = sizes.quant_stride[i] * out_.max_batch * group_.local_ranks;
  // Rows of bytes, and two scales of each for every half unit (linear_tile.h).
  sizes.panel_bytes = uint64_t{kPanelGroups} * most_units * group_.kernels->lanes * (kUnit + 4 * sizeof(float));
  for (const Op& op : out_.ops) {
    if (op.kind == OpKind::kLinear) sizes.panel_bytes = std::max(sizes.panel_bytes, converted_bytes(op));
    if (op.kind != OpKind::kAttention) continue;
    const uint64_t padded = round_up(out_.steps[op.step].args.attention.head_dim, kMaxLanes);
    // Queries, total and part of a tile's softmax, and a row on its way into the cache.
    sizes.attention_floats = std::max(sizes.attention_floats, 3 * kTileQueries * padded + 4 * kTileQueries + padded);
  }
  for (const Rotary& r : out_.rotaries) sizes.rotary_floats += r.dim / 2 * 2;
}

}  // namespace

Lowered lower(const sotto_plan& plan, const sotto_group& group, uint32_t max_batch) {
  Lowered out;
  out.max_batch = max_batch;
  Lowering lowering(plan, group, out);
  lowering.read();
  lowering.find_classes();
  lowering.find_shared();
  lowering.make_ops();
  lowering.place_values();
  lowering.measure();
  return out;
}

uint64_t workspace_bytes(const Lowered& lowered, const sotto_group& group) {
  const Sizes& s = lowered.sizes;
  const uint64_t narrow_rows = std::min(lowered.max_batch, kNarrowRows);
  const uint64_t floats =
      s.wide_columns * lowered.max_batch + s.narrow_columns * narrow_rows + s.rotary_floats * lowered.max_batch;
  const uint64_t per_thread = s.panel_bytes + (s.attention_floats + kGateFloats) * sizeof(float);
  return floats * sizeof(float) + s.quant_bytes[0] + s.quant_bytes[1] + per_thread * group.pool->threads();
}

}  // namespace sotto::cpu

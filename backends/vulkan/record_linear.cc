// record_linear.cc - LINEAR: which shader, cut into pieces of the weights and submits of a few milliseconds; adapters before
// it.
#include <algorithm>

#include "step_recorder.h"

namespace sotto::vulkan {
namespace {

// Up to so many rows one by one, each weight read for each of them; more together.
constexpr uint32_t kVecRows = 3;

// A dispatch is not cut below so many workgroups, which would leave cores of the device idle.
constexpr double kLeastGroups = 64, kLeastGroupsOfSoftware = 4;

struct Kernel {
  Shader shader;
  uint32_t lanes;
  uint32_t outs, rows;
  bool is_one_subgroup;
  uint32_t pinned_lanes;

  bool may_normalise() const { return shader != Shader::kLinearTexels && rows == 1; }
};
constexpr uint32_t kTileLanes = 64;  // as many as a tile has outputs
// Bits of linear_vec's `kHow`.
constexpr uint32_t kOneSubgroup = 1, kNormalises = 2;

// The variant's; where it has no SPIR-V for these types, the one that has them all.
Kernel kernel_for(const Device& device, uint32_t rows, uint32_t type, uint32_t gate_type) {
  constexpr uint32_t kSharingLanes = 32;  // with shared memory for the sums
  const Variant& v = *device.physical().variant;
  const bool is_few = rows <= kVecRows;
  Product p = is_few ? v.few : v.many;
  if (!has_product(p.shader, type, gate_type)) p.shader = is_few ? Shader::kLinearVec : Shader::kLinearTile;
  if (p.shader == Shader::kLinearVecShared) return {p.shader, kSharingLanes, p.outs, p.rows, false, 0};
  const bool is_tile = p.outs == kTileLanes;
  const uint32_t pinned = is_tile ? 0 : device.pinned_lanes();
  return {p.shader, is_tile ? kTileLanes : pinned != 0 ? pinned : device.physical().subgroups.size, p.outs, p.rows, !is_tile,
          pinned};
}

uint32_t gate_type(const sotto_program& program, const sotto_linear_args& a) {
  return a.gate == SOTTO_NONE ? SOTTO_NONE : program.weights.weights[a.gate].type->type;
}
Kernel kernel_of(const sotto_program& program, const Step& step, uint32_t rows) {
  const sotto_linear_args& a = step.args.linear;
  return kernel_for(*program.device, rows, program.weights.weights[a.weight].type->type, gate_type(program, a));
}

// Rows of a weight and of its gate that lie in one piece of each.
struct Span {
  uint64_t first, count;  // rows of the rank's slice
  const Piece* weight;
  const Piece* gate;  // null: no gate, or no columns
};

const Piece* piece_with(const WeightPart* part, uint64_t row) {
  if (part == nullptr) return nullptr;
  for (const Piece& p : part->pieces)
    if (row >= p.first && row - p.first < p.rows) return &p;
  return nullptr;
}

std::vector<Span> spans_of(uint64_t rows, const WeightPart& weight, const WeightPart* gate) {
  std::vector<Span> spans;
  for (uint64_t row = 0; row < rows;) {
    Span s{row, rows - row, piece_with(&weight, row), piece_with(gate, row)};
    for (const Piece* p : {s.weight, s.gate})
      if (p != nullptr) s.count = std::min(s.count, p->first + p->rows - row);
    spans.push_back(s);
    row += s.count;
  }
  return spans;
}

// Cuts a span into dispatches of at most `most` work: fewer outputs, and where that is not enough fewer rows at once.
void dispatch_span(Recorder& recorder, Dispatch d, LinearPush push, const Kernel& kernel, const Span& span,
                   double work_of_output, double least_groups) {
  const double work_of_group = std::max(1.0, work_of_output * kernel.outs * kernel.rows);
  const double most = std::max(recorder.most_work(), least_groups * work_of_group);
  const uint32_t row_groups = groups_of(push.rows, kernel.rows), out_groups = groups_of(span.count, kernel.outs);
  const auto fitting = [&](double work) { return static_cast<uint32_t>(std::clamp(most / work, 1.0, 65535.0)); };
  const uint32_t rows_at_once = std::min(row_groups, fitting(work_of_group));
  const uint32_t outs_at_once = std::min(out_groups, fitting(work_of_group * rows_at_once));
  const uint32_t all_rows = push.rows;
  for (uint32_t row = 0; row < row_groups; row += rows_at_once)
    for (uint32_t out = 0; out < out_groups; out += outs_at_once) {
      const uint64_t first = span.first + uint64_t{out} * kernel.outs;
      d.groups[0] = std::min(outs_at_once, out_groups - out);
      d.groups[1] = std::min(rows_at_once, row_groups - row);
      push.first_row = row * kernel.rows;
      push.rows = std::min(all_rows, push.first_row + d.groups[1] * kernel.rows);
      push.first_out = static_cast<uint32_t>(first);
      push.outs =
          static_cast<uint32_t>(std::min<uint64_t>(uint64_t{d.groups[0]} * kernel.outs, span.first + span.count - first));
      if (span.weight != nullptr) push.first_weight_row = static_cast<uint32_t>(first - span.weight->first);
      if (span.gate != nullptr) push.first_gate_row = static_cast<uint32_t>(first - span.gate->first);
      d.set_push(push);
      d.work = work_of_group * d.groups[0] * d.groups[1];
      recorder.dispatch(d);
    }
}

// All of it but what differs from span to span, and what is added.
LinearPush linear_push(const sotto_program& program, const Step& step, uint32_t r, uint32_t rows) {
  const sotto_linear_args& a = step.args.linear;
  const WeightPart& part = program.weights.weights[a.weight].parts[r];
  const WeightPart* gate_part = a.gate == SOTTO_NONE ? nullptr : &program.weights.weights[a.gate].parts[r];
  LinearPush p{};
  p.rows = rows;
  p.columns = program.width(step.in[0], r);
  p.skip = static_cast<uint32_t>(part.slice.skip_columns);
  p.units = part.units();
  p.row_bytes = static_cast<uint32_t>(part.row_bytes);
  if (gate_part != nullptr) {
    p.gate_skip = static_cast<uint32_t>(gate_part->slice.skip_columns);
    p.gate_units = gate_part->units();
    p.gate_row_bytes = static_cast<uint32_t>(gate_part->row_bytes);
  }
  p.x_stride = program.stride(step.in[0], r);
  p.y_stride = p.delta_stride = program.stride(step.out, r);
  p.bias_at = program.vector_at(a.bias, r);
  p.gate_bias_at = program.vector_at(a.gate_bias, r);
  p.add_bias_at = SOTTO_NONE;
  p.activation = a.activation;
  p.scale = or_one(a.scale);
  p.clamp_at = a.clamp;
  p.softcap = a.softcap;
  p.gate_offset = a.gate_offset;
  return p;
}

}  // namespace

bool StepRecorder::has_adapter(uint32_t weight, uint32_t rank) const {
  if (weight == SOTTO_NONE) return false;
  return std::any_of(program.adapters.begin(), program.adapters.end(), [&](const sotto_adapter* adapter) {
    const sotto_adapter::Pair* pair = adapter->find(weight);
    return pair != nullptr && pair->a[rank];
  });
}

// delta[row] = the sum that a row's adapter adds to the product with `weight`; zeros for rows without.
void StepRecorder::add_adapters(const Step& step, uint32_t rank, uint32_t weight, const Buffer& delta) {
  const uint32_t rows = count(step.row_class), outs = program.width(step.out, rank);
  bool is_first = true;
  for (uint32_t k = 0; k < program.adapters.size(); ++k) {
    const sotto_adapter::Pair* pair = program.adapters[k]->find(weight);
    if (pair == nullptr || !pair->a[rank]) continue;
    LoraPush p{k,
               pair->dims,
               program.width(step.in[0], rank),
               outs,
               program.stride(step.in[0], rank),
               program.stride(step.out, rank),
               step.row_class == 0 ? SOTTO_NONE : map_at(0, step.row_class),
               is_first ? 1u : 0u,
               pair->scale};
    recorder.begin_step();
    Dispatch a(Shader::kLoraA, kRowLanes, {});
    a.bindings[0] = &program.inner;
    a.bindings[1] = &program.buffer(step.in[0], rank);
    a.bindings[3] = &pair->a[rank];
    a.bindings[6] = &program.batch;
    a.set_push(p);
    a.groups[0] = pair->dims;
    a.groups[1] = rows;
    a.work = static_cast<double>(p.columns) * pair->dims * rows;
    recorder.dispatch(a);
    recorder.begin_step();
    Dispatch b(Shader::kLoraB, kRowLanes, {});
    b.bindings[0] = &delta;
    b.bindings[1] = &program.inner;
    b.bindings[3] = &pair->b[rank];
    b.bindings[6] = &program.batch;
    b.set_push(p);
    b.groups[0] = groups_of(outs, kRowLanes);
    b.groups[1] = rows;
    b.work = static_cast<double>(outs) * pair->dims * rows;
    recorder.dispatch(b);
    is_first = false;
  }
  recorder.begin_step();
}

bool StepRecorder::is_ragged(const Step& linear, uint32_t rank) const {
  const sotto_linear_args& a = linear.args.linear;
  const std::vector<Weight>& weights = program.weights.weights;
  return weights[a.weight].parts[rank].is_ragged() || (a.gate != SOTTO_NONE && weights[a.gate].parts[rank].is_ragged());
}

// One row at a time, by kernels that read the gains as fast as anything else. The same answer for all that read the NORM.
bool StepRecorder::normalises(const Step& step) const {
  if (step.norm_in == SOTTO_NONE || !program.adapters.empty()) return false;
  const uint32_t normed = step.kind == SOTTO_STEP_NORM ? step.out : step.in[0];
  for (const Step& other : program.lowered.steps) {
    if (other.kind != SOTTO_STEP_LINEAR || other.in[0] != normed) continue;
    if (!kernel_of(program, other, count(step.row_class)).may_normalise()) return false;
    for (uint32_t r = 0; r < program.group.local_ranks; ++r)
      if (program.width(other.out, r) != 0 && is_ragged(other, r)) return false;
  }
  return true;
}

void StepRecorder::record_linear(const Step& step) {
  const sotto_linear_args& a = step.args.linear;
  const Weight& weight = program.weights.weights[a.weight];
  const Weight* gate = a.gate == SOTTO_NONE ? nullptr : &program.weights.weights[a.gate];
  const bool normalising = normalises(step);
  const uint32_t in = normalising ? step.norm_in : step.in[0];
  for (uint32_t r = 0; r < ranks_of(step.out); ++r) {
    const uint32_t outs = program.width(step.out, r), rows = count(step.row_class);
    if (outs == 0) continue;
    const WeightPart& part = weight.parts[r];
    const WeightPart* gate_part = gate == nullptr ? nullptr : &gate->parts[r];
    const Kernel kernel = kernel_of(program, step, rows);
    Dispatch d(kernel.shader, kernel.lanes,
               {weight.type->type, gate_type(program, a), is_ragged(step, r) ? 1u : 0u, kernel.outs,
                (kernel.is_one_subgroup ? kOneSubgroup : 0) | (normalising ? kNormalises : 0), kernel.rows,
                kernel.outs * kernel.rows});
    d.key.pinned_lanes = kernel.pinned_lanes;
    d.reads_texels = kernel.shader == Shader::kLinearTexels;
    LinearPush p = linear_push(program, step, r, rows);
    d.bindings[0] = &program.buffer(step.out, r);
    d.bindings[1] = &program.buffer(in, r);
    d.bindings[5] = &program.weights.vectors[r];
    if (normalising) {
      p.norm_at = program.vector_at(step.norm.weight, r);
      p.norm_epsilon = step.norm.epsilon;
    }
    if (step.residual != SOTTO_NONE) {
      p.flags |= kAddsResidual;
      p.residual_stride = program.stride(step.residual, r);
      p.add_bias_at = program.vector_at(step.residual_add.bias, r);
      p.add_scale = or_one(step.residual_add.scale);
      d.bindings[2] = &program.buffer(step.residual, r);
    }
    if (has_adapter(a.weight, r)) {
      add_adapters(step, r, a.weight, program.delta);
      p.flags |= kAddsDelta;
      d.bindings[6] = &program.delta;
    }
    if (has_adapter(a.gate, r)) {
      add_adapters(step, r, a.gate, program.gate_delta);
      p.flags |= kAddsGateDelta;
      d.bindings[7] = &program.gate_delta;
    }
    const double work_of_output = static_cast<double>(p.columns) * (gate == nullptr ? 1 : 2) + 8;
    for (const Span& span : spans_of(outs, part, gate_part)) {
      d.bindings[3] = span.weight == nullptr ? nullptr : &span.weight->buffer;
      d.bindings[4] = span.gate == nullptr ? nullptr : &span.gate->buffer;
      dispatch_span(recorder, d, p, kernel, span, work_of_output,
                    device().physical().is_software() ? kLeastGroupsOfSoftware : kLeastGroups);
    }
  }
}

}  // namespace sotto::vulkan

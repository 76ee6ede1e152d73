// record.cc - the steps that look at one row at a time, and those in which ranks meet.
#include <algorithm>
#include <iterator>

#include "step_recorder.h"

namespace sotto::vulkan {
namespace {

struct StepRow {
  uint32_t kind;
  void (StepRecorder::*record)(const Step& step);
};
constexpr StepRow kSteps[] = {
    {SOTTO_STEP_INPUT, &StepRecorder::record_input},
    {SOTTO_STEP_EMBED, &StepRecorder::record_embed},
    {SOTTO_STEP_NORM, &StepRecorder::record_norm},
    {SOTTO_STEP_LINEAR, &StepRecorder::record_linear},
    {SOTTO_STEP_ATTENTION, &StepRecorder::record_attention},
    {SOTTO_STEP_ADD, &StepRecorder::record_element},
    {SOTTO_STEP_MUL, &StepRecorder::record_element},
    {SOTTO_STEP_ALL_REDUCE, &StepRecorder::record_all_reduce},
    {SOTTO_STEP_ALL_GATHER, &StepRecorder::record_all_gather},
    {SOTTO_STEP_OUTPUT, &StepRecorder::record_output},
    {kStepGather, &StepRecorder::record_gather},
};

// Where ranks that are apart meet.
void provide_meetings(sotto_program& program) {
  uint64_t sent = 0, received = 0;
  for (const Step& step : program.lowered.steps) {
    if (step.kind != SOTTO_STEP_ALL_REDUCE && step.kind != SOTTO_STEP_ALL_GATHER) continue;
    const uint64_t rows = program.shape.counts[step.row_class];
    sent = std::max(sent, rows * program.width(step.in[0], 0));
    received = std::max(received, rows * program.width(step.out, 0));
  }
  if (received == 0) return;
  program.provide(program.sent, std::max<uint64_t>(sent, 1) * sizeof(float), "what ranks send", Place::kReadback);
  program.provide(program.received, received * sizeof(float), "what ranks receive", Place::kUpload);
}

}  // namespace

// Before anything is recorded: a buffer that grows is another buffer.
void provide_scratch(sotto_program& program) {
  if (program.group.meeting != nullptr) provide_meetings(program);
  uint64_t parts = 0, inner = 0, delta = 0;
  for (const Step& step : program.lowered.steps) {
    const uint64_t rows = program.shape.counts[step.row_class];
    for (uint32_t r = 0; r < program.group.local_ranks; ++r) {
      if (step.kind == SOTTO_STEP_ATTENTION && step.attends) parts = std::max(parts, parts_bytes(program, step, r));
      if (step.kind != SOTTO_STEP_LINEAR) continue;
      for (const sotto_adapter* adapter : program.adapters)
        for (const uint32_t weight : {step.args.linear.weight, step.args.linear.gate}) {
          const sotto_adapter::Pair* pair = weight == SOTTO_NONE ? nullptr : adapter->find(weight);
          if (pair == nullptr) continue;
          inner = std::max(inner, rows * pair->dims);
          delta = std::max(delta, rows * program.stride(step.out, r));
        }
    }
  }
  if (parts != 0) program.provide(program.parts, parts, "the parts of attention");
  if (inner == 0) return;
  program.provide(program.inner, inner * sizeof(float), "adapters' inner vectors");
  program.provide(program.delta, delta * sizeof(float), "what adapters add");
  program.provide(program.gate_delta, delta * sizeof(float), "what adapters add");
}

void record(sotto_program& program, const sotto_cache& cache, Recording& recording, double work_of_submit) {
  recording.reset();
  Recorder recorder(*program.device, recording, program.weights.vectors[0], work_of_submit);
  StepRecorder steps{program, cache, recorder};
  for (const Step& step : program.lowered.steps) steps.record(step);
  recorder.finish();
}

void StepRecorder::record(const Step& step) {
  // An attention fills the cache for all rows, whoever wants its own.
  if (count(step.row_class) == 0 && !step.fills_slot()) return;
  if (step.kind == SOTTO_STEP_NORM && normalises(step)) return;
  recorder.begin_step();
  const StepRow* row =
      std::find_if(std::begin(kSteps), std::end(kSteps), [&](const StepRow& r) { return r.kind == step.kind; });
  (this->*row->record)(step);
}

void StepRecorder::gather(const Buffer& from, const Buffer& to, const GatherPush& push, uint32_t rows) {
  Dispatch d(Shader::kGather, kRowLanes, {});
  d.bindings[0] = &to;
  d.bindings[1] = &from;
  d.bindings[6] = &program.batch;
  d.set_push(push);
  d.groups[0] = groups_of(push.width, kRowLanes);
  d.groups[1] = rows;
  d.work = static_cast<double>(push.width) * rows;
  recorder.dispatch(d);
}

void StepRecorder::record_input(const Step& step) {
  const uint32_t width = program.width(step.out, 0);
  const uint32_t list = step.row_class == 0 ? SOTTO_NONE : map_at(0, step.row_class);
  gather(program.inputs[step.args.input.input], program.buffer(step.out, 0),
         {width, width, program.stride(step.out, 0), 0, list}, count(step.row_class));
}

void StepRecorder::record_gather(const Step& step) {
  const uint32_t from = step.in[0];
  for (uint32_t r = 0; r < ranks_of(step.out); ++r)
    gather(program.buffer(from, r), program.buffer(step.out, r),
           {program.width(from, r), program.stride(from, r), program.stride(step.out, r), 0,
            map_at(program.lowered.values[from].row_class, step.row_class)},
           count(step.row_class));
}

void StepRecorder::record_output(const Step& step) {
  const uint32_t from = step.in[0], width = program.width(from, 0);
  const uint32_t from_class = program.lowered.values[from].row_class;
  gather(program.buffer(from, 0), program.outputs[step.args.output.output],
         {width, program.stride(from, 0), width, 0,
          from_class == step.row_class ? SOTTO_NONE : map_at(from_class, step.row_class)},
         count(step.row_class));
}

void StepRecorder::embed_piece(const Step& step, uint32_t rank, const Piece* piece, bool is_first) {
  const sotto_embed_args& a = step.args.embed;
  const Weight& table = program.weights.weights[a.table];
  const WeightPart& part = table.parts[rank];
  EmbedPush p{};
  p.rows = count(step.row_class);
  p.width = program.width(step.out, rank);
  p.y_stride = program.stride(step.out, rank);
  p.list_at = step.row_class == 0 ? SOTTO_NONE : map_at(0, step.row_class);
  p.scale = or_one(a.scale);
  p.writes_absent = is_first ? 1 : 0;
  uint32_t position_type = SOTTO_NONE;
  Dispatch d(Shader::kEmbed, kRowLanes, {});
  if (piece != nullptr) {
    p.skip = static_cast<uint32_t>(part.slice.skip_columns);
    p.row_bytes = static_cast<uint32_t>(part.row_bytes);
    p.first = static_cast<uint32_t>(part.slice.first_row);
    p.count = static_cast<uint32_t>(part.slice.rows);
    p.piece_first = static_cast<uint32_t>(piece->first);
    p.piece_count = static_cast<uint32_t>(piece->rows);
    d.bindings[3] = &piece->buffer;
  }
  if (a.positions != SOTTO_NONE && !program.weights.weights[a.positions].parts[rank].pieces.empty()) {
    const Weight& positions = program.weights.weights[a.positions];
    const WeightPart& own = positions.parts[rank];
    if (own.pieces.size() > 1)
      throw plugin::Failure(SOTTO_UNSUPPORTED, "vulkan: a table of positions of more bytes than a binding of the device holds");
    position_type = positions.type->type;
    p.position_skip = static_cast<uint32_t>(own.slice.skip_columns);
    p.position_row_bytes = static_cast<uint32_t>(own.row_bytes);
    p.position_first = static_cast<uint32_t>(own.slice.first_row);
    p.position_count = static_cast<uint32_t>(own.slice.rows);
    d.bindings[4] = &own.pieces[0].buffer;
  }
  d.key.constants[1] = table.type->type;
  d.key.constants[2] = position_type;
  d.bindings[0] = &program.buffer(step.out, rank);
  d.bindings[6] = &program.batch;
  d.set_push(p);
  d.groups[0] = groups_of(p.width, kRowLanes);
  d.groups[1] = p.rows;
  d.work = 8.0 * p.width * p.rows;
  recorder.dispatch(d);
}

void StepRecorder::record_embed(const Step& step) {
  for (uint32_t r = 0; r < ranks_of(step.out); ++r) {
    if (program.width(step.out, r) == 0) continue;
    const std::vector<Piece>& pieces = program.weights.weights[step.args.embed.table].parts[r].pieces;
    if (pieces.empty()) embed_piece(step, r, nullptr, true);
    for (const Piece& piece : pieces) embed_piece(step, r, &piece, &piece == &pieces.front());
  }
}

void StepRecorder::record_norm(const Step& step) {
  const sotto_norm_args& a = step.args.norm;
  for (uint32_t r = 0; r < ranks_of(step.out); ++r) {
    Dispatch d(Shader::kNorm, kRowLanes, {});
    d.bindings[0] = &program.buffer(step.out, r);
    d.bindings[1] = &program.buffer(step.in[0], r);
    d.bindings[5] = &program.weights.vectors[r];
    d.set_push(NormPush{program.width(step.out, r), program.stride(step.out, r), a.kind == SOTTO_NORM_LAYER ? 1u : 0u,
                        program.vector_at(a.weight, r), program.vector_at(a.bias, r), a.epsilon});
    d.groups[0] = count(step.row_class);
    d.work = 4.0 * program.width(step.out, r) * count(step.row_class);
    recorder.dispatch(d);
  }
}

void StepRecorder::record_element(const Step& step) {
  const bool multiplies = step.kind == SOTTO_STEP_MUL;
  for (uint32_t r = 0; r < ranks_of(step.out); ++r) {
    Dispatch d(Shader::kElement, kRowLanes, {multiplies ? 1u : 0u});
    d.bindings[0] = &program.buffer(step.out, r);
    d.bindings[1] = &program.buffer(step.in[0], r);
    d.bindings[2] = &program.buffer(step.in[1], r);
    d.bindings[5] = &program.weights.vectors[r];
    ElementPush p{program.width(step.out, r), program.stride(step.out, r), SOTTO_NONE, 0, 1.0f};
    if (multiplies) {
      p.activation = step.args.mul.activation;
    } else {
      p.bias_at = program.vector_at(step.args.add.bias, r);
      p.scale = or_one(step.args.add.scale);
    }
    d.set_push(p);
    d.groups[0] = groups_of(p.width, kRowLanes);
    d.groups[1] = count(step.row_class);
    d.work = 2.0 * p.width * count(step.row_class);
    recorder.dispatch(d);
  }
}

void StepRecorder::meet(const Step& step, bool sums) {
  const uint32_t rows = count(step.row_class), own = program.width(step.in[0], 0), whole = program.width(step.out, 0);
  gather(program.buffer(step.in[0], 0), program.sent, {own, program.stride(step.in[0], 0), own, 0, SOTTO_NONE}, rows);
  recorder.meet({sums, rows, own});
  recorder.begin_step();
  gather(program.received, program.buffer(step.out, 0), {whole, whole, program.stride(step.out, 0), 0, SOTTO_NONE}, rows);
}

// In rank order: the sum of the first two, then each further one added to it.
void StepRecorder::record_all_reduce(const Step& step) {
  if (program.group.meeting != nullptr) return meet(step, true);
  const uint32_t width = program.width(step.out, 0), stride = program.stride(step.out, 0);
  const Buffer& sum = program.buffer(step.out, 0);
  if (program.group.local_ranks == 1)
    return gather(program.buffer(step.in[0], 0), sum, {width, stride, stride, 0, SOTTO_NONE}, count(step.row_class));
  for (uint32_t r = 1; r < program.group.local_ranks; ++r) {
    recorder.begin_step();
    Dispatch d(Shader::kElement, kRowLanes, {0u});
    d.bindings[0] = &sum;
    d.bindings[1] = r == 1 ? &program.buffer(step.in[0], 0) : &sum;
    d.bindings[2] = &program.buffer(step.in[0], r);
    d.set_push(ElementPush{width, stride, SOTTO_NONE, 0, 1.0f});
    d.groups[0] = groups_of(width, kRowLanes);
    d.groups[1] = count(step.row_class);
    d.work = 2.0 * width * count(step.row_class);
    recorder.dispatch(d);
  }
}

void StepRecorder::record_all_gather(const Step& step) {
  if (program.group.meeting != nullptr) return meet(step, false);
  uint32_t column = 0;
  for (uint32_t r = 0; r < program.group.local_ranks; ++r) {
    const uint32_t width = program.width(step.in[0], r);
    gather(program.buffer(step.in[0], r), program.buffer(step.out, 0),
           {width, program.stride(step.in[0], r), program.stride(step.out, 0), column, SOTTO_NONE}, count(step.row_class));
    column += width;
  }
}

}  // namespace sotto::vulkan

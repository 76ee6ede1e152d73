#include "lower.h"

#include <algorithm>

#include "common/plan_read.h"

namespace sotto::reference {
namespace {

Step read_step(const sotto_step& from) {
  Step to;
  to.kind = from.kind;
  to.out = from.out;
  std::copy_n(from.in, 3, to.in);
  to.args = backend::read_step_args(from);
  return to;
}

void read_plan(const sotto_plan& plan, const sotto_group& group, Lowered& out) {
  out.vocabulary = plan.vocabulary;
  out.max_positions = plan.max_positions;
  out.values.resize(plan.value_count);
  for (uint32_t v = 0; v < plan.value_count; ++v)
    for (uint32_t r = 0; r < plan.world; ++r) out.values[v].widths.push_back(backend::width_of(plan, v, r));
  out.slots = backend::read_slots(plan, group.first_rank, group.local_ranks);
  out.output_widths.resize(plan.output_count);
  for (uint32_t i = 0; i < plan.step_count; ++i) {
    const Step& step = out.steps.emplace_back(read_step(backend::step_of(plan, i)));
    if (step.kind == SOTTO_STEP_EMBED) out.embeds = true;
    if (step.kind == SOTTO_STEP_OUTPUT) out.output_widths[step.args.output.output] = out.values[step.in[0]].widths[0];
    if (step.kind != SOTTO_STEP_INPUT) continue;
    if (out.input_widths.size() <= step.args.input.input) out.input_widths.resize(step.args.input.input + 1);
    out.input_widths[step.args.input.input] = out.values[step.out].widths[0];
  }
}

// Backwards: a value is wanted for the rows for which what is made from it is.
void find_wanted_rows(Lowered& out) {
  for (auto step = out.steps.rbegin(); step != out.steps.rend(); ++step) {
    for (int i = 0; i < 3; ++i) {
      if (step->in[i] == SOTTO_NONE) continue;
      Value& in = out.values[step->in[i]];
      if (step->kind == SOTTO_STEP_OUTPUT) {
        in.outputs |= 1u << step->args.output.output;
        continue;
      }
      in.outputs |= out.values[step->out].outputs;
      in.every_row = in.every_row || out.values[step->out].every_row || (i > 0 && step->fills_slot());
    }
  }
}

// A value keeps its buffer until its last reader has run; then the buffer serves a later value that fits.
class BufferPlan {
 public:
  explicit BufferPlan(Lowered& out) : out_(out) {}

  void make(uint32_t first_rank, uint32_t local_ranks) {
    std::vector<size_t> last_use(out_.values.size());
    for (size_t i = 0; i < out_.steps.size(); ++i) {
      if (out_.steps[i].out != SOTTO_NONE) last_use[out_.steps[i].out] = i;
      for (const uint32_t value : out_.steps[i].in)
        if (value != SOTTO_NONE) last_use[value] = i;
    }
    std::vector<std::vector<uint32_t>> ends(out_.steps.size());
    for (uint32_t i = 0; i < out_.steps.size(); ++i) {
      const uint32_t made = out_.steps[i].out;
      if (made != SOTTO_NONE) {
        Value& value = out_.values[made];
        for (uint32_t r = 0; r < local_ranks; ++r) value.buffers.push_back(take(value.widths[first_rank + r]));
        ends[last_use[made]].push_back(made);
      }
      for (const uint32_t value : ends[i])
        for (const uint32_t buffer : out_.values[value].buffers) free_.push_back(buffer);
    }
  }

 private:
  uint32_t take(uint64_t numbers) {
    const auto fits = std::find_if(free_.begin(), free_.end(), [&](uint32_t b) { return out_.buffers[b] == numbers; });
    if (fits == free_.end()) {
      out_.buffers.push_back(numbers);
      return static_cast<uint32_t>(out_.buffers.size() - 1);
    }
    const uint32_t buffer = *fits;
    free_.erase(fits);
    return buffer;
  }

  Lowered& out_;
  std::vector<uint32_t> free_;
};

}  // namespace

uint64_t Lowered::workspace_bytes(uint32_t max_batch) const {
  uint64_t numbers = 0;
  for (const uint64_t n : buffers) numbers += n;
  for (const uint32_t n : output_widths) numbers += n;
  return numbers * max_batch * sizeof(float);
}

uint64_t Lowered::token_numbers(uint32_t local_rank) const {
  uint64_t numbers = 0;
  for (const backend::Slot& s : slots) numbers += uint64_t{2} * s.ranks[local_rank].kv_heads * s.head_dim;
  return numbers;
}

Lowered lower(const sotto_plan& plan, const sotto_group& group) {
  Lowered out;
  read_plan(plan, group, out);
  find_wanted_rows(out);
  BufferPlan(out).make(group.first_rank, group.local_ranks);
  return out;
}

}  // namespace sotto::reference

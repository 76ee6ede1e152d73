#include "plan_copy.h"

#include <algorithm>

namespace external {
namespace {

Weight copy_weight(const sotto_weight& from, uint32_t ranks) {
  Weight to;
  to.type = find_weight_type(from.type);
  to.rows = from.rows;
  to.columns = from.columns;
  to.uses = from.uses;
  if (from.name.data != nullptr) to.name.assign(from.name.data, from.name.size);
  to.slices.assign(from.slices, from.slices + ranks);
  return to;
}

Slot copy_slot(const sotto_slot& from, uint32_t ranks) {
  const sotto_rank_heads& last = from.ranks[ranks - 1];
  return {from.kv_heads, from.head_dim, last.first_head + last.heads, {from.ranks, from.ranks + ranks}};
}

Step copy_step(const sotto_step& from) {
  Step to;
  to.kind = from.kind;
  to.out = from.out;
  std::copy_n(from.in, 3, to.in);
  // The args' struct_size may be larger than the struct we know: what lies behind is zero, as the check has seen.
  if (from.args != nullptr)
    std::memcpy(to.args_bytes, from.args, std::min<size_t>(*static_cast<const uint32_t*>(from.args), sizeof to.args_bytes));
  return to;
}

void note_widths(const Step& step, const sotto_plan& from, Plan& plan) {
  if (step.kind == SOTTO_STEP_EMBED) plan.vocabulary = from.vocabulary;
  if (step.kind == SOTTO_STEP_OUTPUT)
    plan.output_widths[step.args<sotto_output_args>().output] = plan.values[step.in[0]].widths[0];
  if (step.kind == SOTTO_STEP_INPUT) {
    const uint32_t input = step.args<sotto_input_args>().input;
    plan.input_widths.resize(std::max<size_t>(plan.input_widths.size(), input + 1));
    plan.input_widths[input] = plan.values[step.out].widths[0];
  }
  if (step.kind == SOTTO_STEP_LINEAR && step.args<sotto_linear_args>().gate != SOTTO_NONE)
    for (const uint32_t width : plan.values[step.out].widths) plan.gate_width = std::max(plan.gate_width, width);
}

// From the end: a value is computed for the rows for which something made from it is. During prefill this spares the product
// with the vocabulary for all rows but the last.
void find_wanted_rows(Plan& plan) {
  for (size_t i = plan.steps.size(); i-- > 0;) {
    const Step& step = plan.steps[i];
    for (uint32_t k = 0; k < 3; ++k) {
      if (step.in[k] == SOTTO_NONE) continue;
      Value& in = plan.values[step.in[k]];
      if (step.kind == SOTTO_STEP_OUTPUT) {
        in.outputs |= 1u << step.args<sotto_output_args>().output;
        continue;
      }
      const Value& out = plan.values[step.out];
      const bool goes_to_cache = step.kind == SOTTO_STEP_ATTENTION && k > 0;
      in.outputs |= out.outputs;
      in.every_row = in.every_row || out.every_row || goes_to_cache;
    }
  }
}

// A buffer is free again after the last step that reads its value, for the next value of the same width.
void place_values(Plan& plan) {
  std::vector<size_t> last_use(plan.values.size());
  for (size_t i = 0; i < plan.steps.size(); ++i)
    for (const uint32_t value : {plan.steps[i].out, plan.steps[i].in[0], plan.steps[i].in[1], plan.steps[i].in[2]})
      if (value != SOTTO_NONE) last_use[value] = i;
  std::vector<uint32_t> free;
  std::vector<std::vector<uint32_t>> ends(plan.steps.size());  // values by the step that uses them last
  for (size_t i = 0; i < plan.steps.size(); ++i) {
    if (const uint32_t made = plan.steps[i].out; made != SOTTO_NONE) {
      for (const uint32_t width : plan.values[made].widths) {
        const auto fits = std::find_if(free.begin(), free.end(), [&](uint32_t b) { return plan.buffers[b] == width; });
        plan.values[made].buffers.push_back(fits == free.end() ? static_cast<uint32_t>(plan.buffers.size()) : *fits);
        if (fits == free.end()) plan.buffers.push_back(width);
        if (fits != free.end()) free.erase(fits);
      }
      ends[last_use[made]].push_back(made);
    }
    for (const uint32_t value : ends[i])
      free.insert(free.end(), plan.values[value].buffers.begin(), plan.values[value].buffers.end());
  }
}

}  // namespace

Plan copy_plan(const sotto_plan& from) {
  Plan plan;
  plan.ranks = from.world;
  plan.max_positions = from.max_positions;
  plan.output_widths.resize(from.output_count);
  plan.values.resize(from.value_count);
  for (uint32_t v = 0; v < from.value_count; ++v)
    plan.values[v].widths.assign(from.widths + size_t{v} * from.world, from.widths + size_t{v + 1} * from.world);
  for (uint32_t w = 0; w < from.weight_count; ++w)
    plan.weights.push_back(copy_weight(entry(from.weights, from.weight_stride, w), from.world));
  for (uint32_t s = 0; s < from.slot_count; ++s)
    plan.slots.push_back(copy_slot(entry(from.slots, from.slot_stride, s), from.world));
  for (uint32_t i = 0; i < from.step_count; ++i) {
    plan.steps.push_back(copy_step(entry(from.steps, from.step_stride, i)));
    note_widths(plan.steps.back(), from, plan);
  }
  find_wanted_rows(plan);
  place_values(plan);
  return plan;
}

}  // namespace external

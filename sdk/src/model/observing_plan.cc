#include "model/observing_plan.h"

#include <algorithm>
#include <cstring>

#include "base/sha256.h"

namespace sotto {

std::vector<LinearInput> linear_inputs(const sotto_plan& plan) {
  std::vector<LinearInput> inputs;
  std::vector<uint32_t> by_value(plan.value_count, SOTTO_NONE);
  for (uint32_t i = 0; i < plan.step_count; ++i) {
    const sotto_step& step = plan.steps[i];
    if (step.kind != SOTTO_STEP_LINEAR) continue;
    const uint32_t value = step.in[0];
    if (by_value[value] == SOTTO_NONE) {
      by_value[value] = static_cast<uint32_t>(inputs.size());
      inputs.push_back({value, plan.widths[value], i, {}});
    }
    std::vector<std::string_view>& tensors = inputs[by_value[value]].tensors;
    const auto& args = *static_cast<const sotto_linear_args*>(step.args);
    for (const uint32_t weight : {args.weight, args.gate}) {
      if (weight == SOTTO_NONE) continue;
      const sotto_str& name = plan.weights[weight].name;
      const std::string_view tensor(name.data, static_cast<size_t>(name.size));
      if (std::find(tensors.begin(), tensors.end(), tensor) == tensors.end()) tensors.push_back(tensor);
    }
  }
  return inputs;
}

ObservingPlan::ObservingPlan(const sotto_plan& plan, Span<const LinearInput> inputs) : plan_(plan) {
  plan_.value_count = plan_.slot_count = 0;
  outputs_.reserve(inputs.size());  // the steps point into it
  for (uint32_t i = 0; outputs_.size() < inputs.size(); ++i) {
    const LinearInput& next = inputs[outputs_.size()];
    if (i == next.first_reader) {
      outputs_.push_back({sizeof(sotto_output_args), static_cast<uint32_t>(outputs_.size())});
      add({sizeof(sotto_step), SOTTO_STEP_OUTPUT, SOTTO_NONE, {next.value, SOTTO_NONE, SOTTO_NONE}, &outputs_.back()});
    }
    if (outputs_.size() < inputs.size() && plan.steps[i].kind != SOTTO_STEP_OUTPUT) add(plan.steps[i]);
  }
  plan_.slot_count = std::min(std::max(plan_.slot_count, 1u), plan.slot_count);  // a cache without slots is a rare thing
  plan_.output_count = static_cast<uint32_t>(outputs_.size());
  plan_.step_count = static_cast<uint32_t>(steps_.size());
  plan_.step_stride = sizeof(sotto_step);
  plan_.steps = steps_.data();
  hash(plan, inputs);
}

void ObservingPlan::add(const sotto_step& step) {
  if (step.out != SOTTO_NONE) plan_.value_count = std::max(plan_.value_count, step.out + 1);
  if (step.kind == SOTTO_STEP_ATTENTION)
    plan_.slot_count = std::max(plan_.slot_count, static_cast<const sotto_attention_args*>(step.args)->slot + 1);
  steps_.push_back(step);
}

// The whole plan and the inputs say all there is.
void ObservingPlan::hash(const sotto_plan& whole, Span<const LinearInput> inputs) {
  Sha256 h;
  h.add(whole.hash, sizeof whole.hash);
  for (const LinearInput& input : inputs) h.add_number(input.value);
  const auto digest = h.digest();
  std::memcpy(plan_.hash, digest.data(), digest.size());
}

}  // namespace sotto

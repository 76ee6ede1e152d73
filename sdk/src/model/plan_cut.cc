#include "model/plan_cut.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/sha256.h"

namespace sotto {
namespace {

template <class Args>
const Args& args_of(const sotto_step& step) {
  return *static_cast<const Args*>(step.args);
}

bool fills_slot(const sotto_step& step) {
  return step.kind == SOTTO_STEP_ATTENTION && (args_of<sotto_attention_args>(step).flags & SOTTO_ATTENTION_READ_ONLY) == 0;
}

// use(weight, SOTTO_USE_*) for each weight that a step names.
template <class Use>
void each_weight(const sotto_step& step, Use&& use) {
  const auto all = [&](std::initializer_list<uint32_t> weights, uint32_t how) {
    for (const uint32_t w : weights)
      if (w != SOTTO_NONE) use(w, how);
  };
  switch (step.kind) {
    case SOTTO_STEP_EMBED: {
      const auto& a = args_of<sotto_embed_args>(step);
      return all({a.table, a.positions}, SOTTO_USE_TABLE);
    }
    case SOTTO_STEP_NORM: {
      const auto& a = args_of<sotto_norm_args>(step);
      return all({a.weight, a.bias}, SOTTO_USE_VECTOR);
    }
    case SOTTO_STEP_LINEAR: {
      const auto& a = args_of<sotto_linear_args>(step);
      all({a.weight, a.gate}, SOTTO_USE_LINEAR);
      return all({a.bias, a.gate_bias}, SOTTO_USE_VECTOR);
    }
    case SOTTO_STEP_ATTENTION: {
      const auto& a = args_of<sotto_attention_args>(step);
      return all({a.sink, a.q_norm, a.q_norm_bias, a.k_norm, a.k_norm_bias, a.inv_freq}, SOTTO_USE_VECTOR);
    }
    case SOTTO_STEP_ADD:
      return all({args_of<sotto_add_args>(step).bias}, SOTTO_USE_VECTOR);
    default:
      return;
  }
}

// The step before which the plan is cut, and the value that crosses; the last place behind the layer where it is one.
struct Place {
  uint32_t step = SOTTO_NONE;
  uint32_t value = SOTTO_NONE;
};

Place find_place(const sotto_plan& plan, uint32_t layers) {
  std::vector<uint32_t> last_use(plan.value_count, 0);
  for (uint32_t i = 0; i < plan.step_count; ++i)
    for (const uint32_t v : plan.steps[i].in)
      if (v != SOTTO_NONE) last_use[v] = i;
  Place found;
  uint32_t filled = 0;
  std::vector<uint32_t> live;
  for (uint32_t i = 0; i < plan.step_count; ++i) {
    const sotto_step& step = plan.steps[i];
    if (filled == layers && live.size() == 1) found = {i, live[0]};
    if (step.kind == SOTTO_STEP_OUTPUT || (filled == layers && fills_slot(step))) break;
    filled += fills_slot(step) ? 1 : 0;
    if (step.out != SOTTO_NONE) live.push_back(step.out);
    live.erase(std::remove_if(live.begin(), live.end(), [&](uint32_t v) { return last_use[v] <= i; }), live.end());
  }
  return found;
}

uint32_t slots_before(const sotto_plan& plan, uint32_t step) {
  uint32_t slots = 0;
  for (uint32_t i = 0; i < step; ++i)
    if (plan.steps[i].kind == SOTTO_STEP_ATTENTION)
      slots = std::max(slots, args_of<sotto_attention_args>(plan.steps[i]).slot + 1);
  return slots;
}

}  // namespace

uint32_t layers_of(const sotto_plan& plan) {
  return static_cast<uint32_t>(std::count_if(plan.steps, plan.steps + plan.step_count, fills_slot));
}

Result<std::unique_ptr<PlanCut>> PlanCut::make(const sotto_plan& plan, uint32_t layers) {
  const Place place = layers == 0 ? Place() : find_place(plan, layers);
  if (place.step == SOTTO_NONE)
    return Status(SOTTO_UNSUPPORTED,
                  fmt::format("this model cannot be cut behind {} of its {} layers: more than one value crosses "
                              "there, or an output lies before it",
                              layers, layers_of(plan)));
  const uint32_t slots = slots_before(plan, place.step);
  for (uint32_t i = place.step; i < plan.step_count; ++i)
    if (plan.steps[i].kind == SOTTO_STEP_ATTENTION && args_of<sotto_attention_args>(plan.steps[i]).slot < slots)
      return Status(
          SOTTO_UNSUPPORTED,
          fmt::format("this model cannot be cut behind layer {}: a later one reads the cache of an earlier one", layers));
  return std::unique_ptr<PlanCut>(new PlanCut(plan, place.step, place.value));
}

PlanCut::PlanCut(const sotto_plan& plan, uint32_t step, uint32_t value) : nothing_(plan.world) {
  const uint32_t slots = slots_before(plan, step);
  width_ = plan.widths[size_t{value} * plan.world];
  handed_out_ = {sizeof handed_out_, 0};
  handed_in_ = {sizeof handed_in_, 0};
  for (uint32_t i = 0; i < plan.step_count; ++i)
    if (plan.steps[i].kind == SOTTO_STEP_INPUT)
      handed_in_.input = std::max(handed_in_.input, args_of<sotto_input_args>(plan.steps[i]).input + 1);
  for (uint32_t i = 0; i < step; ++i) add(parts_[0], plan.steps[i], 0);
  add(parts_[0], {sizeof(sotto_step), SOTTO_STEP_OUTPUT, SOTTO_NONE, {value, SOTTO_NONE, SOTTO_NONE}, &handed_out_}, 0);
  add(parts_[1], {sizeof(sotto_step), SOTTO_STEP_INPUT, value, {SOTTO_NONE, SOTTO_NONE, SOTTO_NONE}, &handed_in_}, slots);
  for (uint32_t i = step; i < plan.step_count; ++i) add(parts_[1], plan.steps[i], slots);
  parts_[0].slots.assign(plan.slots, plan.slots + slots);
  parts_[1].slots.assign(plan.slots + slots, plan.slots + plan.slot_count);
  finish(plan, parts_[0], 1);
  finish(plan, parts_[1], 2);
  parts_[0].plan.output_count = 1;
}

void PlanCut::add(Part& part, sotto_step step, uint32_t first_slot) {
  if (step.kind == SOTTO_STEP_ATTENTION) {
    attention_.push_back(args_of<sotto_attention_args>(step));
    attention_.back().slot -= first_slot;
    step.args = &attention_.back();
  }
  part.steps.push_back(step);
}

void PlanCut::finish(const sotto_plan& whole, Part& part, uint8_t name) {
  part.weights.assign(whole.weights, whole.weights + whole.weight_count);
  std::vector<uint32_t> uses(whole.weight_count, 0);
  for (const sotto_step& step : part.steps) each_weight(step, [&](uint32_t w, uint32_t use) { uses[w] |= use; });
  for (uint32_t i = 0; i < whole.weight_count; ++i) {
    part.weights[i].uses = uses[i];
    if (uses[i] == 0) part.weights[i].slices = nothing_.data();
  }
  part.plan = whole;
  part.plan.weights = part.weights.data();
  part.plan.steps = part.steps.data();
  part.plan.slots = part.slots.data();
  part.plan.step_count = static_cast<uint32_t>(part.steps.size());
  part.plan.slot_count = static_cast<uint32_t>(part.slots.size());
  Sha256 h;
  h.add(whole.hash, sizeof whole.hash);
  h.add_number(part.plan.step_count);
  h.add_number(name);
  const auto digest = h.digest();
  std::memcpy(part.plan.hash, digest.data(), digest.size());
}

}  // namespace sotto

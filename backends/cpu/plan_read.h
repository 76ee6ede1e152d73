// plan_read.h - reading a plan by its strides and struct sizes. REQUIRES: the plan passed the common check.
#pragma once

#include <cstring>

#include "sotto/plan.h"

namespace sotto::cpu {

inline const sotto_weight& weight_of(const sotto_plan& plan, uint32_t index) {
  return *reinterpret_cast<const sotto_weight*>(reinterpret_cast<const char*>(plan.weights) +
                                                size_t{index} * plan.weight_stride);
}
inline const sotto_step& step_of(const sotto_plan& plan, uint32_t index) {
  return *reinterpret_cast<const sotto_step*>(reinterpret_cast<const char*>(plan.steps) + size_t{index} * plan.step_stride);
}
inline const sotto_slot& slot_of(const sotto_plan& plan, uint32_t index) {
  return *reinterpret_cast<const sotto_slot*>(reinterpret_cast<const char*>(plan.slots) + size_t{index} * plan.slot_stride);
}
inline uint32_t width_of(const sotto_plan& plan, uint32_t value, uint32_t rank) {
  return plan.widths[size_t{value} * plan.world + rank];
}

// The arguments as this library knows them: fields the plan's maker did not know are zero.
template <class Args>
Args args_of(const sotto_step& step) {
  Args args = {};
  if (step.args == nullptr) return args;
  const uint32_t given = static_cast<const Args*>(step.args)->struct_size;
  std::memcpy(&args, step.args, given < sizeof args ? given : sizeof args);
  return args;
}

}  // namespace sotto::cpu

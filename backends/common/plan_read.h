// plan_read.h - reads a plan by its strides and struct sizes. REQUIRES: indices in range; check_plan has passed.
#pragma once

#include <algorithm>
#include <cstring>

#include "sotto/plan.h"

namespace sotto::backend {

template <class T>
const T& at_stride(const T* first, uint32_t stride, uint32_t index) {
  return *reinterpret_cast<const T*>(reinterpret_cast<const char*>(first) + size_t{index} * stride);
}
inline const sotto_weight& weight_of(const sotto_plan& p, uint32_t index) {
  return at_stride(p.weights, p.weight_stride, index);
}
inline const sotto_step& step_of(const sotto_plan& p, uint32_t index) { return at_stride(p.steps, p.step_stride, index); }
inline const sotto_slot& slot_of(const sotto_plan& p, uint32_t index) { return at_stride(p.slots, p.slot_stride, index); }
inline uint32_t width_of(const sotto_plan& p, uint32_t value, uint32_t rank) {
  return p.widths[size_t{value} * p.world + rank];
}

// Of an element of an array without a struct_size of its own: whether all that its stride holds behind `known` bytes is zero.
inline bool is_zero_behind(const void* element, size_t known, size_t stride) {
  const auto* bytes = static_cast<const char*>(element);
  return std::all_of(bytes + std::min(known, stride), bytes + stride, [](char byte) { return byte == 0; });
}

// What this library knows of a struct; fields that its maker did not know are zero.
template <class T>
T known_part(const void* from) {
  T copy{};
  if (from != nullptr) std::memcpy(&copy, from, std::min<size_t>(*static_cast<const uint32_t*>(from), sizeof copy));
  return copy;
}
template <class Args>
Args args_of(const sotto_step& step) {
  return known_part<Args>(step.args);
}

}  // namespace sotto::backend

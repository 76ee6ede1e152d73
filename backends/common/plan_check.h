// plan_check.h - whether a plan means something, for every backend: a plan that passes can be run without looking back.
//
// Checked: sizes and strides of all structs and that nothing is set behind the fields known here; every number of plan.h in its
// range; single assignment; widths of values against the slices of weights, rank by rank; heads against slots. Not checked:
// what only one backend knows (memory, devices, its own limits), whether bytes were uploaded, and the group's world.
#pragma once

#include "sotto/plan.h"

namespace sotto::backend {

// SOTTO_INVALID_ARGUMENT for what contradicts itself, SOTTO_UNSUPPORTED for kinds, flags, types and fields unknown here.
// Throws std::bad_alloc only.
sotto_status check_plan(const sotto_plan* plan, sotto_error* err);

// Whether a struct is at least `known` bytes and carries zeros behind them. `what` names it in the sentence.
sotto_status check_struct(const void* from, size_t known, const char* what, sotto_error* err);

// Limits that keep products of sizes far from overflow. Larger than any model, smaller than what could do harm.
constexpr uint32_t kMostRanks = 1024;
constexpr uint32_t kMostEntries = 1u << 20;  // values, weights, steps, slots
constexpr uint32_t kMostInputs = 1024;
constexpr uint32_t kMostOutputs = 32;
constexpr uint32_t kMostWidth = 1u << 28;
constexpr uint32_t kMostHeadDim = 1u << 16;
constexpr uint64_t kMostRows = uint64_t{1} << 32;

}  // namespace sotto::backend

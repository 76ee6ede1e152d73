// step_read.h - a step's arguments as this library knows them. REQUIRES: check_plan has passed.
#pragma once

#include <algorithm>
#include <cstring>

#include "sotto/plan.h"

namespace sotto::backend {

union StepArgs {
  sotto_input_args input;
  sotto_embed_args embed;
  sotto_norm_args norm;
  sotto_linear_args linear;
  sotto_attention_args attention;
  sotto_add_args add;
  sotto_mul_args mul;
  sotto_output_args output;
};

// Fields that the plan's maker did not know are zero; a kind without arguments has none.
inline StepArgs read_step_args(const sotto_step& from) {
  constexpr struct {
    uint32_t kind;
    size_t bytes;
  } kKnown[] = {
      {SOTTO_STEP_INPUT, sizeof(sotto_input_args)},
      {SOTTO_STEP_EMBED, sizeof(sotto_embed_args)},
      {SOTTO_STEP_NORM, sizeof(sotto_norm_args)},
      {SOTTO_STEP_LINEAR, sizeof(sotto_linear_args)},
      {SOTTO_STEP_ATTENTION, sizeof(sotto_attention_args)},
      {SOTTO_STEP_ADD, sizeof(sotto_add_args)},
      {SOTTO_STEP_MUL, sizeof(sotto_mul_args)},
      {SOTTO_STEP_OUTPUT, sizeof(sotto_output_args)},
  };
  StepArgs args;
  std::memset(&args, 0, sizeof args);
  for (const auto& known : kKnown)
    if (known.kind == from.kind && from.args != nullptr)
      std::memcpy(&args, from.args, std::min<size_t>(*static_cast<const uint32_t*>(from.args), known.bytes));
  return args;
}

}  // namespace sotto::backend

// program_check.h - what check and compile refuse alike, whatever the backend: plans for another group, sizes of batches,
// weights that are not there.
#pragma once

#include "common/step_read.h"

namespace sotto::backend {

struct ProgramLimits {
  const char* backend;  // begins the sentences
  uint32_t world;       // of the group
  uint32_t most_rows;   // of a batch
};

// check_plan, and whether the plan and its batches are for this group.
sotto_status check_program(const ProgramLimits& limits, const sotto_plan* plan, uint32_t max_batch, sotto_error* err);
// Whether all weights that a step names are among those uploaded.
sotto_status check_step_weights(const char* backend, uint32_t kind, const StepArgs& args, size_t uploaded, sotto_error* err);

}  // namespace sotto::backend

// step_check.h - the second half of check_plan: the steps, one function per kind.
#pragma once

#include "sotto/plan.h"

namespace sotto::backend {

// REQUIRES: sizes, weights and slots of the plan have been checked.
sotto_status check_steps(const sotto_plan& plan, sotto_error* err);

}  // namespace sotto::backend

// error.h - how functions of the CPU backend fail: a status, and one sentence in the caller's sotto_error.
#pragma once

#include "sotto/base.h"

namespace sotto::cpu {

// Writes the sentence (err may be NULL) and returns the status, for `return fail(...)`.
__attribute__((format(printf, 3, 4))) sotto_status fail(sotto_error* err, sotto_status status, const char* format, ...);

}  // namespace sotto::cpu

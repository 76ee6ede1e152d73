// report.h - how backends fail: a status and one sentence in the caller's sotto_error.
#pragma once

#include "sotto/base.h"

namespace sotto::backend {

// Writes the sentence as far as err reaches (it may be NULL), never with part of a character; returns the status, for
// `return fail(err, SOTTO_UNSUPPORTED, "...", ...)`.
__attribute__((format(printf, 3, 4))) sotto_status fail(sotto_error* err, sotto_status status, const char* format, ...);

}  // namespace sotto::backend

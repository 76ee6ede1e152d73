// backend_check.h: is a table that a plugin offers as "sotto.backend/1" complete?
#pragma once

#include "base/status.h"
#include "sotto/backend.h"

namespace sotto {

// The sentence names the first function that is missing.
Status check_backend(const sotto_backend& table);

}  // namespace sotto

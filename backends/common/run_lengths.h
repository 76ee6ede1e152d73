// run_lengths.h - what a run tells of the cache, whatever came of it.
#pragma once

#include "common/cells.h"
#include "sotto/backend.h"

namespace sotto::backend {

// `result` may be null.
inline void deliver_lengths(const Cells& cells, const sotto_run_result* result) {
  if (result == nullptr || result->lengths == nullptr) return;
  for (uint32_t s = 0; s < result->sequence_count; ++s) result->lengths[s] = cells.length(s);
}

// Delivers them at the end, whatever happens in between, an exception included.
struct LengthsLater {
  const Cells& cells;
  const sotto_run_result* result;
  ~LengthsLater() { deliver_lengths(cells, result); }
};

}  // namespace sotto::backend

// adapter_check.h - whether the pairs of an adapter (LoRA) fit the weights that they add to.
#pragma once

#include "common/stored_weight.h"
#include "sotto/backend.h"

namespace sotto::backend {

struct PairLimits {
  const char* backend;  // begins the sentences
  size_t weights;
  uint32_t most_dims;
};

// The array as a whole.
sotto_status check_pairs(const char* backend, const sotto_adapter_pair* pairs, uint32_t count, uint32_t stride,
                         sotto_error* err);
// A pair's own numbers: it names one of the weights.
sotto_status check_pair(const PairLimits& limits, const sotto_adapter_pair& pair, uint32_t index, sotto_error* err);

// Whether a LINEAR multiplies by the weight, and every local rank that has something of it gets numbers. `place`: of the first
// of these ranks in the pair's arrays.
template <class Part>
sotto_status check_pair_weight(const char* backend, const StoredWeight<Part>& w, const sotto_adapter_pair& pair, uint32_t index,
                               uint32_t place, sotto_error* err) {
  if ((w.uses & SOTTO_USE_LINEAR) == 0)
    return fail(err, SOTTO_INVALID_ARGUMENT, "%s: adapter pair %u: no LINEAR uses '%s'", backend, index, w.name.c_str());
  for (size_t r = 0; r < w.parts.size(); ++r)
    if (!is_empty(w.parts[r].slice) &&
        (pair.a == nullptr || pair.b == nullptr || pair.a[place + r] == nullptr || pair.b[place + r] == nullptr))
      return fail(err, SOTTO_INVALID_ARGUMENT, "%s: adapter pair %u: no numbers for local rank %zu", backend, index, r);
  return SOTTO_OK;
}

}  // namespace sotto::backend

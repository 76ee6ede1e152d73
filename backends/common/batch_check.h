// batch_check.h - whether a batch and its rows fit a program and its cache, and calls of the cache its sequences.
#pragma once

#include <vector>

#include "sotto/backend.h"

namespace sotto::backend {

struct BatchLimits {
  const char* backend;  // begins the sentences
  uint32_t max_batch;
  const std::vector<uint32_t>& input_widths;  // by batch input; 0: not used
  size_t outputs;
  size_t sequences;  // of the cache
  bool embeds;
  uint32_t vocabulary;
  uint32_t max_positions;
};

// Whether there are rows, as many and as far apart as can be, and all inputs.
sotto_status check_batch(const BatchLimits& limits, const sotto_batch& batch, sotto_error* err);
sotto_status check_inputs(const char* backend, const std::vector<uint32_t>& widths, const sotto_batch& batch, sotto_error* err);
// One row, but for what lies behind it, its adapter, and whether its position is the sequence's next.
sotto_status check_row(const BatchLimits& limits, const sotto_batch_row& row, uint32_t index, sotto_error* err);

// What a call asks of a sequence, and what the cache has.
struct AskedTokens {
  uint32_t sequence;
  uint64_t tokens;
  size_t sequences;
  uint32_t length;  // of the sequence, if there is one
};
// A sequence of the cache that has at least so many tokens.
sotto_status check_tokens(const char* backend, const AskedTokens& asked, sotto_error* err);

}  // namespace sotto::backend

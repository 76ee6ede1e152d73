// batch_check.h - whether a batch and its rows fit a program and its cache.
#pragma once

#include <vector>

#include "common/cells.h"
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
// One row, but for what lies behind it and its adapter.
sotto_status check_row(const BatchLimits& limits, const sotto_batch_row& row, uint32_t index, sotto_error* err);

// Whether its position is the next one of its sequence. REQUIRES: there is that sequence.
sotto_status check_next(const char* backend, const Cells& cells, const sotto_batch_row& row, uint32_t index, sotto_error* err);

}  // namespace sotto::backend

// cache.h - K and V of many sequences, in cells of one token each. A cell holds the rows of every slot and local rank, is
// written once and may then belong to several sequences: a copy shares cells, the last owner frees them.
#pragma once

#include <memory>
#include <vector>

#include "common/cells.h"
#include "lower.h"

struct sotto_cache {
  // Throws std::bad_alloc.
  sotto_cache(sotto_group& g, const sotto::reference::Lowered& lowered, const sotto_cache_options& options);

  // Rows [kv heads of the rank, head_dim] of one token.
  float* k(uint32_t slot, uint32_t local_rank, uint32_t sequence, uint32_t position);
  float* v(uint32_t slot, uint32_t local_rank, uint32_t sequence, uint32_t position);

  sotto_group& group;
  const std::vector<sotto::backend::Slot> slots;
  sotto::backend::Cells cells;

 private:
  std::vector<uint64_t> offsets_;  // [slot * local_ranks + rank]: of K within a cell; V follows
  uint64_t cell_numbers_ = 0;
  std::unique_ptr<float[]> numbers_;
};

namespace sotto::reference {

sotto_status check_cache_options(const sotto_cache_options& options, sotto_error* err);
sotto_status create_cache(const sotto_program& program, const sotto_cache_options& options, sotto_cache** out,
                          sotto_error* err);

// The neutral layout of backend.h. REQUIRES: the tokens are within the sequence.
sotto_status export_sequence(sotto_cache& cache, uint32_t sequence, uint32_t first, uint32_t count, void* bytes, uint64_t* size,
                             sotto_error* err);
sotto_status import_sequence(sotto_cache& cache, uint32_t sequence, uint32_t count, const void* bytes, uint64_t size,
                             sotto_error* err);

}  // namespace sotto::reference

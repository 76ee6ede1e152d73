// program.h - a compiled plan with its memory.
#pragma once

#include <memory>
#include <vector>

#include "adapter.h"
#include "cache.h"
#include "common/costs.h"

namespace sotto::reference {

// count * rows numbers, not filled: what is never touched costs nothing. Throws std::bad_alloc.
std::unique_ptr<float[]> allocate_numbers(uint64_t count, uint64_t rows);

}  // namespace sotto::reference

struct sotto_program {
  sotto_program(sotto_group& g, const sotto_weights& w, sotto::reference::Lowered l, uint32_t batch);

  // The row of a value on a local rank.
  float* row(uint32_t value, uint32_t local_rank, uint32_t batch_row) {
    return buffers[lowered.values[value].buffers[local_rank]].get() + size_t{batch_row} * width(value, local_rank);
  }
  uint32_t width(uint32_t value, uint32_t local_rank) const {
    return lowered.values[value].widths[group.first_rank + local_rank];
  }
  // A vector's numbers; null when there is no such weight, or this rank has nothing of it.
  const float* vector(uint32_t weight, uint32_t local_rank) const;

  sotto_group& group;
  const sotto_weights& weights;
  const sotto::reference::Lowered lowered;
  const uint32_t max_batch;
  std::vector<std::unique_ptr<float[]>> buffers;
  std::vector<std::unique_ptr<float[]>> outputs;         // [max_batch, width]
  std::vector<uint32_t> output_rows;                     // by output: delivered rows of the last batch
  std::vector<std::vector<std::vector<float>>> vectors;  // by weight, by local rank
  std::vector<sotto_batch_row> rows;                     // the batch
  std::vector<float> weight_row, gate_row;               // a row of a LINEAR's weights while it is used
  std::vector<float> head;                               // of q
  std::vector<float> angles;                             // of one row: cosines, sines
  std::vector<double> scores, weighted;                  // of one head
  std::vector<float> part, whole;                        // what ALL_GATHER sends and receives
};

namespace sotto::reference {

// What check and compile refuse alike.
sotto_status check_program(const sotto_group& group, const sotto_plan* plan, uint32_t max_batch, sotto_error* err);
sotto_status check_cost(const sotto_group& group, const sotto_plan& plan, uint32_t max_batch, const sotto_cache_options* cache,
                        const backend::RankCosts& costs, sotto_error* err);
sotto_status compile(sotto_group& group, const sotto_plan& plan, const sotto_weights& weights, uint32_t max_batch,
                     sotto_program** out, sotto_error* err);
sotto_status run_batch(sotto_program& program, sotto_cache& cache, const sotto_batch& batch, sotto_run_result* result,
                       sotto_error* err);

}  // namespace sotto::reference

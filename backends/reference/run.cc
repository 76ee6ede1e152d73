#include "run.h"

#include <algorithm>
#include <cstring>
#include <iterator>

#include "common/batch_check.h"
#include "common/cache_check.h"
#include "common/plan_read.h"
#include "common/report.h"
#include "common/run_lengths.h"

namespace sotto::reference {

using backend::fail;

sotto_status Run::stopped() const {
  return fail(err, SOTTO_CANCELLED, "reference: the caller stopped a batch of %u rows", row_count());
}

namespace {

backend::BatchLimits limits_of(const sotto_program& program, const sotto_cache& cache) {
  const Lowered& l = program.lowered;
  return {"reference", program.max_batch, l.input_widths, l.output_widths.size(), cache.cells.sequence_count(),
          l.embeds,    l.vocabulary,      l.max_positions};
}

sotto_status check_batch(const sotto_program& program, const sotto_cache& cache, const sotto_batch& batch, sotto_error* err) {
  if (const sotto_status s = backend::check_batch(limits_of(program, cache), batch, err); s != SOTTO_OK) return s;
  if (&cache.group != &program.group || !backend::same_slots(cache.slots, program.lowered.slots))
    return fail(err, SOTTO_MISMATCH, "reference: the cache was made for another plan or group");
  return SOTTO_OK;
}

sotto_status check_row(const sotto_program& program, const sotto_cache& cache, const sotto_batch_row& row, uint32_t index,
                       uint32_t stride, sotto_error* err) {
  const auto* bytes = reinterpret_cast<const char*>(&row);
  for (uint32_t k = sizeof row; k < stride; ++k)
    if (bytes[k] != 0) return fail(err, SOTTO_UNSUPPORTED, "reference: row %u: byte %u is set, unknown here", index, k);
  if (const sotto_status s = backend::check_row(limits_of(program, cache), row, index, err); s != SOTTO_OK) return s;
  if (row.adapter != nullptr && row.adapter->weights != &program.weights)
    return fail(err, SOTTO_MISMATCH, "reference: row %u: the adapter belongs to other weights", index);
  return SOTTO_OK;
}

// Checks all rows and appends a cell for each to its sequence.
sotto_status take_rows(sotto_program& program, sotto_cache& cache, const sotto_batch& batch, sotto_error* err) {
  program.rows.clear();
  if (const sotto_status s = backend::check_room("reference", cache.cells, batch.row_count, err); s != SOTTO_OK) return s;
  for (uint32_t i = 0; i < batch.row_count; ++i) {
    const sotto_batch_row& row = backend::at_stride(batch.rows, batch.row_stride, i);
    if (const sotto_status s = check_row(program, cache, row, i, batch.row_stride, err); s != SOTTO_OK) return s;
    if (const sotto_status s = backend::check_next("reference", cache.cells, row, i, err); s != SOTTO_OK) return s;
    program.rows.push_back(row);
    cache.cells.append(row.sequence);
  }
  return SOTTO_OK;
}

struct Runner {
  uint32_t kind;
  sotto_status (*run)(const Run& run, const Step& step);
};
constexpr Runner kRunners[] = {
    {SOTTO_STEP_INPUT, run_input},   {SOTTO_STEP_EMBED, run_embed},           {SOTTO_STEP_NORM, run_norm},
    {SOTTO_STEP_LINEAR, run_linear}, {SOTTO_STEP_ATTENTION, run_attention},   {SOTTO_STEP_ADD, run_add},
    {SOTTO_STEP_MUL, run_mul},       {SOTTO_STEP_ALL_REDUCE, run_all_reduce}, {SOTTO_STEP_ALL_GATHER, run_all_gather},
    {SOTTO_STEP_OUTPUT, run_output},
};

sotto_status run_steps(const Run& run) {
  if (run.watch.ask()) return run.stopped();
  for (const Step& step : run.program.lowered.steps) {
    const Runner* runner =
        std::find_if(std::begin(kRunners), std::end(kRunners), [&](const Runner& r) { return r.kind == step.kind; });
    if (const sotto_status s = runner->run(run, step); s != SOTTO_OK) return s;
  }
  return SOTTO_OK;
}

// Gives the cells of an unfinished batch back, also when something throws.
struct Pending {
  const sotto_program& program;
  sotto_cache& cache;
  bool is_done = false;
  ~Pending() {
    for (const sotto_batch_row& row : program.rows)
      is_done ? cache.cells.commit(row.sequence) : cache.cells.roll_back(row.sequence);
  }
};

sotto_status run_checked(sotto_program& program, sotto_cache& cache, const sotto_batch& batch, sotto_error* err) {
  if (const sotto_status s = check_batch(program, cache, batch, err); s != SOTTO_OK) return s;
  program.rows.clear();
  Pending pending{program, cache};
  if (const sotto_status s = take_rows(program, cache, batch, err); s != SOTTO_OK) return s;
  // With ranks elsewhere it is the ALL_REDUCE that asks (ranks.cc).
  StopWatch watch(program.group.comm != nullptr ? nullptr : batch.should_stop, batch.stop_user);
  const sotto_status s = run_steps({program, cache, batch, watch, err});
  pending.is_done = s == SOTTO_OK;
  return s;
}

void deliver_rows(const sotto_program& program, const sotto_run_result& result) {
  for (uint32_t o = 0; o < result.output_count; ++o) {
    const uint32_t count = o < program.outputs.size() ? program.output_rows[o] : 0;
    if (result.rows != nullptr) result.rows[o] = count == 0 ? nullptr : program.outputs[o].get();
    if (result.row_counts != nullptr) result.row_counts[o] = count;
  }
}

}  // namespace

sotto_status run_batch(sotto_program& program, sotto_cache& cache, const sotto_batch& batch, sotto_run_result* result,
                       sotto_error* err) {
  const backend::LengthsLater lengths{cache.cells, result};
  const sotto_status s = run_checked(program, cache, batch, err);
  if (s == SOTTO_OK && result != nullptr) deliver_rows(program, *result);
  return s;
}

}  // namespace sotto::reference

// run.cc - one batch: checked whole before any work, cut into row classes, run operation by operation, committed at the end.
#include <algorithm>
#include <cstring>

#include "common/batch_check.h"
#include "common/plan_read.h"
#include "common/report.h"
#include "program.h"

namespace sotto::cpu {

using backend::fail;
namespace {

sotto_status check_batch(const sotto_program& program, const sotto_cache& cache, const sotto_batch& batch, sotto_error* err) {
  const Lowered& l = program.lowered;
  if (batch.row_count == 0 || batch.row_count > l.max_batch || batch.rows == nullptr ||
      batch.row_stride < sizeof(sotto_batch_row)) {
    return fail(err, SOTTO_INVALID_ARGUMENT, "cpu: a batch of %u rows with stride %u, a program for 1 .. %u", batch.row_count,
                batch.row_stride, l.max_batch);
  }
  if (const sotto_status s = backend::check_inputs("cpu", l.inputs, batch, err); s != SOTTO_OK) return s;
  if (&cache.group != &program.group || !same_slots(cache.layout, l)) {
    return fail(err, SOTTO_MISMATCH, "cpu: the cache was made for another plan");
  }
  return SOTTO_OK;
}

sotto_status check_row(const sotto_program& program, const sotto_cache& cache, const sotto_batch_row& row, uint32_t index,
                       sotto_error* err) {
  const Lowered& l = program.lowered;
  if (row.sequence >= cache.sequences.size()) {
    return fail(err, SOTTO_INVALID_ARGUMENT, "cpu: row %u: sequence %u of %zu", index, row.sequence, cache.sequences.size());
  }
  if (l.embeds && row.token >= l.vocabulary) {
    return fail(err, SOTTO_INVALID_ARGUMENT, "cpu: row %u: token %u of a vocabulary of %u", index, row.token, l.vocabulary);
  }
  const uint32_t next = cache.length(row.sequence) + program.added[row.sequence];
  if (row.position != next) {
    return fail(err, SOTTO_INVALID_ARGUMENT, "cpu: row %u: position %u, sequence %u continues at %u", index, row.position,
                row.sequence, next);
  }
  if (row.position >= l.max_positions) {
    return fail(err, SOTTO_CONTEXT_FULL, "cpu: row %u: position %u, the model ends at %u", index, row.position,
                l.max_positions);
  }
  if ((l.output_count < 32 && (row.outputs >> l.output_count) != 0) || row.reserved != 0) {
    return fail(err, SOTTO_UNSUPPORTED, "cpu: row %u wants outputs %#x of %u", index, row.outputs, l.output_count);
  }
  if (row.adapter != nullptr && row.adapter->weights != &program.weights) {
    return fail(err, SOTTO_MISMATCH, "cpu: row %u: the adapter belongs to other weights", index);
  }
  return SOTTO_OK;
}

sotto_status read_rows(sotto_program& program, const sotto_cache& cache, const sotto_batch& batch, sotto_error* err) {
  program.rows.clear();
  program.added.assign(cache.sequences.size(), 0);
  program.has_adapters = false;
  uint64_t dims = 0;
  for (std::vector<uint32_t>& rows : program.class_rows) rows.clear();
  for (uint32_t i = 0; i < batch.row_count; ++i) {
    sotto_batch_row row;
    const char* bytes = reinterpret_cast<const char*>(batch.rows) + size_t{i} * batch.row_stride;
    std::memcpy(&row, bytes, sizeof row);
    if (!backend::is_zero_behind(bytes, sizeof row, batch.row_stride))
      return fail(err, SOTTO_UNSUPPORTED, "cpu: row %u carries fields that this library is too old to know", i);
    if (const sotto_status s = check_row(program, cache, row, i, err); s != SOTTO_OK) return s;
    ++program.added[row.sequence];
    program.rows.push_back(row);
    if (row.adapter != nullptr) {
      program.has_adapters = true;
      dims = std::max<uint64_t>(dims, row.adapter->most_dims);
    }
    for (size_t c = 0; c < program.class_rows.size(); ++c) {
      if (c != 0 && (row.outputs & program.lowered.class_masks[c]) == 0) continue;
      program.places[c][i] = static_cast<uint32_t>(program.class_rows[c].size());
      program.class_rows[c].push_back(i);
    }
  }
  uint64_t narrow = 0;
  for (size_t c = 1; c < program.class_rows.size(); ++c) narrow = std::max<uint64_t>(narrow, program.class_rows[c].size());
  if (!program.grow_narrow(narrow)) {
    return fail(err, SOTTO_OUT_OF_MEMORY, "cpu: no memory for the results of %llu rows; ask for fewer at once",
                static_cast<unsigned long long>(narrow));
  }
  program.grow_adapters(dims);
  return SOTTO_OK;
}

sotto_status provide_pages(const sotto_program& program, sotto_cache& cache, sotto_error* err) {
  for (uint32_t s = 0; s < program.added.size(); ++s) {
    if (program.added[s] == 0 || cache.provide(s, program.added[s])) continue;
    for (uint32_t before = 0; before < s; ++before) {
      if (program.added[before] != 0) cache.roll_back(before);
    }
    return fail(err, SOTTO_CONTEXT_FULL, "cpu: %u tokens behind %u of sequence %u do not fit into the cache of %llu tokens",
                program.added[s], cache.length(s), s, static_cast<unsigned long long>(cache.options.tokens));
  }
  return SOTTO_OK;
}

// Rows into their own value when the step's input is of a wider class.
bool run_deliver(const Run& run, const Op& op) {
  const Step& s = run.program.lowered.steps[op.step];
  if (op.deliver == s.in[0]) return true;
  const uint32_t width = run.width(op.deliver, 0);
  for (uint32_t i = 0; i < run.count(op.row_class); ++i) {
    std::memcpy(run.row(op.deliver, 0, op.row_class, i), run.row(s.in[0], 0, op.row_class, i), width * sizeof(float));
  }
  return true;
}

bool run_op(const Run& run, const Op& op, bool going, sotto_status* status, sotto_error* err) {
  switch (op.kind) {
    case OpKind::kRows:
      return run_rows(run, op);
    case OpKind::kLinear:
      return run_linear(run, op);
    case OpKind::kAttention:
      return run_attention(run, op);
    case OpKind::kAllReduce:
      return run_all_reduce(run, op, going, status, err);
    case OpKind::kAllGather:
      return run_all_gather(run, op, going, status, err);
    case OpKind::kDeliver:
      return run_deliver(run, op);
  }
  return true;
}

// An attention fills the cache for all rows, whoever wants its output.
bool has_work(const Run& run, const Op& op) { return run.count(op.row_class) != 0 || op.kind == OpKind::kAttention; }

// Where ranks of several processes meet, and learn whether one of them wants to stop.
bool is_meeting(const Run& run, const Op& op) {
  return run.program.group.comm != nullptr && (op.kind == OpKind::kAllReduce || op.kind == OpKind::kAllGather) &&
         has_work(run, op);
}

// A rank that is to stop leaves its work undone up to the next meeting and says so there: all ranks stop or none. Behind the
// last meeting it is too late to stop.
sotto_status run_ops(const Run& run, sotto_error* err) {
  const std::vector<Op>& ops = run.program.lowered.ops;
  sotto_status status = SOTTO_OK;
  size_t meetings =
      static_cast<size_t>(std::count_if(ops.begin(), ops.end(), [&](const Op& op) { return is_meeting(run, op); }));
  const bool alone = run.program.group.comm == nullptr;
  if (!alone && meetings == 0) run.watch.look_away();
  bool done = prepare_rotary(run);
  for (const Op& op : ops) {
    const bool meets = meetings != 0 && is_meeting(run, op);
    if (!done && alone) break;
    if (!has_work(run, op) || (!done && !meets)) continue;
    const uint64_t began = run.program.profile.counts() ? profile_clock_ns() : 0;
    done = run_op(run, op, done, &status, err);
    if (run.program.profile.counts()) run.program.profile.add(run, op, profile_clock_ns() - began);
    if (status != SOTTO_OK) return status;
    if (!meets) continue;
    if (!done) break;
    if (--meetings == 0) run.watch.look_away();
  }
  return done ? SOTTO_OK : fail(err, SOTTO_CANCELLED, "cpu: the caller stopped a batch of %u rows", run.batch.row_count);
}

void deliver_results(const sotto_program& program, sotto_run_result& result) {
  const Lowered& l = program.lowered;
  for (uint32_t o = 0; o < result.output_count; ++o) {
    const float* rows = nullptr;
    uint32_t count = 0;
    if (o < l.output_ops.size() && l.output_ops[o] != SOTTO_NONE) {
      const Op& op = l.ops[l.output_ops[o]];
      count = static_cast<uint32_t>(program.class_rows[op.row_class].size());
      if (count != 0) rows = program.data[size_t{op.deliver} * l.local_ranks];
    }
    if (result.rows != nullptr) result.rows[o] = rows;
    if (result.row_counts != nullptr) result.row_counts[o] = count;
  }
}

void deliver_lengths(const sotto_cache& cache, sotto_run_result& result) {
  for (uint32_t s = 0; result.lengths != nullptr && s < result.sequence_count; ++s) {
    result.lengths[s] = s < cache.sequences.size() ? cache.length(s) : 0;
  }
}

// Gives provided pages back unless the batch was committed, also when something throws.
struct Provided {
  const sotto_program& program;
  sotto_cache& cache;
  bool committed = false;
  ~Provided() {
    for (uint32_t s = 0; !committed && s < program.added.size(); ++s) {
      if (program.added[s] != 0) cache.roll_back(s);
    }
  }
};

sotto_status run_checked(sotto_program& program, sotto_cache& cache, const sotto_batch& batch, sotto_error* err) {
  if (const sotto_status s = check_batch(program, cache, batch, err); s != SOTTO_OK) return s;
  if (const sotto_status s = read_rows(program, cache, batch, err); s != SOTTO_OK) return s;
  if (const sotto_status s = provide_pages(program, cache, err); s != SOTTO_OK) return s;
  Provided pages{program, cache};
  StopWatch watch(batch.should_stop, batch.stop_user);
  program.group.pool->make_way();
  if (const sotto_status s = run_ops({program, cache, batch, watch}, err); s != SOTTO_OK) return s;
  for (uint32_t s = 0; s < program.added.size(); ++s) {
    if (program.added[s] != 0) cache.commit(s, program.added[s]);
  }
  pages.committed = true;
  return SOTTO_OK;
}

}  // namespace

sotto_status run_batch(sotto_program& program, sotto_cache& cache, const sotto_batch& batch, sotto_run_result* result,
                       sotto_error* err) {
  const uint64_t began = now_ns();
  const sotto_status status = run_checked(program, cache, batch, err);
  if (status == SOTTO_OK) {
    program.group.traffic.rows += batch.row_count;
    program.group.traffic.run_nanoseconds += now_ns() - began;
  }
  if (result != nullptr) {
    deliver_lengths(cache, *result);
    if (status == SOTTO_OK) deliver_results(program, *result);
  }
  return status;
}

}  // namespace sotto::cpu

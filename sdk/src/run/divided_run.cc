// divided_run.cc: a step of a divided backend, and its cache: whatever fails, both parts hold the same tokens of each sequence.
#include <algorithm>
#include <cstdio>

#include "run/divided_objects.h"

namespace sotto::divided {
namespace {

// Both parts to `length` tokens, which each has at least; to none where one of them cannot.
void equalise(Cache& cache, uint32_t sequence, uint32_t length) {
  const auto both = [&](uint32_t to) {
    return cache.parts.table(0).cache_truncate(cache.parts.first, sequence, to, nullptr) == SOTTO_OK &&
           cache.parts.table(1).cache_truncate(cache.parts.second, sequence, to, nullptr) == SOTTO_OK;
  };
  if (!both(length)) {
    length = 0;
    (void)both(length);  // always possible on a device that lives; the host forgets what a dead one held
  }
  cache.lengths[sequence] = length;
}

// After a run that failed in part `part`: what it committed, the other part keeps.
void settle(Cache& cache, const sotto_batch& batch, bool first_ran) {
  for (uint32_t i = 0; i < batch.row_count; ++i) {
    const uint32_t s = batch.rows[i].sequence;
    if (s >= cache.lengths.size()) continue;
    equalise(cache, s, first_ran ? std::max(cache.told[s], cache.lengths[s]) : cache.lengths[s]);
  }
}

// The batch's rows for one part: its half of each adapter, and for the first part its one output from all of them.
void rows_for(Compiled& program, const sotto_batch& batch, bool is_first) {
  program.rows.assign(batch.rows, batch.rows + batch.row_count);
  for (sotto_batch_row& row : program.rows) {
    if (is_first) row.outputs = 1;
    if (row.adapter == nullptr) continue;
    const Adapter& adapter = *of<Adapter>(row.adapter);
    row.adapter = is_first ? adapter.parts.first : adapter.parts.second;
  }
}

sotto_status run_first(Compiled& program, Cache& cache, const sotto_batch& batch, const float** rows, sotto_error* err) {
  rows_for(program, batch, true);
  sotto_batch mine = batch;
  mine.rows = program.rows.data();
  uint32_t counts[1] = {};
  sotto_run_result result{sizeof result, 1, rows, counts, static_cast<uint32_t>(cache.told.size()), 0, cache.told.data()};
  const sotto_status s = program.parts.table(0).run(program.parts.first, cache.parts.first, &mine, &result, err);
  if (s != SOTTO_OK || (*rows != nullptr && counts[0] == batch.row_count)) return s;
  return tell(err, Status(SOTTO_INTERNAL, "the device's part of the layers delivered other rows than it was asked for"));
}

sotto_status run_second(Compiled& program, Cache& cache, const sotto_batch& batch, const float* rows, sotto_run_result* result,
                        sotto_error* err) {
  rows_for(program, batch, false);
  program.inputs.assign(batch.inputs, batch.inputs + std::min(batch.input_count, program.cut->input()));
  program.inputs.resize(size_t{program.cut->input()} + 1, rows);
  program.inputs.back() = rows;
  sotto_batch mine = batch;
  mine.rows = program.rows.data();
  mine.inputs = program.inputs.data();
  mine.input_count = static_cast<uint32_t>(program.inputs.size());
  sotto_run_result own = *result;
  own.sequence_count = static_cast<uint32_t>(cache.told.size());
  own.lengths = cache.told.data();
  return program.parts.table(1).run(program.parts.second, cache.parts.second, &mine, &own, err);
}

}  // namespace

sotto_status tell(sotto_error* err, const Status& failure) {
  if (err != nullptr) {
    err->status = failure.code();
    std::snprintf(err->text, sizeof err->text, "%s", failure.text().c_str());
  }
  return failure.code();
}

sotto_status run(sotto_program* program_handle, sotto_cache* cache_handle, const sotto_batch* batch, sotto_run_result* result,
                 sotto_error* err) {
  Compiled& program = *of<Compiled>(program_handle);
  Cache& cache = *of<Cache>(cache_handle);
  const float* rows = nullptr;
  sotto_status s = run_first(program, cache, *batch, &rows, err);
  const bool first_ran = s == SOTTO_OK;
  if (first_ran) {
    cache.told = cache.lengths;
    s = run_second(program, cache, *batch, rows, result, err);
  }
  if (s == SOTTO_OK)
    cache.lengths = cache.told;
  else
    settle(cache, *batch, first_ran);
  const size_t wanted = std::min<size_t>(result->sequence_count, cache.lengths.size());
  if (result->lengths != nullptr) std::copy_n(cache.lengths.begin(), wanted, result->lengths);
  return s;
}

sotto_status cache_create(sotto_program* handle, const sotto_cache_options* options, sotto_cache** out, sotto_error* err) {
  Compiled& program = *of<Compiled>(handle);
  auto made =
      std::make_unique<Cache>(program, program.parts.like<sotto_cache>(&sotto_backend::cache_destroy), options->sequences);
  sotto_status s = program.parts.table(0).cache_create(program.parts.first, options, &made->parts.first, err);
  if (s == SOTTO_OK) s = program.parts.table(1).cache_create(program.parts.second, options, &made->parts.second, err);
  return hand_out(s, std::move(made), out);
}

sotto_status cache_truncate(sotto_cache* handle, uint32_t sequence, uint32_t length, sotto_error* err) {
  Cache& cache = *of<Cache>(handle);
  sotto_status s = cache.parts.table(0).cache_truncate(cache.parts.first, sequence, length, err);
  if (s != SOTTO_OK) return s;
  s = cache.parts.table(1).cache_truncate(cache.parts.second, sequence, length, err);
  if (s != SOTTO_OK) return s;  // the host goes to 0 then, on both
  cache.lengths[sequence] = std::min(cache.lengths[sequence], length);
  return SOTTO_OK;
}

sotto_status cache_copy(sotto_cache* handle, uint32_t from, uint32_t to, uint32_t length, sotto_error* err) {
  Cache& cache = *of<Cache>(handle);
  sotto_status s = cache.parts.table(0).cache_copy(cache.parts.first, from, to, length, err);
  if (s == SOTTO_OK) s = cache.parts.table(1).cache_copy(cache.parts.second, from, to, length, err);
  if (s == SOTTO_OK)
    cache.lengths[to] = length;
  else if (to < cache.lengths.size())
    equalise(cache, to, 0);
  return s;
}

sotto_status cache_export(sotto_cache* handle, uint32_t sequence, uint32_t first, uint32_t count, void* bytes, uint64_t* size,
                          sotto_error* err) {
  Cache& cache = *of<Cache>(handle);
  uint64_t sizes[2] = {};
  sotto_status s = cache.parts.table(0).cache_export(cache.parts.first, sequence, first, count, nullptr, &sizes[0], err);
  if (s == SOTTO_OK) s = cache.parts.table(1).cache_export(cache.parts.second, sequence, first, count, nullptr, &sizes[1], err);
  if (s != SOTTO_OK) return s;
  if (bytes == nullptr) {
    *size = sizes[0] + sizes[1];
    return SOTTO_OK;
  }
  if (*size != sizes[0] + sizes[1])
    return tell(err, Status(SOTTO_INVALID_ARGUMENT, "the exported tokens take another number of bytes than there is room for"));
  s = cache.parts.table(0).cache_export(cache.parts.first, sequence, first, count, bytes, &sizes[0], err);
  if (s != SOTTO_OK) return s;
  return cache.parts.table(1).cache_export(cache.parts.second, sequence, first, count, static_cast<char*>(bytes) + sizes[0],
                                           &sizes[1], err);
}

// How the bytes are divided is told by what the slots of each part take.
sotto_status cache_import(sotto_cache* handle, uint32_t sequence, uint32_t count, const void* bytes, uint64_t size,
                          sotto_error* err) {
  Cache& cache = *of<Cache>(handle);
  uint64_t of_first = 0, of_second = 0;
  const auto bytes_of = [&](const sotto_plan& plan) {
    uint64_t sum = 0;
    for (uint32_t i = 0; i < plan.slot_count; ++i)
      sum += 2 * sizeof(float) * uint64_t{plan.slots[i].kv_heads} * plan.slots[i].head_dim;
    return sum * count;
  };
  of_first = bytes_of(cache.program.cut->first());
  of_second = bytes_of(cache.program.cut->second());
  if (size != of_first + of_second || sequence >= cache.lengths.size())
    return tell(err, Status(SOTTO_INVALID_ARGUMENT,
                            "the tokens to import take another number of bytes than was given, or the "
                            "sequence does not exist"));
  const uint32_t before = cache.lengths[sequence];
  sotto_status s = cache.parts.table(0).cache_import(cache.parts.first, sequence, count, bytes, of_first, err);
  if (s != SOTTO_OK) return s;
  s = cache.parts.table(1).cache_import(cache.parts.second, sequence, count, static_cast<const char*>(bytes) + of_first,
                                        of_second, err);
  if (s == SOTTO_OK)
    cache.lengths[sequence] = before + count;
  else
    equalise(cache, sequence, before);
  return s;
}

}  // namespace sotto::divided

// program.h - a compiled plan with its memory, and the functions that run its operations over one batch.
#pragma once

#include <cstdint>
#include <vector>

#include "cache.h"
#include "common/costs.h"
#include "lower.h"
#include "profile.h"
#include "weights.h"

namespace sotto::cpu {

// Rows of a class that lie side by side in one sequence and share an attention tile.
struct RowBlock {
  uint32_t first;  // in the class
  uint32_t count;
};

}  // namespace sotto::cpu

// One call at a time. Everything a batch needs is taken by compile; only a batch with more narrow rows or larger adapters than
// any before makes it grow.
struct sotto_program {
  sotto_program(sotto_group& g, sotto_weights& w, sotto::cpu::Lowered l) : group(g), weights(w), lowered(std::move(l)) {}

  bool take_memory();
  // Room for `rows` rows of narrow classes: false when there is no memory (nothing has changed then).
  bool grow_narrow(uint64_t rows);
  bool grow_adapters(uint64_t dims);

  sotto_group& group;
  sotto_weights& weights;
  const sotto::cpu::Lowered lowered;

  sotto::cpu::Memory wide, narrow, rotary, threads;
  sotto::cpu::Memory quants[2];
  uint64_t narrow_rows = 0;
  uint64_t thread_stride = 0;
  std::vector<float*> data;            // [value * local_ranks + rank]
  std::vector<const float*> row_list;  // [max_batch * local_ranks]: rows of a LINEAR's input
  std::vector<uint64_t> gather_bytes;  // [ALL_GATHER operation][process]: what each process brings per row
  std::vector<uint8_t> gather_part;    // this process's, while the whole row is written
  std::vector<float> adapter_inner;    // [rank][row][weight, gate][dims]: A x
  uint64_t adapter_dims = 0;

  // The batch of this run.
  std::vector<sotto_batch_row> rows;
  std::vector<std::vector<uint32_t>> class_rows;  // by class: batch rows, in order
  std::vector<std::vector<uint32_t>> places;      // by class: where a batch row is among them
  std::vector<uint32_t> added;                    // by sequence: rows of this batch
  std::vector<sotto::cpu::RowBlock> blocks;
  std::vector<uint32_t> held_queries;  // by thread: the head group whose queries its scratch holds
  bool has_adapters = false;

  sotto::cpu::Profile profile;

 private:
  void bind_values();
};

namespace sotto::cpu {

// What the functions below share during one run.
struct Run {
  sotto_program& program;
  sotto_cache& cache;
  const sotto_batch& batch;
  StopWatch& watch;

  const Kernels& kernels() const { return *program.group.kernels; }
  Pool& pool() const { return *program.group.pool; }
  uint32_t count(uint32_t row_class) const { return static_cast<uint32_t>(program.class_rows[row_class].size()); }
  const sotto_batch_row& batch_row(uint32_t row_class, uint32_t i) const {
    return program.rows[program.class_rows[row_class][i]];
  }
  uint32_t width(uint32_t value, uint32_t rank) const { return program.lowered.values[value].widths[rank]; }
  // Row i of `row_class` in a value that may be of a wider class.
  float* row(uint32_t value, uint32_t rank, uint32_t row_class, uint32_t i) const {
    const Value& v = program.lowered.values[value];
    const uint32_t at = v.row_class == row_class ? i : program.places[v.row_class][program.class_rows[row_class][i]];
    return program.data[size_t{value} * program.lowered.local_ranks + rank] + size_t{at} * v.widths[rank];
  }
  // A vector weight as float32; null when there is none on this rank.
  const float* vector(uint32_t weight, uint32_t rank) const {
    if (weight == SOTTO_NONE) return nullptr;
    const WeightPart& part = program.weights.weights[weight].parts[rank];
    return part.vector.empty() ? nullptr : part.vector.data();
  }
  QuantRows quants(const Quant& q, uint32_t rank) const {
    const uint64_t stride = program.lowered.sizes.quant_stride[q.buffer];
    const uint32_t holder = q.shared ? 0 : rank;
    return {program.quants[q.buffer].get() + stride * program.lowered.max_batch * holder, stride, q.units[rank]};
  }
  uint8_t* panel(uint32_t thread) const { return program.threads.get() + thread * program.thread_stride; }
  float* gate(uint32_t thread) const {
    return reinterpret_cast<float*>(panel(thread) + round_up(program.lowered.sizes.panel_bytes, 64));
  }
  float* attention(uint32_t thread) const { return gate(thread) + kGateFloats; }
  // By rotary: cosines [dim / 2], then sines [dim / 2], of a batch row.
  float* rotary(uint32_t index, uint32_t row) const;
};

sotto_status compile(sotto_group& group, const sotto_plan& plan, sotto_weights& weights, uint32_t max_batch,
                     sotto_program** out, sotto_error* err);
// REQUIRES: options passed check_cache_options.
sotto_status create_cache(sotto_program& program, const sotto_cache_options& options, sotto_cache** out, sotto_error* err);
sotto_status check_cache_options(const sotto_cache_options& options, sotto_error* err);
sotto_status run_batch(sotto_program& program, sotto_cache& cache, const sotto_batch& batch, sotto_run_result* result,
                       sotto_error* err);

// What check and compile refuse alike.
sotto_status check_plan_here(const sotto_group& group, const sotto_plan& plan, sotto_error* err);
sotto_status check_cost(const sotto_group& group, const sotto_plan& plan, uint32_t max_batch, const sotto_cache_options* cache,
                        const backend::RankCosts& costs, sotto_error* err);

// Each runs one operation; false: stopped.
bool run_rows(const Run& run, const Op& op);
bool run_linear(const Run& run, const Op& op);
bool run_attention(const Run& run, const Op& op);
// `going` false: this rank's work was stopped, it takes part for the vote.
bool run_all_reduce(const Run& run, const Op& op, bool going, sotto_status* status, sotto_error* err);
bool run_all_gather(const Run& run, const Op& op, bool going, sotto_status* status, sotto_error* err);
bool prepare_rotary(const Run& run);
// ALL_REDUCE of one row over the local ranks.
void sum_ranks(const Run& run, const Step& step, uint32_t row_class, uint32_t i);

// Numbers of softmax states that splitting one row's context over the threads takes (step_attention.cc).
uint64_t partial_floats(const Lowered& lowered, uint64_t tokens);

}  // namespace sotto::cpu

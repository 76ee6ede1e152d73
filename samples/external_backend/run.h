// run.h: what the steps of one batch share, and the program they belong to.
#pragma once

#include <chrono>
#include <memory>

#include "cache.h"

struct sotto_program {
  // Throws Failure when there is no memory.
  sotto_program(const sotto_weights& w, external::Plan p, uint32_t batch);

  float* row(uint32_t value, uint32_t rank, uint32_t batch_row) {
    const external::Value& v = plan.values[value];
    return buffers[v.buffers[rank]].get() + size_t{batch_row} * v.widths[rank];
  }
  uint32_t width(uint32_t value, uint32_t rank) const { return plan.values[value].widths[rank]; }

  const sotto_weights& weights;
  const external::Plan plan;
  const uint32_t max_batch;
  std::vector<std::unique_ptr<float[]>> buffers;             // [max_batch, Plan::buffers[i]]; not cleared
  std::unique_ptr<float[]> gates;                            // [max_batch, gate_width]
  std::vector<std::vector<float>> outputs;                   // by output: the rows of the last batch
  std::vector<sotto_batch_row> rows;                         // the batch
  std::vector<float> head, angles, scores, weighted, inner;  // of one row while it is used
};

namespace external {

// Thrown when the caller wants no more.
struct Stopped {};

// Asks the caller whether to stop. A long loop tells it what it did, in multiplications or so; it looks at the clock now and
// then. A backend that hands work to a device keeps the commands short enough, or waits with a timeout, and asks in between.
class StopWatch {
 public:
  explicit StopWatch(const sotto_batch& batch) : batch_(batch), asked_(Clock::now()) {}

  void did(uint64_t operations) {
    done_ += operations;
    if (done_ >= kOperations) look_at_the_clock();
  }
  void ask();  // now; throws Stopped

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr uint64_t kOperations = 1u << 16;  // well below a millisecond
  void look_at_the_clock();

  const sotto_batch& batch_;
  Clock::time_point asked_;
  uint64_t done_ = 0;
};

struct Run {
  sotto_program& program;
  sotto_cache& cache;
  const sotto_batch& batch;
  StopWatch& watch;

  uint32_t row_count() const { return static_cast<uint32_t>(program.rows.size()); }
  uint32_t ranks() const { return program.plan.ranks; }
  bool wants(uint32_t value, uint32_t batch_row) const {
    const Value& v = program.plan.values[value];
    return v.every_row || (v.outputs & program.rows[batch_row].outputs) != 0;
  }
};

// Everything the batch asks for; the cache has its tokens afterwards, or none of them if it throws.
void run_batch(sotto_program& program, sotto_cache& cache, const sotto_batch& batch);

// One step on all ranks, for the rows that want its value.
void run_input(const Run& run, const Step& step);
void run_embed(const Run& run, const Step& step);
void run_norm(const Run& run, const Step& step);
void run_linear(const Run& run, const Step& step);
void run_attention(const Run& run, const Step& step);
void run_add(const Run& run, const Step& step);
void run_mul(const Run& run, const Step& step);
void run_all_reduce(const Run& run, const Step& step);
void run_all_gather(const Run& run, const Step& step);
void run_output(const Run& run, const Step& step);

}  // namespace external

// run.h - what the steps share while one batch runs.
#pragma once

#include <chrono>

#include "program.h"

namespace sotto::reference {

// Asks the caller now and then whether to stop: after every kOperations operations it looks at the clock, every kInterval it
// asks.
class StopWatch {
 public:
  StopWatch(int32_t (*should_stop)(void*), void* user) : should_stop_(should_stop), user_(user), asked_(Clock::now()) {}

  // True: stop, and from then on always. An operation is about one multiplication.
  bool worked(uint64_t operations) {
    done_ += operations;
    if (done_ < kOperations) return stopped_;
    done_ = 0;
    return should_stop_ != nullptr && !stopped_ && Clock::now() - asked_ >= kInterval ? ask() : stopped_;
  }
  bool ask() {
    if (should_stop_ == nullptr || stopped_) return stopped_;
    stopped_ = should_stop_(user_) != 0;
    asked_ = Clock::now();
    return stopped_;
  }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr uint64_t kOperations = 1u << 16;  // well below a millisecond
  static constexpr std::chrono::milliseconds kInterval{5};

  int32_t (*should_stop_)(void* user);
  void* user_;
  Clock::time_point asked_;
  uint64_t done_ = 0;
  bool stopped_ = false;
};

struct Run {
  sotto_program& program;
  sotto_cache& cache;
  const sotto_batch& batch;
  StopWatch& watch;
  sotto_error* err;

  uint32_t row_count() const { return static_cast<uint32_t>(program.rows.size()); }
  uint32_t local_ranks() const { return program.group.local_ranks; }
  bool wants(uint32_t value, uint32_t batch_row) const {
    const Value& v = program.lowered.values[value];
    return v.every_row || (v.outputs & program.rows[batch_row].outputs) != 0;
  }
  sotto_status stopped() const;
};

// One step on all local ranks, for the rows that want it. SOTTO_CANCELLED when the caller said stop.
sotto_status run_input(const Run& run, const Step& step);
sotto_status run_embed(const Run& run, const Step& step);
sotto_status run_norm(const Run& run, const Step& step);
sotto_status run_linear(const Run& run, const Step& step);
sotto_status run_attention(const Run& run, const Step& step);
sotto_status run_add(const Run& run, const Step& step);
sotto_status run_mul(const Run& run, const Step& step);
sotto_status run_all_reduce(const Run& run, const Step& step);
sotto_status run_all_gather(const Run& run, const Step& step);
sotto_status run_output(const Run& run, const Step& step);

}  // namespace sotto::reference

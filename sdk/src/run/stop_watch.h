// stop_watch.h: when a call must end: cancelled from any thread, or late. For everything that computes or waits.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "base/status.h"

namespace sotto {

// A value; the counter of cancels must outlive it.
class StopWatch {
 public:
  using Clock = std::chrono::steady_clock;

  // Stops as soon as the counter is no longer `before`, or `deadline_ms` (0: none) after now.
  StopWatch(const std::atomic<uint32_t>& cancels, uint32_t before, uint32_t deadline_ms)
      : cancels_(&cancels), before_(before), deadline_ms_(deadline_ms) {
    if (deadline_ms) deadline_ = Clock::now() + std::chrono::milliseconds(deadline_ms);
  }

  bool should_stop() const { return is_cancelled() || (deadline_ms_ && Clock::now() >= deadline_); }
  Status status() const {
    if (is_cancelled()) return Status(SOTTO_CANCELLED, "the call was cancelled");
    return Status(SOTTO_DEADLINE, "the deadline of " + std::to_string(deadline_ms_) + " ms passed");
  }

 private:
  bool is_cancelled() const { return cancels_->load(std::memory_order_relaxed) != before_; }

  const std::atomic<uint32_t>* cancels_;
  uint32_t before_;
  uint32_t deadline_ms_;
  Clock::time_point deadline_;
};

}  // namespace sotto

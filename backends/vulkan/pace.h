// pace.h - how fast a device has been found to be, so that its work can be cut into submits of a few milliseconds.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <mutex>

namespace sotto::vulkan {

// Work of dispatches is counted in one unit, about one multiplication. [any thread]
class Pace {
 public:
  explicit Pace(bool is_software) : least_((is_software ? 1e6 : 2e7) / kMostSlower), per_millisecond_(kMostSlower * least_) {
    recent_.fill(per_millisecond_);
  }

  double per_millisecond() const { return per_millisecond_; }

  // What a submit of this much work took. The quickest of the last few counts: the slower ones may have waited while others had
  // the processors or the device, and work that is cut finer because of that waits as long, only more often. (The mean of them
  // cuts a tiny model into many submits on a busy machine.)
  void measured(double work, double milliseconds) {
    // Short ones say more of the driver than of the device, but never that it is slow.
    const double seen = work / std::max(milliseconds, kShortMs);
    const std::lock_guard<std::mutex> lock(mutex_);
    if (milliseconds < kShortMs && seen < per_millisecond_) return;
    recent_[next_++ % kRecent] = seen;
    per_millisecond_ = std::max(least_, *std::max_element(recent_.begin(), recent_.end()));
  }

  static constexpr size_t kRecent = 8;  // a device that becomes slow is known to be so after as many submits
  static constexpr double kShortMs = 0.5;
  // No device is so much slower than it counts as at first; one that seems to be waits for a processor each time.
  static constexpr double kMostSlower = 16;

 private:
  const double least_;
  std::mutex mutex_;  // guards recent_, next_
  std::array<double, kRecent> recent_;
  size_t next_ = 0;
  std::atomic<double> per_millisecond_;
};

}  // namespace sotto::vulkan

// timer.h: how long something took.
#pragma once

#include <chrono>

namespace sotto::tools {

class Timer {
 public:
  double milliseconds() const { return std::chrono::duration<double, std::milli>(Clock::now() - begin_).count(); }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point begin_ = Clock::now();
};

}  // namespace sotto::tools

// deadline.h - how long a call waits for its peers, and how a waiting thread spends the time.
#pragma once

#include <cstdint>

namespace sotto::mpi {

uint64_t now_ns();  // monotonic

// A moment, or none.
class Deadline {
 public:
  explicit Deadline(uint32_t milliseconds) : began_(now_ns()), milliseconds_(milliseconds) {}

  bool passed() const { return milliseconds_ != 0 && now_ns() - began_ >= uint64_t{milliseconds_} * 1'000'000; }
  uint32_t milliseconds() const { return milliseconds_; }

 private:
  uint64_t began_;
  uint32_t milliseconds_;
};

// The answer of a decode step is microseconds away, the next question of a user minutes: spins, then offers the core to others,
// then says that it is time to sleep, for how long. Who shares its core with those it waits for sleeps at once, where it is
// woken.
class Patience {
 public:
  explicit Patience(bool shares_core) : began_(now_ns()), shares_core_(shares_core) {}
  // Nanoseconds to sleep now; 0: the moment was spent here.
  uint64_t wait();

 private:
  uint64_t began_;
  bool shares_core_;
  uint32_t spins_ = 0;
};

// Whether so many processes on this host have fewer cores than that. One that mpirun bound to a core has it for itself.
bool are_crowded(uint32_t processes);

}  // namespace sotto::mpi

#include "deadline.h"

#include <sched.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>

namespace sotto::mpi {
namespace {

constexpr uint32_t kSpins = 2000;          // some 40 us: a handshake between two cores takes a fraction of one
constexpr uint64_t kPoliteNs = 2'000'000;  // a peer that shares our core gets on meanwhile
constexpr uint64_t kShortestSleepNs = 200'000;
constexpr uint64_t kLongestSleepNs = 50'000'000;  // so often a waiting process looks whether its peers live

void pause_core() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

}  // namespace

uint64_t now_ns() {
  timespec t = {};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<uint64_t>(t.tv_sec) * 1'000'000'000u + static_cast<uint64_t>(t.tv_nsec);
}

uint64_t Patience::wait() {
  if (!shares_core_ && spins_ < kSpins) {
    ++spins_;
    pause_core();
    return 0;
  }
  const uint64_t waited = now_ns() - began_;
  if (!shares_core_ && waited < kPoliteNs) {
    sched_yield();
    return 0;
  }
  // Longer the longer nothing came: an idle worker costs no power.
  return std::clamp(waited / 8, kShortestSleepNs, kLongestSleepNs);
}

bool are_crowded(uint32_t processes) {
  const long online = sysconf(_SC_NPROCESSORS_ONLN);
  cpu_set_t set;
  CPU_ZERO(&set);
  const int usable = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
  return (online > 0 && processes > static_cast<uint64_t>(online)) || (usable > 1 && processes > static_cast<uint32_t>(usable));
}

}  // namespace sotto::mpi

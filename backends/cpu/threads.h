// threads.h - what the thread pool needs of the operating system. Hints are best effort and never fail.
#pragma once

#include <cstdint>
#include <thread>

namespace sotto::cpu {

// Cores this process may use, at least 1. [any thread]
uint32_t usable_cores();
// For the calling thread; 0 of either: leave as it is.
void apply_hints(int32_t priority, uint64_t affinity_mask);

// Cores by the system's numbers; empty where it does not say.
struct CoreSet {
  uint64_t bits[16] = {};  // as many as Linux numbers
  uint32_t count() const;
  void remove(int32_t core) { bits[core / 64] &= ~(uint64_t{1} << core % 64); }
};
CoreSet cores_of_caller();  // that its thread may use
int32_t core_of_caller();   // that it runs on; -1: unknown
void keep_on(std::thread& thread, const CoreSet& cores);

inline void pause_core() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

}  // namespace sotto::cpu

// threads.h - what the thread pool needs of the operating system. Hints are best effort and never fail.
#pragma once

#include <cstdint>

namespace sotto::cpu {

// Cores this process may use, at least 1. [any thread]
uint32_t usable_cores();
// For the calling thread; 0 of either: leave as it is.
void apply_hints(int32_t priority, uint64_t affinity_mask);

inline void pause_core() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

}  // namespace sotto::cpu

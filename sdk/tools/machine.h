// machine.h: the machine as far as its memory decides how fast a model can be: cores, caches, bandwidth, what this process
// took.
#pragma once

#include <cstdint>
#include <string>

namespace sotto::tools {

uint32_t usable_cores();        // of this process
uint64_t memory_total_bytes();  // 0: unknown
uint64_t memory_available_bytes();
uint64_t largest_cache_bytes();
uint64_t peak_resident_bytes();  // of this process so far (VmHWM)

// GB/s (1e9 bytes) at which `threads` threads read memory: the limit of a decode step, which reads every weight once. Best of a
// few passes over a buffer four times the largest cache, at most a quarter of the free memory. 0: there was no memory for it.
double read_bandwidth(uint32_t threads);

}  // namespace sotto::tools

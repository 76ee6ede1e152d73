// memory.h - what the operating system is told about memory: given back while its addresses stay taken, wanted in large pages.
#pragma once

#include <cstdint>

namespace sotto::cpu {

// The content becomes undefined; whole pages of the operating system inside go back. Best effort.
void give_back(uint8_t* memory, uint64_t bytes);
// A hint that the memory is read in long runs: large pages, where the operating system has them. Best effort.
void ask_for_large_pages(uint8_t* memory, uint64_t bytes);

}  // namespace sotto::cpu

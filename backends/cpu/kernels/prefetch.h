// prefetch.h - asks memory for a line before it is read.
#pragma once

namespace sotto::cpu {

// GCC takes a function that does nothing but prefetch for one that does nothing, and leaves its calls out: the empty statement
// says that something happens.
__attribute__((always_inline)) inline void ask_memory(const void* line) {
  __builtin_prefetch(line);
  asm volatile("");
}

// Into the second-level cache: much of it, or long before it is read.
__attribute__((always_inline)) inline void ask_far_memory(const void* line) {
  __builtin_prefetch(line, 0, 2);
  asm volatile("");
}

}  // namespace sotto::cpu

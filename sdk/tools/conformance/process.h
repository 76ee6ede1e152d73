// process.h - what this process holds of the system: memory, file descriptors, threads. Linux; elsewhere nothing is known.
#pragma once

#include <cstdint>

namespace sotto::conformance {

struct Holdings {
  uint64_t heap_bytes = 0;  // allocated and not freed, where the C library counts it
  uint64_t resident_bytes = 0;
  uint32_t descriptors = 0;
  uint32_t threads = 0;
  bool is_known = false;
};
Holdings holdings();

// How long the threads of this process, taken together, were ready to run while others had the processor. 0 where it is not
// told.
double waited_milliseconds();

// With a sanitizer memory is not what the program asked for: freed blocks are kept, each has a margin, and time is many times
// longer.
constexpr bool is_sanitized() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
  return true;
#else
  return false;
#endif
#else
  return false;
#endif
}

// While it lives, the process may take at most so many bytes of address space more than it has.
class MemoryLimit {
 public:
  explicit MemoryLimit(uint64_t more_bytes);
  ~MemoryLimit();
  MemoryLimit(const MemoryLimit&) = delete;
  MemoryLimit& operator=(const MemoryLimit&) = delete;
  bool is_set() const { return is_set_; }

 private:
  bool is_set_ = false;
  uint64_t before_ = 0;
};

}  // namespace sotto::conformance

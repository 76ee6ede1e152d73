#include "conformance/process.h"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace sotto::conformance {
namespace {

uint32_t entries(const char* folder) {
  std::error_code failed;
  const std::filesystem::directory_iterator all(folder, failed);
  return failed ? 0 : static_cast<uint32_t>(std::distance(begin(all), end(all)));
}

// Pages by their place in /proc/self/statm: 0 the address space, 1 what is resident.
uint64_t pages(int place) {
  std::ifstream file("/proc/self/statm");
  uint64_t value = 0;
  for (int i = 0; i <= place; ++i) file >> value;
  return file ? value * static_cast<uint64_t>(sysconf(_SC_PAGESIZE)) : 0;
}

}  // namespace

Holdings holdings() {
  Holdings h;
  h.resident_bytes = pages(1);
  h.descriptors = entries("/proc/self/fd");
  h.threads = entries("/proc/self/task");
#if defined(__GLIBC__)
  const struct mallinfo2 info = mallinfo2();
  h.heap_bytes = info.uordblks + info.hblkhd;
#endif
  h.is_known = h.resident_bytes != 0 && h.threads != 0;
  return h;
}

double waited_milliseconds() {
  std::error_code failed;
  double nanoseconds = 0;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task", failed)) {
    std::ifstream file(task.path() / "schedstat");
    double ran = 0, waited = 0;
    if (file >> ran >> waited) nanoseconds += waited;
  }
  return nanoseconds / 1e6;
}

MemoryLimit::MemoryLimit(uint64_t more_bytes) {
  struct rlimit limit {};
  const uint64_t now = pages(0);
  if (now == 0 || getrlimit(RLIMIT_AS, &limit) != 0) return;
  before_ = limit.rlim_cur;
  limit.rlim_cur = now + more_bytes;
  is_set_ = setrlimit(RLIMIT_AS, &limit) == 0;
}

MemoryLimit::~MemoryLimit() {
  struct rlimit limit {};
  if (!is_set_ || getrlimit(RLIMIT_AS, &limit) != 0) return;
  limit.rlim_cur = before_;
  (void)setrlimit(RLIMIT_AS, &limit);
}

}  // namespace sotto::conformance

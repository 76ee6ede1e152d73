#include "machine.h"

#include <sched.h>
#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <fstream>
#include <thread>
#include <vector>

namespace sotto::tools {
namespace {

constexpr int kPasses = 5;
constexpr uint64_t kLeastBuffer = uint64_t{256} << 20;

// The number behind `key` in a file of "key: number kB" lines, in bytes; 0: none.
uint64_t kilobytes_of(const char* file, const std::string& key) {
  std::ifstream in(file);
  for (std::string word; in >> word;)
    if (word == key) {
      uint64_t number = 0;
      in >> number;
      return number * 1024;
    }
  return 0;
}

// Sum of words [0, count): eight sums at once, so that the adds wait for memory and not for each other.
uint64_t sum_words(const uint64_t* words, size_t count) {
  uint64_t sums[8] = {};
  for (size_t i = 0; i + 8 <= count; i += 8)
    for (size_t k = 0; k < 8; ++k) sums[k] += words[i + k];
  uint64_t sum = 0;
  for (const uint64_t s : sums) sum += s;
  return sum;
}

// Memory of its own mapping, touched, in huge pages where there are any: otherwise address translation is measured too.
class Buffer {
 public:
  explicit Buffer(uint64_t bytes) : bytes_(bytes) {
    void* at = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) return;
    words_ = static_cast<uint64_t*>(at);
#ifdef MADV_HUGEPAGE
    madvise(at, bytes, MADV_HUGEPAGE);
#endif
  }
  ~Buffer() {
    if (words_ != nullptr) munmap(words_, bytes_);
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  uint64_t* words() const { return words_; }
  size_t count() const { return bytes_ / sizeof(uint64_t); }

 private:
  uint64_t bytes_;
  uint64_t* words_ = nullptr;
};

template <class Work>
void on_threads(uint32_t threads, const Work& work) {
  std::vector<std::thread> others;
  for (uint32_t t = 1; t < threads; ++t) others.emplace_back([&work, t] { work(t); });
  work(0);
  for (std::thread& other : others) other.join();
}

}  // namespace

uint32_t usable_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0) return static_cast<uint32_t>(CPU_COUNT(&set));
  return std::max(1u, std::thread::hardware_concurrency());
}

uint64_t memory_total_bytes() { return kilobytes_of("/proc/meminfo", "MemTotal:"); }
uint64_t memory_available_bytes() { return kilobytes_of("/proc/meminfo", "MemAvailable:"); }
uint64_t peak_resident_bytes() { return kilobytes_of("/proc/self/status", "VmHWM:"); }

uint64_t largest_cache_bytes() {
  uint64_t largest = 0;
  for (int index = 0; index < 8; ++index) {
    std::ifstream in("/sys/devices/system/cpu/cpu0/cache/index" + std::to_string(index) + "/size");
    uint64_t number = 0;
    char unit = 0;
    if (!(in >> number)) break;
    in >> unit;
    largest = std::max(largest, number << (unit == 'M' ? 20 : unit == 'K' ? 10 : 0));
  }
  return largest;
}

double read_bandwidth(uint32_t threads) {
  const uint64_t available = memory_available_bytes();
  uint64_t bytes = std::max(kLeastBuffer, 4 * largest_cache_bytes());
  if (available != 0) bytes = std::min(bytes, available / 4);
  const Buffer buffer(bytes);
  if (buffer.words() == nullptr || threads == 0) return 0;

  const size_t part = buffer.count() / threads;
  std::atomic<uint64_t> sum{0};
  on_threads(threads, [&](uint32_t t) { std::fill_n(buffer.words() + t * part, part, uint64_t{t} + 1); });
  double best = 0;
  for (int pass = 0; pass < kPasses; ++pass) {
    const auto start = std::chrono::steady_clock::now();
    on_threads(threads, [&](uint32_t t) { sum += sum_words(buffer.words() + t * part, part); });
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    // The sum is used, so that the reads cannot be left out; a wrong one would be no measurement.
    if (sum.exchange(0) != 0)
      best = std::max(best, static_cast<double>(part * threads * sizeof(uint64_t)) / seconds.count() / 1e9);
  }
  return best;
}

}  // namespace sotto::tools

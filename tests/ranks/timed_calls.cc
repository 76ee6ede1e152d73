#include "ranks/timed_calls.h"

#include <algorithm>
#include <chrono>
#include <vector>

namespace sotto::ranks {
namespace {

constexpr uint64_t kSizes[] = {4, 256, 2304, 8192, 65536, 589824, 4194304};
constexpr uint64_t kLarge = 256 << 10;
constexpr uint32_t kDeadlineMs = 10000;

}  // namespace

bool time_all_reduces(const sotto_interface& comm, uint32_t calls,
                      const std::function<void(const std::string& name, const std::string& value)>& line) {
  using Clock = std::chrono::steady_clock;
  const auto* api = static_cast<const sotto_comm_api*>(comm.table);
  for (const uint64_t bytes : kSizes) {
    std::vector<float> data(bytes / sizeof(float));
    std::vector<double> microseconds;
    const uint32_t count = std::max(bytes > kLarge ? calls / 10 : calls, 1u);
    for (uint32_t i = 0; i < count + count / 10; ++i) {
      sotto_error error{};
      error.struct_size = sizeof error;
      const Clock::time_point start = Clock::now();
      if (api->all_reduce_f32(comm.self, data.data(), data.size(), nullptr, kDeadlineMs, &error) != SOTTO_OK) {
        line("failed", error.text);
        return false;
      }
      const std::chrono::duration<double, std::micro> took = Clock::now() - start;
      if (i >= count / 10) microseconds.push_back(took.count());  // the first ones bring pages and threads up
    }
    std::sort(microseconds.begin(), microseconds.end());
    line("all_reduce of " + std::to_string(bytes), std::to_string(microseconds[microseconds.size() / 2]) +
                                                       " us, tenth percentile " +
                                                       std::to_string(microseconds[microseconds.size() / 10]));
  }
  return true;
}

}  // namespace sotto::ranks

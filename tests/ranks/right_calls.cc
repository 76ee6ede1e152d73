#include "ranks/right_calls.h"

#include <algorithm>
#include <vector>

namespace sotto::ranks {
namespace {

constexpr uint32_t kDeadlineMs = 10000;
constexpr uint64_t kCounts[] = {1, 3, 577, 70000, 600001};

class Calls {
 public:
  explicit Calls(const sotto_interface& comm)
      : api_(*static_cast<const sotto_comm_api*>(comm.table)),
        self_(comm.self),
        rank_(api_.rank(self_)),
        world_(api_.world(self_)) {}

  std::string run() {
    for (const uint64_t count : kCounts)
      if (!sums(count) || !gathers(count) || !broadcasts(count)) return what_ + " (of " + std::to_string(count) + ")";
    return {};
  }

 private:
  bool fail(const char* what) {
    what_ = std::string(what) + ": " + error_.text;
    return false;
  }

  // Whole numbers, so that the order of the sum does not matter; process 1 votes to stop in one of the calls.
  bool sums(uint64_t count) {
    std::vector<float> numbers(count);
    for (uint64_t i = 0; i < count; ++i) numbers[i] = static_cast<float>((rank_ + 1) * (i % 13));
    const uint32_t wish = rank_ == 1 && count == 577 ? 1 : 0;
    uint32_t stop = wish;
    if (api_.all_reduce_f32(self_, numbers.data(), count, &stop, kDeadlineMs, &error_) != SOTTO_OK) return fail("all_reduce");
    if ((stop != 0) != (count == 577)) return fail("a vote");
    const uint64_t ranks = uint64_t{world_} * (world_ + 1) / 2;
    for (uint64_t i = 0; i < count; ++i)
      if (numbers[i] != static_cast<float>(ranks * (i % 13))) return fail("a sum");
    return true;
  }

  // Process r brings r times as much as process 1, and so the first one nothing.
  bool gathers(uint64_t count) {
    std::vector<uint64_t> bytes(world_);
    uint64_t total = 0;
    for (uint32_t r = 0; r < world_; ++r) total += bytes[r] = count * r;
    const std::vector<uint8_t> part(bytes[rank_], static_cast<uint8_t>(rank_ + 1));
    std::vector<uint8_t> all(total);
    if (api_.all_gather(self_, part.data(), part.size(), all.data(), bytes.data(), nullptr, kDeadlineMs, &error_) != SOTTO_OK)
      return fail("all_gather");
    auto at = all.begin();
    for (uint32_t r = 0; r < world_; ++r) {
      const auto end = at + static_cast<std::ptrdiff_t>(bytes[r]);
      if (std::any_of(at, end, [&](uint8_t b) { return b != r + 1; })) return fail("a gathered part");
      at = end;
    }
    return true;
  }

  bool broadcasts(uint64_t count) {
    for (uint32_t root = 0; root < world_; ++root) {
      const auto mark = static_cast<uint8_t>(root + 7);
      std::vector<uint8_t> data(count, rank_ == root ? mark : uint8_t{0});
      if (api_.broadcast(self_, data.data(), count, root, kDeadlineMs, &error_) != SOTTO_OK) return fail("broadcast");
      if (std::any_of(data.begin(), data.end(), [&](uint8_t b) { return b != mark; })) return fail("what was broadcast");
    }
    return true;
  }

  const sotto_comm_api& api_;
  void* const self_;
  const uint32_t rank_, world_;
  sotto_error error_{sizeof(sotto_error), SOTTO_OK, {}};
  std::string what_;
};

}  // namespace

std::string make_right_calls(const sotto_interface& comm) { return Calls(comm).run(); }

}  // namespace sotto::ranks

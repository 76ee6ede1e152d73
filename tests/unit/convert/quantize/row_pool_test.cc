#include "convert/quantize/row_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <string>
#include <vector>

namespace sotto::quantize {
namespace {

Status fine(size_t) { return {}; }

TEST(RowPool, DoesEveryPieceOnce) {
  for (const uint32_t threads : {0u, 1u, 3u, 40u})
    for (const size_t count : {size_t{0}, size_t{1}, size_t{100}}) {
      std::vector<std::atomic<int>> done(count);
      const auto work = [&](size_t i) {
        ++done[i];
        return Status();
      };
      EXPECT_TRUE(for_each_piece(threads, count, work, fine).ok());
      for (const auto& times : done) EXPECT_EQ(times, 1);
    }
}

TEST(RowPool, TellsTheLowestFailure) {
  for (int round = 0; round < 20; ++round) {
    const auto work = [](size_t i) { return i % 10 == 7 ? Status(SOTTO_BAD_FILE, std::to_string(i)) : Status(); };
    EXPECT_EQ(for_each_piece(4, 100, work, fine).text(), "7");
  }
}

TEST(RowPool, StopsWhenTheCallerSaysSo) {
  std::atomic<size_t> done{0};
  const auto work = [&](size_t) {
    ++done;
    return Status();
  };
  const auto never = [](size_t) { return Status(SOTTO_CANCELLED, "enough"); };
  EXPECT_EQ(for_each_piece(1, 1000, work, never).code(), SOTTO_CANCELLED);
  EXPECT_EQ(done, 1u);
}

TEST(RowPool, ThrowsOnWhatTheWorkThrows) {
  const auto work = [](size_t i) -> Status {
    if (i == 3) throw std::runtime_error("three");
    return {};
  };
  EXPECT_THROW((void)for_each_piece(3, 10, work, fine), std::runtime_error);
}

}  // namespace
}  // namespace sotto::quantize

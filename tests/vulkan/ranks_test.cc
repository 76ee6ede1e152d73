// Ranks on devices of their own: where they meet, and what comes of it when one of them fails or the caller stops. What they
// compute is held to the formulas by the conformance kit (ranks_backend.cc).
#include <gtest/gtest.h>

#include <thread>

#include "meeting.h"
#include "vulkan/on_failing_driver.h"

namespace sotto::vulkan {
namespace {

bool goes_on() { return false; }

TEST(Meeting, SumsAndPutsSideBySideForEachRank) {
  Meeting meeting(3);
  Crew crew(3);
  std::vector<std::vector<float>> sums(3), rows(3);
  for (int times = 0; times < 200; ++times) {
    meeting.begin();
    crew.run([&](uint32_t r) {
      const std::vector<float> same = {1.0f + static_cast<float>(r), 10}, own(2 * r, static_cast<float>(r));
      sums[r].assign(2, 0);
      rows[r].assign(6, 0);
      EXPECT_TRUE(meeting.meet(r, {same.data(), 1, 2}, true, sums[r].data(), goes_on));
      EXPECT_TRUE(meeting.meet(r, {own.data(), 2, r}, false, rows[r].data(), goes_on));
    });
    for (uint32_t r = 0; r < 3; ++r) {
      ASSERT_EQ(sums[r], (std::vector<float>{6, 30}));
      ASSERT_EQ(rows[r], (std::vector<float>{1, 2, 2, 1, 2, 2}));  // rank 0 has no columns
    }
  }
}

TEST(Meeting, NobodyWaitsForARankThatLeft) {
  Meeting meeting(2);
  Crew crew(2);
  for (int times = 0; times < 50; ++times) {
    meeting.begin();
    crew.run([&](uint32_t r) {
      float number = 1, sum = 0;
      if (r == 1) return meeting.leave();
      EXPECT_FALSE(meeting.meet(r, {&number, 1, 1}, true, &sum, goes_on));
    });
  }
}

TEST(Meeting, WhoWaitsAsksWhetherToStop) {
  Meeting meeting(2);
  float number = 1, sum = 0;
  int asked = 0;
  EXPECT_FALSE(meeting.meet(0, {&number, 1, 1}, true, &sum, [&] { return ++asked == 3; }));
  EXPECT_EQ(asked, 3);
}

class VulkanRanks : public OnFailingDriver {
 protected:
  VulkanRanks() : OnFailingDriver(2) { hooks_.device_for_each_rank = true; }
};

TEST_F(VulkanRanks, SayTheSameAsOnOneDevice) {
  if (!make()) GTEST_SKIP() << reason_;
  EXPECT_NE(plugin_->open(0, 0), plugin_->open(0, 1));
  const Outcome apart = hold();
  ASSERT_EQ(apart.status, SOTTO_OK) << apart.error.text;
  hooks_.device_for_each_rank = false;
  ASSERT_TRUE(make());
  EXPECT_EQ(plugin_->open(0, 0), plugin_->open(0, 1));
  const Outcome together = hold();
  EXPECT_EQ(apart.ids, together.ids);
  EXPECT_LT(apart.dispatches, together.dispatches);  // of rank 0 alone
}

// The list has the one physical device once for each variant of products: as different as devices can be here.
TEST_F(VulkanRanks, MayBeOnUnlikeDevicesOfTheList) {
  hooks_.device_for_each_rank = false;
  hooks_.each_variant = true;
  if (!make()) GTEST_SKIP() << reason_;
  const Outcome together = hold();
  ASSERT_EQ(together.status, SOTTO_OK) << together.error.text;
  for (const std::vector<uint32_t>& devices : {std::vector<uint32_t>{0, 1}, {1, 0}}) {
    Dialogue unlike(*plugin_, net_);
    unlike.devices = devices;
    const Outcome outcome = unlike.hold();
    ASSERT_EQ(outcome.status, SOTTO_OK) << outcome.error.text;
    EXPECT_EQ(outcome.ids, together.ids);
  }
  Dialogue absent(*plugin_, net_);
  absent.devices = {0, 99};
  EXPECT_EQ(absent.hold().status, SOTTO_NOT_FOUND);
}

constexpr FailingFunction kRows[] = {
    {"QueueSubmit", VK_ERROR_DEVICE_LOST, SOTTO_DEVICE_LOST},
    {"WaitSemaphoresKHR", VK_ERROR_DEVICE_LOST, SOTTO_DEVICE_LOST},
    {"AllocateMemory", VK_ERROR_OUT_OF_DEVICE_MEMORY, SOTTO_OUT_OF_MEMORY},
    {"CreateDescriptorPool", VK_ERROR_OUT_OF_DEVICE_MEMORY, SOTTO_OUT_OF_MEMORY},
    {"BeginCommandBuffer", VK_ERROR_OUT_OF_HOST_MEMORY, SOTTO_OUT_OF_MEMORY},
};

TEST_F(VulkanRanks, AFailureOfOneIsAStatusAndTheNextDialogueIsRight) {
  constexpr uint32_t kPlaces = 6;
  if (!make()) GTEST_SKIP() << reason_;
  const Outcome whole = hold();
  ASSERT_EQ(whole.status, SOTTO_OK) << whole.error.text;
  fault = {};
  (void)hold();
  const std::map<std::string, uint32_t> calls = fault.calls;
  uint32_t faults = 0;
  for (const FailingFunction& row : kRows) {
    const auto found = calls.find(row.name);
    if (found == calls.end()) continue;  // it waits by fences
    for (uint32_t n = 1; n <= found->second; n += std::max(1u, found->second / kPlaces)) {
      ASSERT_NO_FATAL_FAILURE(fail_once(row, n, whole, &faults));
    }
  }
  std::printf("%u faults\n", faults);
  EXPECT_GE(faults, 2u * std::size(kRows));
}

TEST_F(VulkanRanks, WorkThatNeverEndsIsALostDevice) {
  hooks_.hung_ms = 200;
  if (!make()) GTEST_SKIP() << reason_;
  const bool by_timeline = (plugin_->open(0)->physical().abilities & kTimeline) != 0;
  fault = {by_timeline ? "WaitSemaphoresKHR" : "WaitForFences", 1, VK_TIMEOUT, true, {}};
  const Outcome hung = hold();
  EXPECT_EQ(hung.status, SOTTO_DEVICE_LOST) << hung.error.text;
}

// Dialogue holds each failed batch to what is committed: nothing of it, on any rank.
TEST_F(VulkanRanks, AStopAtAnyQuestionCommitsNothing) {
  if (!make()) GTEST_SKIP() << reason_;
  Dialogue whole(*plugin_, net_);
  const Outcome all = whole.hold();
  ASSERT_EQ(all.status, SOTTO_OK) << all.error.text;
  ASSERT_GT(whole.asked, 8u);
  for (uint32_t n = 1; n <= whole.asked; n += std::max(1u, whole.asked / 24)) {
    Dialogue stopped(*plugin_, net_);
    stopped.stop_at = n;
    const Outcome outcome = stopped.hold();
    // How often it is asked depends on the time.
    EXPECT_EQ(outcome.status, stopped.asked >= n ? SOTTO_CANCELLED : SOTTO_OK)
        << "at question " << n << ": " << outcome.error.text;
    EXPECT_EQ(hold().ids, all.ids);
  }
}

}  // namespace
}  // namespace sotto::vulkan

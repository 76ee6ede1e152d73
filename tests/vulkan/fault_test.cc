// A driver that fails at every place in turn: each call of each function below answers an error once, and what comes of it is a
// status, never a crash, and afterwards the same answer as before.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>

#include "vulkan/on_failing_driver.h"

namespace sotto::vulkan {
namespace {

using conformance::build;
using conformance::kSmallModel;
using conformance::Net;

class VulkanFaults : public OnFailingDriver {
 protected:
  VulkanFaults() : OnFailingDriver(1) {}
};

constexpr FailingFunction kRows[] = {
    {"QueueSubmit", VK_ERROR_DEVICE_LOST, SOTTO_DEVICE_LOST},
    {"WaitForFences", VK_ERROR_DEVICE_LOST, SOTTO_DEVICE_LOST},
    {"WaitSemaphoresKHR", VK_ERROR_DEVICE_LOST, SOTTO_DEVICE_LOST},
    {"AllocateMemory", VK_ERROR_OUT_OF_DEVICE_MEMORY, SOTTO_OUT_OF_MEMORY},
    {"CreateBuffer", VK_ERROR_OUT_OF_HOST_MEMORY, SOTTO_OUT_OF_MEMORY},
    {"CreateBufferView", VK_ERROR_OUT_OF_DEVICE_MEMORY, SOTTO_OUT_OF_MEMORY},
    {"MapMemory", VK_ERROR_MEMORY_MAP_FAILED, SOTTO_OUT_OF_MEMORY},
    {"CreateComputePipelines", VK_ERROR_OUT_OF_HOST_MEMORY, SOTTO_OUT_OF_MEMORY},
    {"CreateDescriptorPool", VK_ERROR_OUT_OF_DEVICE_MEMORY, SOTTO_OUT_OF_MEMORY},
    {"AllocateDescriptorSets", VK_ERROR_OUT_OF_POOL_MEMORY, SOTTO_OUT_OF_MEMORY},
    {"CreateCommandPool", VK_ERROR_OUT_OF_HOST_MEMORY, SOTTO_OUT_OF_MEMORY},
    {"BeginCommandBuffer", VK_ERROR_OUT_OF_HOST_MEMORY, SOTTO_OUT_OF_MEMORY},
    {"CreateFence", VK_ERROR_OUT_OF_HOST_MEMORY, SOTTO_OUT_OF_MEMORY},
    {"CreateSemaphore", VK_ERROR_OUT_OF_HOST_MEMORY, SOTTO_OUT_OF_MEMORY},
};

constexpr uint32_t kEveryPlace = UINT32_MAX;

// By a timeline where the device has one, and by fences.
class VulkanFaultsBy : public VulkanFaults, public testing::WithParamInterface<bool> {
 protected:
  VulkanFaultsBy() { hooks_.by_fences = GetParam(); }
  void fail_at(uint32_t places);
};
INSTANTIATE_TEST_SUITE_P(Waits, VulkanFaultsBy, testing::Values(false, true),
                         [](const auto& p) { return p.param ? "ByFences" : "ByTimeline"; });

// At so many calls of each function, from the first of the dialogue to the last.
void VulkanFaultsBy::fail_at(uint32_t places) {
  const Outcome whole = hold();
  ASSERT_EQ(whole.status, SOTTO_OK) << whole.error.text;
  const std::map<std::string, uint32_t> first = fault.calls;
  fault = {};
  (void)hold();  // pipelines are there by now
  const std::map<std::string, uint32_t> again = fault.calls;
  uint32_t faults = 0;
  for (const FailingFunction& row : kRows) {
    // Only a device just opened makes these.
    const bool is_new =
        std::string_view(row.name) == "CreateComputePipelines" || std::string_view(row.name) == "CreateSemaphore";
    const bool has_other =
        first.count(row.name) == 0 && (std::string_view(row.name).find("Fence") != std::string_view::npos ||
                                       std::string_view(row.name).find("Semaphore") != std::string_view::npos);
    if (has_other) continue;  // it waits by the other
    const uint32_t calls = (is_new ? first : again).at(row.name);
    // Some from each part of the dialogue.
    const uint32_t step = std::max(1u, calls / places);
    for (uint32_t n = 1; n <= calls; n += step) {
      if (is_new) {
        ASSERT_TRUE(make());
      }
      ASSERT_NO_FATAL_FAILURE(fail_once(row, n, whole, &faults));
    }
  }
  RecordProperty("faults", static_cast<int>(faults));
  std::printf("%u faults\n", faults);
}

// A device that was lost compiles its shaders again: a few places, and by hand (--gtest_also_run_disabled_tests) each one.
TEST_P(VulkanFaultsBy, EachFailureIsAStatusAndTheNextDialogueIsRight) {
  if (!make()) GTEST_SKIP() << reason_;
  fail_at(2);
}
TEST_P(VulkanFaultsBy, DISABLED_WhicheverCallFailsTheNextDialogueIsRight) {
  if (!make()) GTEST_SKIP() << reason_;
  fail_at(kEveryPlace);
}

// What other devices take: every variant of products that is exact, and memory that the host does not see. Those that round the
// inputs are held to the reference by the conformance kit (variants_backend.cc).
TEST_F(VulkanFaults, DevicesThatOfferLessOrMoreSayTheSame) {
  if (!make()) GTEST_SKIP() << reason_;
  const Outcome usual = hold();
  ASSERT_EQ(usual.status, SOTTO_OK) << usual.error.text;
  const PhysicalDevice device = plugin_->open(0)->physical();
  uint32_t others = 0;
  for (const Variant* v : variants_of(device.abilities, device.subgroups)) {
    if ((v->needs & (kFloat16 | kDot)) != 0) continue;
    hooks_.variant = v->name;
    ASSERT_TRUE(make());
    const Outcome other = hold();
    ASSERT_EQ(other.status, SOTTO_OK) << v->name << ": " << other.error.text;
    EXPECT_EQ(other.ids, usual.ids) << v->name;
    EXPECT_EQ(plugin_->open(0)->physical().variant, v);
    ++others;
  }
  EXPECT_GE(others, 1u);
  hooks_.variant.clear();
  hooks_.with_staging = true;
  ASSERT_TRUE(make());
  EXPECT_EQ(hold().ids, usual.ids);
}

TEST_P(VulkanFaultsBy, WorkThatNeverEndsIsALostDevice) {
  hooks_.hung_ms = 200;
  if (!make()) GTEST_SKIP() << reason_;
  const bool by_timeline = (plugin_->open(0)->physical().abilities & kTimeline) != 0;
  EXPECT_FALSE(by_timeline && GetParam());
  fault = {by_timeline ? "WaitSemaphoresKHR" : "WaitForFences", 1, VK_TIMEOUT, true, {}};
  const Outcome hung = hold();
  EXPECT_EQ(hung.status, SOTTO_DEVICE_LOST) << hung.error.text;
  EXPECT_NE(std::string(hung.error.text).find("did not finish"), std::string::npos) << hung.error.text;
}

TEST_F(VulkanFaults, ResultsThatAreNoNumbersAreALostDevice) {
  if (!make()) GTEST_SKIP() << reason_;
  for (conformance::HeldWeight& w : net_.weights)
    if (w.uses == SOTTO_USE_VECTOR) {
      const float nothing = std::numeric_limits<float>::quiet_NaN();
      std::memcpy(w.tensor.bytes.data(), &nothing, sizeof nothing);
    }
  const Outcome wrong = hold();
  EXPECT_EQ(wrong.status, SOTTO_DEVICE_LOST) << wrong.error.text;
}

// What a token costs a real device besides its bytes. Where subgroups are wide, products normalise their inputs for themselves.
TEST_F(VulkanFaults, ALayerIsEightDispatchesAndSixBarriersAtTheMost) {
  for (const bool is_wide : {true, false}) {
    hooks_.variant = is_wide ? "subgroups" : "texels";
    if (!make()) GTEST_SKIP() << reason_;
    Outcome outcomes[2];
    for (const uint32_t more : {0u, 1u}) {
      conformance::ModelShape shape = kSmallModel;
      shape.layers += more;
      Net net(1, 77, shape.vocabulary);
      build(net, shape, SOTTO_Q8_0);
      outcomes[more] = Dialogue(*plugin_, net).hold();
      ASSERT_EQ(outcomes[more].status, SOTTO_OK) << outcomes[more].error.text;
    }
    const uint32_t dispatches = outcomes[1].dispatches - outcomes[0].dispatches;
    const uint32_t barriers = outcomes[1].barriers - outcomes[0].barriers;
    std::printf("%s: %u dispatches and %u barriers a layer; %u and %u a token of %u layers\n", is_wide ? "wide" : "texels",
                dispatches, barriers, outcomes[0].dispatches, outcomes[0].barriers, kSmallModel.layers);
    EXPECT_LE(dispatches, is_wide ? 8u : 10u);
    EXPECT_LE(barriers, is_wide ? 6u : 8u);
  }
}

TEST_F(VulkanFaults, NoLoaderIsNoDeviceAndAReason) {
  hooks_.libraries = {"libthere_is_no_such_loader.so.1"};
  EXPECT_FALSE(make());
  EXPECT_NE(reason_.find("libthere_is_no_such_loader"), std::string::npos) << reason_;
}

}  // namespace
}  // namespace sotto::vulkan

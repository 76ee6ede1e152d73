// A product by each variant, in a net so small that GPU-assisted validation, whose instrumented shaders take this machine's
// driver minutes to compile, gets through it (docs/vulkan.md): several rows at once and one, by a timeline and by fences.
#include <gtest/gtest.h>

#include "plugin.h"
#include "vulkan/dialogue.h"

namespace sotto::vulkan {
namespace {

using conformance::LinearSpec;
using conformance::Net;
using conformance::Node;

constexpr uint32_t kVocabulary = 17, kHidden = 64;

class VulkanProducts : public testing::TestWithParam<std::tuple<size_t, bool>> {
 protected:
  VulkanProducts() : net_(1, 7, kVocabulary) {
    const Node x = net_.join(net_.embed(SOTTO_F32, kHidden, false));
    LinearSpec spec;
    spec.type = SOTTO_Q8_0;
    spec.out = kVocabulary;
    net_.output(net_.linear(x, spec));
    net_.output(x);
  }
  static const Variant& variant() { return kVariants[std::get<0>(GetParam())]; }

  static std::vector<uint32_t> ids_;  // of the first variant that does not round
  Net net_;
};
std::vector<uint32_t> VulkanProducts::ids_;

INSTANTIATE_TEST_SUITE_P(Each, VulkanProducts, testing::Combine(testing::Range(size_t{0}, kVariantCount), testing::Bool()),
                         [](const auto& p) {
                           return std::string(kVariants[std::get<0>(p.param)].name) +
                                  (std::get<1>(p.param) ? "ByFences" : "ByTimeline");
                         });

TEST_P(VulkanProducts, AreTheSameWhereTheyDoNotRound) {
  DriverHooks hooks;
  hooks.variant = variant().name;
  hooks.by_fences = std::get<1>(GetParam());
  Plugin plugin(plugin::Host(&kSilentHost), hooks);
  uint32_t count = 0;
  sotto_error error{sizeof error, 0, {}};
  if (backend_table().device_count(&plugin, &count, &error) != SOTTO_OK) GTEST_SKIP() << error.text;
  if (plugin.open(0)->physical().variant != &variant()) GTEST_SKIP() << "the device cannot do " << variant().name;
  const Outcome outcome = Dialogue(plugin, net_).hold();
  ASSERT_EQ(outcome.status, SOTTO_OK) << outcome.error.text;
  ASSERT_EQ(outcome.ids.size(), 4u);
  if ((variant().needs & (kFloat16 | kDot)) != 0) return;
  if (ids_.empty()) ids_ = outcome.ids;
  EXPECT_EQ(outcome.ids, ids_);
}

}  // namespace
}  // namespace sotto::vulkan

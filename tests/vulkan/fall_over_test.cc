// A driver that fails in the middle of an answer, below the C interface: the answer goes on on the CPU and its greedy ids are
// those of the CPU alone, whichever call it was; a driver that computes wrong numbers is not used at all.
#include <gtest/gtest.h>

#include "e2e/objects.h"
#include "plugin.h"
#include "vulkan/failing_driver.h"

namespace sotto::vulkan {
namespace {

using e2e::Answer;
using e2e::ModelPtr;
using e2e::RuntimePtr;
using e2e::SessionPtr;

constexpr uint32_t kTokens = 6;

DriverHooks hooks;  // of the plugin below, which is made by a plain function

const sotto_plugin_entry kFaulty = {SOTTO_PLUGIN_HEAD,
                                    "test.faulty",
                                    "1.0.0",
                                    "the Vulkan backend with a driver that fails",
                                    [](const sotto_host* host, void** self, sotto_error*) -> sotto_status {
                                      *self = new Plugin(plugin::Host(host), hooks);
                                      return SOTTO_OK;
                                    },
                                    [](void* self) { delete static_cast<Plugin*>(self); },
                                    [](void* self, const char* id) { return static_cast<Plugin*>(self)->query(id); }};

class VulkanFallsOver : public testing::Test {
 protected:
  VulkanFallsOver() {
    fault = {};
    hooks = {};
    hooks.change_table = let_fail;
  }
  // Skips where the machine has no device.
  bool make() {
    auto o = e2e::sized<sotto_runtime_options>();
    const sotto_plugin_entry* entry = &kFaulty;
    o.plugin_entries = &entry;
    o.plugin_entry_count = 1;
    o.threads = 1;
    o.log = [](void* self, int32_t, sotto_str line) {
      static_cast<std::string*>(self)->append(line.data, line.size).append("\n");
    };
    o.log_user = &log_;
    runtime_ = e2e::make_runtime(&o);
    const uint32_t faulty = index_of("test.faulty");
    auto info = e2e::sized<sotto_backend_info>();
    EXPECT_EQ(sotto_runtime_backend_info(runtime_.get(), faulty, &info, nullptr), SOTTO_OK);
    reason_ = info.reason;
    return info.device_count != 0;
  }
  uint32_t index_of(const std::string& id) const {
    auto info = e2e::sized<sotto_backend_info>();
    for (uint32_t i = 0; sotto_runtime_backend_info(runtime_.get(), i, &info, nullptr) == SOTTO_OK; ++i)
      if (info.id == id) return i;
    return SOTTO_NONE;
  }
  sotto_device_verdict check(uint32_t flags) const {
    auto verdict = e2e::sized<sotto_device_verdict>();
    e2e::Error error;
    EXPECT_EQ(sotto_runtime_check_device(runtime_.get(), index_of("test.faulty"), 0, flags, &verdict, &error), SOTTO_OK)
        << error.text;
    return verdict;
  }
  ModelPtr open(const char* backend, e2e::Error* error, uint32_t layers = 0) const {
    const std::string path = e2e::fixture("gguf/small-q8_0.gguf");
    const auto source = e2e::path_source(path);
    auto o = e2e::sized<sotto_model_options>();
    o.backend = sotto_cstr(backend);
    o.max_batch = 16;
    o.device_layers = layers;
    sotto_model* model = nullptr;
    (void)sotto_model_open(runtime_.get(), &source, &o, &model, error);
    return ModelPtr(model);
  }
  Answer ask(sotto_model* model) const {
    return e2e::generate(e2e::make_session(model).get(), e2e::greedy_options(wanted_.tokens, kTokens));
  }
  static std::string backend_of(const sotto_model* model) {
    auto facts = e2e::sized<sotto_model_facts>();
    EXPECT_EQ(sotto_model_get_facts(model, &facts, nullptr), SOTTO_OK);
    return facts.backend;
  }

  void answer_with_faults(uint32_t first, uint32_t (*next)(uint32_t));

  RuntimePtr runtime_;
  std::string log_, reason_;
  const e2e::Expected wanted_ = e2e::expected("small-q8_0");
};

struct Row {
  const char* function;
  VkResult answer;
};
constexpr Row kRows[] = {
    {"QueueSubmit", VK_ERROR_DEVICE_LOST},
    {"WaitForFences", VK_ERROR_DEVICE_LOST},
    {"WaitSemaphoresKHR", VK_ERROR_DEVICE_LOST},  // where the device waits by its timeline
    {"BeginCommandBuffer", VK_ERROR_OUT_OF_HOST_MEMORY},
    {"CreateComputePipelines", VK_ERROR_OUT_OF_DEVICE_MEMORY},
    {"AllocateDescriptorSets", VK_ERROR_OUT_OF_POOL_MEMORY},
    {"QueueSubmit", VK_ERROR_UNKNOWN},
};

// Each row's function fails at call `first`, then at next(first) and so on, until the answer has no such call.
void VulkanFallsOver::answer_with_faults(uint32_t first, uint32_t (*next)(uint32_t)) {
  e2e::Error error;
  const ModelPtr cpu = open("cpu", &error);
  ASSERT_TRUE(cpu) << error.text;
  const std::vector<uint32_t> on_cpu = ask(cpu.get()).tokens;
  ASSERT_EQ(on_cpu.size(), kTokens);
  uint32_t faults = 0;
  for (const Row& row : kRows)
    for (uint32_t n = first;; n = next(n)) {
      SCOPED_TRACE(std::string(row.function) + " fails at call " + std::to_string(n) + " of the answer");
      log_.clear();
      fault = {};
      ModelPtr model = open("faulty", &error);
      ASSERT_TRUE(model) << error.text;
      fault = {row.function, n, row.answer, false, {}};
      const Answer answer = ask(model.get());
      const bool came = fault.came();
      fault = {};
      ASSERT_EQ(answer.status, SOTTO_OK) << answer.error;
      EXPECT_EQ(answer.tokens, on_cpu);
      EXPECT_EQ(backend_of(model.get()), came ? "cpu" : "faulty");
      EXPECT_EQ(log_.find("goes on on cpu") != std::string::npos, came) << log_;
      if (!came) break;
      ++faults;
    }
  std::printf("%u faults\n", faults);
  EXPECT_GE(faults, 5u);
}

// A device is opened again after each loss, and a software driver then compiles all shaders again: a few calls from the
// beginning to the end, and by hand (--gtest_also_run_disabled_tests) every one.
TEST_F(VulkanFallsOver, InTheMiddleOfAnAnswerWhereverACallFails) {
  if (!make()) GTEST_SKIP() << reason_;
  answer_with_faults(2, [](uint32_t n) { return 16 * n; });
}
TEST_F(VulkanFallsOver, DISABLED_InTheMiddleOfAnAnswerWhicheverCallFails) {
  if (!make()) GTEST_SKIP() << reason_;
  answer_with_faults(1, [](uint32_t n) { return n + 1; });
}

// The other way to change the device: what was computed on one is not computed again on the other.
TEST_F(VulkanFallsOver, ASessionSavedOnOneSideGoesOnOnTheOther) {
  if (!make()) GTEST_SKIP() << reason_;
  e2e::Error error;
  const ModelPtr models[] = {open("faulty", &error), open("cpu", &error)};
  ASSERT_TRUE(models[0] && models[1]) << error.text;
  for (const int from : {0, 1}) {
    SCOPED_TRACE(from == 0 ? "from the device to the CPU" : "from the CPU to the device");
    const SessionPtr source = e2e::make_session(models[from].get());
    std::vector<uint32_t> ids = e2e::generate(source.get(), e2e::greedy_options(wanted_.tokens, kTokens)).tokens;
    uint64_t size = 0;
    ASSERT_EQ(sotto_session_save(source.get(), nullptr, 0, &size, &error), SOTTO_OK) << error.text;
    std::vector<uint8_t> bytes(static_cast<size_t>(size));
    ASSERT_EQ(sotto_session_save(source.get(), bytes.data(), size, &size, &error), SOTTO_OK) << error.text;
    const SessionPtr target = e2e::make_session(models[1 - from].get());
    ASSERT_EQ(sotto_session_restore(target.get(), bytes.data(), size, &error), SOTTO_OK) << error.text;
    const Answer rest = e2e::generate(target.get(), e2e::greedy_options({}, kTokens));
    ASSERT_EQ(rest.status, SOTTO_OK) << rest.error;
    ids.insert(ids.end(), rest.tokens.begin(), rest.tokens.end());
    EXPECT_EQ(ids, std::vector<uint32_t>(wanted_.greedy.begin(), wanted_.greedy.begin() + 2 * kTokens));
    auto counters = e2e::sized<sotto_counters>();
    ASSERT_EQ(sotto_session_counters(target.get(), &counters, nullptr), SOTTO_OK);
    EXPECT_EQ(counters.computed_tokens, kTokens) << "what was saved is not computed again";
  }
}

// A device with less memory than the model takes, in steps of it, has fewer layers; a loss leaves the device all the same.
uint64_t heap_bytes = 0;
void tell_small_heap(InstanceFunctions& table) {
  static PFN_vkGetPhysicalDeviceMemoryProperties2 real;
  real = table.GetPhysicalDeviceMemoryProperties2;
  table.GetPhysicalDeviceMemoryProperties2 = [](VkPhysicalDevice device, VkPhysicalDeviceMemoryProperties2* out) {
    real(device, out);
    for (VkMemoryHeap& heap : out->memoryProperties.memoryHeaps) heap.size = heap_bytes;
  };
}

TEST_F(VulkanFallsOver, LayersThatDoNotFitTheDeviceAreTheCpus) {
  constexpr uint64_t kReserve = 24u << 20;
  hooks.change_instance = tell_small_heap;
  std::string seen;
  for (heap_bytes = kReserve; heap_bytes <= kReserve + (8u << 20); heap_bytes += 32u << 10) {
    if (!make()) GTEST_SKIP() << reason_;
    e2e::Error error;
    const ModelPtr model = open("faulty", &error, SOTTO_DEVICE_LAYERS_AUTO);
    ASSERT_TRUE(model) << error.text;
    auto facts = e2e::sized<sotto_model_facts>();
    ASSERT_EQ(sotto_model_get_facts(model.get(), &facts, nullptr), SOTTO_OK);
    const std::string device = facts.device;
    const size_t at = device.find(" of 2 layers on faulty");
    const char is = backend_of(model.get()) == "cpu" ? '0' : at == std::string::npos ? 'w' : device[at - 1];
    if (!seen.empty() && seen.back() == is) continue;
    seen.push_back(is);
    if (is == '1') fault = {"QueueSubmit", 4, VK_ERROR_DEVICE_LOST, false, {}};
    const Answer answer = ask(model.get());
    const bool came = fault.came();
    fault = {};
    EXPECT_EQ(answer.status, SOTTO_OK) << answer.error;
    EXPECT_EQ(answer.tokens, std::vector<uint32_t>(wanted_.greedy.begin(), wanted_.greedy.begin() + kTokens)) << is;
    EXPECT_EQ(backend_of(model.get()), came || is == '0' ? "cpu" : "faulty");
    EXPECT_EQ(came, is == '1');
    if (is == 'w') break;
  }
  EXPECT_EQ(seen, "012w") << "layers on the device; w: all of the model";
}

TEST_F(VulkanFallsOver, FromWorkThatNeverEndsAndFromResultsThatAreNoNumbers) {
  hooks.hung_ms = 300;
  hooks.by_fences = true;  // fault_test.cc has both
  if (!make()) GTEST_SKIP() << reason_;
  e2e::Error error;
  const ModelPtr model = open("faulty", &error);
  ASSERT_TRUE(model) << error.text;
  fault = {"WaitForFences", 3, VK_TIMEOUT, true, {}};
  const Answer answer = ask(model.get());
  fault = {};
  EXPECT_EQ(answer.status, SOTTO_OK) << answer.error;
  EXPECT_EQ(answer.tokens, std::vector<uint32_t>(wanted_.greedy.begin(), wanted_.greedy.begin() + kTokens));
  EXPECT_EQ(backend_of(model.get()), "cpu");
}

// Sums over lanes that are not there: a driver that reports subgroups larger than they are.
void tell_wide_subgroups(InstanceFunctions& table) {
  static PFN_vkGetPhysicalDeviceProperties2 real;
  real = table.GetPhysicalDeviceProperties2;
  table.GetPhysicalDeviceProperties2 = [](VkPhysicalDevice device, VkPhysicalDeviceProperties2* out) {
    real(device, out);
    for (auto* next = static_cast<VkBaseOutStructure*>(out->pNext); next != nullptr; next = next->pNext)
      if (next->sType == VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_PROPERTIES)
        reinterpret_cast<VkPhysicalDeviceSubgroupProperties*>(next)->subgroupSize *= 4;
  };
}

TEST_F(VulkanFallsOver, ADriverThatComputesWrongNumbersIsNotUsed) {
  if (!make()) GTEST_SKIP() << reason_;
  EXPECT_EQ(check(SOTTO_CHECK_KNOWN).state, SOTTO_DEVICE_UNCHECKED);
  const sotto_device_verdict honest = check(0);
  EXPECT_EQ(honest.state, SOTTO_DEVICE_PASSED) << honest.reason;
  EXPECT_EQ(honest.in_process, 1u) << "linked in: there is no file to open elsewhere";
  std::printf("the check took %u ms\n", honest.milliseconds);
  hooks.change_instance = tell_wide_subgroups;
  ASSERT_TRUE(make());
  const sotto_device_verdict lying = check(0);
  EXPECT_EQ(lying.state, SOTTO_DEVICE_QUARANTINED);
  EXPECT_NE(std::string(lying.reason).find("wrong numbers"), std::string::npos) << lying.reason;
  e2e::Error error;
  EXPECT_FALSE(open("faulty", &error));
  EXPECT_EQ(error.status, SOTTO_REFUSED) << error.text;
  EXPECT_NE(std::string(error.text).find("quarantine"), std::string::npos) << error.text;
}

}  // namespace
}  // namespace sotto::vulkan

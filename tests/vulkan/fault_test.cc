// A driver that fails at every place in turn: each call of each function below answers an error once, and what comes of it is a
// status, never a crash, and afterwards the same answer as before.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>

#include "conformance/models.h"
#include "plugin.h"

namespace sotto::vulkan {
namespace {

using conformance::build;
using conformance::kSmallModel;
using conformance::Net;
using conformance::Sequence;

// Which call of which function fails, and how. Plain functions of a table know nothing else.
struct Fault {
  std::string function;
  uint32_t at = 0;  // the first call is 1; 0: none fails
  VkResult answer = VK_SUCCESS;
  bool lasts = false;  // all later calls too
  std::map<std::string, uint32_t> calls;

  VkResult next(const char* name, bool* is_it) {
    const uint32_t call = ++calls[name];
    *is_it = at != 0 && function == name && (call == at || (lasts && call > at));
    return answer;
  }
};
Fault fault;
DeviceFunctions real;

#define SOTTO_FAILING(name, parameters, arguments)           \
  VKAPI_ATTR VkResult VKAPI_CALL failing_##name parameters { \
    bool is_it = false;                                      \
    const VkResult answer = fault.next(#name, &is_it);       \
    return is_it ? answer : real.name arguments;             \
  }
SOTTO_FAILING(QueueSubmit, (VkQueue q, uint32_t n, const VkSubmitInfo* s, VkFence f), (q, n, s, f))
SOTTO_FAILING(WaitForFences, (VkDevice d, uint32_t n, const VkFence* f, VkBool32 all, uint64_t t), (d, n, f, all, t))
SOTTO_FAILING(AllocateMemory, (VkDevice d, const VkMemoryAllocateInfo* i, const VkAllocationCallbacks* a, VkDeviceMemory* m),
              (d, i, a, m))
SOTTO_FAILING(CreateBuffer, (VkDevice d, const VkBufferCreateInfo* i, const VkAllocationCallbacks* a, VkBuffer* b),
              (d, i, a, b))
SOTTO_FAILING(MapMemory, (VkDevice d, VkDeviceMemory m, VkDeviceSize o, VkDeviceSize s, VkMemoryMapFlags f, void** p),
              (d, m, o, s, f, p))
SOTTO_FAILING(CreateComputePipelines,
              (VkDevice d, VkPipelineCache c, uint32_t n, const VkComputePipelineCreateInfo* i, const VkAllocationCallbacks* a,
               VkPipeline* p),
              (d, c, n, i, a, p))
SOTTO_FAILING(CreateDescriptorPool,
              (VkDevice d, const VkDescriptorPoolCreateInfo* i, const VkAllocationCallbacks* a, VkDescriptorPool* p),
              (d, i, a, p))
SOTTO_FAILING(AllocateDescriptorSets, (VkDevice d, const VkDescriptorSetAllocateInfo* i, VkDescriptorSet* s), (d, i, s))
SOTTO_FAILING(CreateCommandPool,
              (VkDevice d, const VkCommandPoolCreateInfo* i, const VkAllocationCallbacks* a, VkCommandPool* p), (d, i, a, p))
SOTTO_FAILING(BeginCommandBuffer, (VkCommandBuffer c, const VkCommandBufferBeginInfo* i), (c, i))
SOTTO_FAILING(CreateFence, (VkDevice d, const VkFenceCreateInfo* i, const VkAllocationCallbacks* a, VkFence* f), (d, i, a, f))
#undef SOTTO_FAILING

void change(DeviceFunctions& table) {
  real = table;
  table.QueueSubmit = failing_QueueSubmit;
  table.WaitForFences = failing_WaitForFences;
  table.AllocateMemory = failing_AllocateMemory;
  table.CreateBuffer = failing_CreateBuffer;
  table.MapMemory = failing_MapMemory;
  table.CreateComputePipelines = failing_CreateComputePipelines;
  table.CreateDescriptorPool = failing_CreateDescriptorPool;
  table.AllocateDescriptorSets = failing_AllocateDescriptorSets;
  table.CreateCommandPool = failing_CreateCommandPool;
  table.BeginCommandBuffer = failing_BeginCommandBuffer;
  table.CreateFence = failing_CreateFence;
}

const sotto_host kHost = {sizeof(sotto_host),
                          SOTTO_ABI_MAJOR,
                          SOTTO_ABI_MINOR,
                          0,
                          nullptr,
                          [](void*, int32_t, sotto_str) {},
                          [](void*, const char*) {
                            return sotto_interface{nullptr, nullptr};
                          }};

// What a short dialogue came to.
struct Outcome {
  sotto_status status = SOTTO_OK;
  std::vector<uint32_t> ids;
  sotto_error error{sizeof(sotto_error), 0, {}};
};

class Dialogue {
 public:
  Dialogue(Plugin& plugin, Net& net) : plugin_(plugin), net_(net), b_(backend_table()) {}
  ~Dialogue() {
    b_.cache_destroy(cache_);
    b_.program_destroy(program_);
    b_.weights_destroy(weights_);
    b_.group_destroy(group_);
  }
  // Three tokens at once, then three greedy ones.
  Outcome hold() {
    out_.status = make();
    std::vector<uint32_t> next = {1, 2, 3};
    uint32_t position = 0;
    for (int turn = 0; out_.status == SOTTO_OK && turn < 4; ++turn) {
      std::vector<sotto_batch_row> rows;
      for (const uint32_t token : next) rows.push_back({token, position++, 0, 1, nullptr, 0, 0});
      out_.status = run(rows, &next);
      if (out_.status == SOTTO_OK) out_.ids.push_back(next[0]);
    }
    return out_;
  }

 private:
  sotto_status make() {
    sotto_group_options g{};
    g.struct_size = sizeof g;
    const sotto_cache_options c{sizeof c, SOTTO_F16, SOTTO_F16, 1, 32};
    sotto_status s = b_.group_create(&plugin_, &g, &group_, &out_.error);
    if (s == SOTTO_OK) s = b_.weights_create(group_, &net_.plan(), &weights_, &out_.error);
    for (uint32_t w = 0; s == SOTTO_OK && w < net_.weights.size(); ++w) {
      const conformance::Tensor& t = net_.weights[w].tensor;
      const sotto_upload u{sizeof u, 0, t.bytes.data(), t.bytes.size(), t.row_bytes, nullptr, nullptr};
      s = b_.upload(weights_, w, 0, &u, &out_.error);
    }
    if (s == SOTTO_OK) s = b_.compile(group_, &net_.plan(), weights_, 8, &program_, &out_.error);
    if (s == SOTTO_OK) s = b_.cache_create(program_, &c, &cache_, &out_.error);
    return s;
  }
  sotto_status run(const std::vector<sotto_batch_row>& rows, std::vector<uint32_t>* next) {
    sotto_batch batch{};
    batch.struct_size = sizeof batch;
    batch.row_count = static_cast<uint32_t>(rows.size());
    batch.row_stride = sizeof rows[0];
    batch.rows = rows.data();
    const float* logits[2] = {};
    uint32_t counts[2] = {}, length = 0;
    sotto_run_result result{sizeof result, 2, logits, counts, 1, 0, &length};
    const sotto_status s = b_.run(program_, cache_, &batch, &result, &out_.error);
    if (s != SOTTO_OK) {
      EXPECT_EQ(length, rows[0].position) << "tokens of a failed batch are committed";
      return s;
    }
    EXPECT_EQ(counts[0], rows.size());
    const float* last = logits[0] + (rows.size() - 1) * net_.vocabulary;
    *next = {static_cast<uint32_t>(std::max_element(last, last + net_.vocabulary) - last)};
    return s;
  }

  Plugin& plugin_;
  Net& net_;
  const sotto_backend& b_;
  Outcome out_;
  sotto_group* group_ = nullptr;
  sotto_weights* weights_ = nullptr;
  sotto_program* program_ = nullptr;
  sotto_cache* cache_ = nullptr;
};

class VulkanFaults : public testing::Test {
 protected:
  VulkanFaults() : net_(1, 77, kSmallModel.vocabulary) {
    build(net_, kSmallModel, SOTTO_Q8_0);
    hooks_.change_table = change;
    fault = {};
  }
  // Skips where the machine has no device.
  bool make() {
    plugin_ = std::make_unique<Plugin>(plugin::Host(&kHost), hooks_);
    uint32_t count = 0;
    sotto_error error{sizeof error, 0, {}};
    if (backend_table().device_count(plugin_.get(), &count, &error) == SOTTO_OK) return true;
    reason_ = error.text;
    return false;
  }
  Outcome hold() { return Dialogue(*plugin_, net_).hold(); }

  Net net_;
  DriverHooks hooks_;
  std::unique_ptr<Plugin> plugin_;
  std::string reason_;
};

struct Row {
  const char* function;
  VkResult answer;
  sotto_status status;
};
constexpr Row kRows[] = {
    {"QueueSubmit", VK_ERROR_DEVICE_LOST, SOTTO_DEVICE_LOST},
    {"WaitForFences", VK_ERROR_DEVICE_LOST, SOTTO_DEVICE_LOST},
    {"AllocateMemory", VK_ERROR_OUT_OF_DEVICE_MEMORY, SOTTO_OUT_OF_MEMORY},
    {"CreateBuffer", VK_ERROR_OUT_OF_HOST_MEMORY, SOTTO_OUT_OF_MEMORY},
    {"MapMemory", VK_ERROR_MEMORY_MAP_FAILED, SOTTO_OUT_OF_MEMORY},
    {"CreateComputePipelines", VK_ERROR_OUT_OF_HOST_MEMORY, SOTTO_OUT_OF_MEMORY},
    {"CreateDescriptorPool", VK_ERROR_OUT_OF_DEVICE_MEMORY, SOTTO_OUT_OF_MEMORY},
    {"AllocateDescriptorSets", VK_ERROR_OUT_OF_POOL_MEMORY, SOTTO_OUT_OF_MEMORY},
    {"CreateCommandPool", VK_ERROR_OUT_OF_HOST_MEMORY, SOTTO_OUT_OF_MEMORY},
    {"BeginCommandBuffer", VK_ERROR_OUT_OF_HOST_MEMORY, SOTTO_OUT_OF_MEMORY},
    {"CreateFence", VK_ERROR_OUT_OF_HOST_MEMORY, SOTTO_OUT_OF_MEMORY},
};

TEST_F(VulkanFaults, EachFailureIsAStatusAndTheNextDialogueIsRight) {
  if (!make()) GTEST_SKIP() << reason_;
  const Outcome whole = hold();
  ASSERT_EQ(whole.status, SOTTO_OK) << whole.error.text;
  const std::map<std::string, uint32_t> first = fault.calls;
  fault = {};
  (void)hold();  // pipelines are there by now
  const std::map<std::string, uint32_t> again = fault.calls;
  uint32_t faults = 0;
  for (const Row& row : kRows) {
    const bool is_new = std::string_view(row.function) == "CreateComputePipelines";  // only a device just opened makes them
    const uint32_t calls = (is_new ? first : again).at(row.function);
    // Every call of the rarer ones; of the others some from each part of the dialogue.
    const uint32_t step = std::max(1u, calls / 8);
    for (uint32_t n = 1; n <= calls; n += step) {
      if (is_new) {
        ASSERT_TRUE(make());
      }
      fault = {row.function, n, row.answer, false, {}};
      const Outcome failed = hold();
      // How often a fence is waited for depends on the time: a call that did not come failed nothing.
      const bool came = fault.calls[row.function] >= n;
      EXPECT_EQ(failed.status, came ? row.status : SOTTO_OK)
          << row.function << " at call " << n << " of " << calls << ": " << failed.error.text;
      fault = {};
      const Outcome after = hold();
      ASSERT_EQ(after.status, SOTTO_OK) << "after " << row.function << " failed at call " << n << ": " << after.error.text;
      EXPECT_EQ(after.ids, whole.ids);
      faults += came ? 1 : 0;
    }
  }
  RecordProperty("faults", static_cast<int>(faults));
  std::printf("%u faults\n", faults);
}

// What other devices need: sums through shared memory, and memory that the host does not see.
TEST_F(VulkanFaults, DevicesThatOfferLessSayTheSame) {
  if (!make()) GTEST_SKIP() << reason_;
  const Outcome usual = hold();
  ASSERT_EQ(usual.status, SOTTO_OK) << usual.error.text;
  for (const bool staging : {false, true}) {
    hooks_.with_staging = staging;
    hooks_.without_subgroups = !staging;
    ASSERT_TRUE(make());
    const Outcome other = hold();
    ASSERT_EQ(other.status, SOTTO_OK) << other.error.text;
    EXPECT_EQ(other.ids, usual.ids) << (staging ? "with staging" : "without subgroups");
  }
}

TEST_F(VulkanFaults, WorkThatNeverEndsIsALostDevice) {
  hooks_.hung_ms = 200;
  if (!make()) GTEST_SKIP() << reason_;
  fault = {"WaitForFences", 1, VK_TIMEOUT, true, {}};
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

TEST_F(VulkanFaults, NoLoaderIsNoDeviceAndAReason) {
  hooks_.libraries = {"libthere_is_no_such_loader.so.1"};
  EXPECT_FALSE(make());
  EXPECT_NE(reason_.find("libthere_is_no_such_loader"), std::string::npos) << reason_;
}

}  // namespace
}  // namespace sotto::vulkan

// What drivers may say of a device: less than others, too little, nonsense. Each row changes what the machine's driver says;
// the device works all the same, or is passed over with the reason.
#include <gtest/gtest.h>

#include <cstring>

#include "vulkan/on_small_model.h"

namespace sotto::vulkan {
namespace {

struct Said {
  VkPhysicalDeviceProperties& properties;
  VkPhysicalDeviceSubgroupProperties* subgroup;
  VkPhysicalDeviceMaintenance3Properties* maintenance;
  VkPhysicalDeviceDriverProperties* driver;
  VkPhysicalDeviceSubgroupSizeControlProperties* sizes;  // nullptr: not asked for, here and above
};

struct Row {
  const char* what;
  void (*change)(const Said& said);
  const char* reason;  // nullptr: it works
};

#define LIMITS said.properties.limits
constexpr Row kRows[] = {
    {"128 MiB bindings", [](const Said& said) { LIMITS.maxStorageBufferRange = 1u << 27; }, nullptr},
    {"64 MiB bindings", [](const Said& said) { LIMITS.maxStorageBufferRange = 1u << 26; }, "storage buffer range: 67108864"},
    {"no bindings", [](const Said& said) { LIMITS.maxStorageBufferRange = 0; }, "storage buffer range: 0"},
    {"32 KiB of shared memory", [](const Said& said) { LIMITS.maxComputeSharedMemorySize = 32768; }, nullptr},
    {"16 KiB of shared memory", [](const Said& said) { LIMITS.maxComputeSharedMemorySize = 16384; }, nullptr},
    {"1 KiB of shared memory", [](const Said& said) { LIMITS.maxComputeSharedMemorySize = 1024; }, "shared memory: 1024"},
    {"workgroups of 128",
     [](const Said& said) { LIMITS.maxComputeWorkGroupInvocations = LIMITS.maxComputeWorkGroupSize[0] = 128; }, nullptr},
    {"workgroups of 1", [](const Said& said) { LIMITS.maxComputeWorkGroupInvocations = 1; }, "invocations of a workgroup: 1"},
    {"four storage buffers", [](const Said& said) { LIMITS.maxPerStageDescriptorStorageBuffers = 4; },
     "storage buffers of a stage: 4"},
    {"64 bytes of push constants", [](const Said& said) { LIMITS.maxPushConstantsSize = 64; }, "push constants: 64"},
    {"one workgroup", [](const Said& said) { LIMITS.maxComputeWorkGroupCount[1] = 1; }, "workgroups: 1"},
    {"buffers aligned to 3", [](const Said& said) { LIMITS.minStorageBufferOffsetAlignment = 3; }, "aligned to 3"},
    {"buffers aligned to a page", [](const Said& said) { LIMITS.minStorageBufferOffsetAlignment = 4096; }, "aligned to 4096"},
    {"no subgroups", [](const Said& said) { said.subgroup->subgroupSize = 0; }, "lanes of a subgroup: 0"},
    {"subgroups of 7", [](const Said& said) { said.subgroup->subgroupSize = 7; }, "subgroups of 7"},
    {"subgroups of 2^31", [](const Said& said) { said.subgroup->subgroupSize = 1u << 31; }, "subgroups of 2147483648"},
    {"no arithmetic in subgroups", [](const Said& said) { said.subgroup->supportedOperations = 0; }, nullptr},
    {"subgroups of any size",
     [](const Said& said) {
       if (said.sizes != nullptr) said.sizes->minSubgroupSize = 0, said.sizes->maxSubgroupSize = UINT32_MAX;
     },
     nullptr},
    {"no size of subgroups that may be asked for",
     [](const Said& said) {
       if (said.sizes != nullptr) said.sizes->minSubgroupSize = UINT32_MAX, said.sizes->maxSubgroupSize = 0;
     },
     nullptr},
    {"short buffers of texels", [](const Said& said) { LIMITS.maxTexelBufferElements = 65536; }, nullptr},
    {"allocations of nothing", [](const Said& said) { said.maintenance->maxMemoryAllocationSize = 0; }, nullptr},
    {"Vulkan 1.0", [](const Said& said) { said.properties.apiVersion = VK_API_VERSION_1_0; }, "Vulkan 1.0"},
    {"a name without an end",
     [](const Said& said) { std::memset(said.properties.deviceName, 'n', VK_MAX_PHYSICAL_DEVICE_NAME_SIZE); }, nullptr},
    {"everything zero", [](const Said& said) { LIMITS = {}; }, "storage buffer range: 0"},
    {"everything at the most",
     [](const Said& said) {
       std::memset(&LIMITS, 0xFF, sizeof LIMITS);
       LIMITS.minStorageBufferOffsetAlignment = 16;
     },
     nullptr},
};
#undef LIMITS

const Row* row = nullptr;
InstanceFunctions real;
uint64_t heap_bytes = 0, budget = 0;  // 0: what the driver says
bool without_features = false, without_queues = false;
uint32_t strange_types = 0;

template <class T>
T* find(void* chain, VkStructureType type) {
  for (auto* next = static_cast<VkBaseOutStructure*>(chain); next != nullptr; next = next->pNext)
    if (next->sType == type) return reinterpret_cast<T*>(next);
  return nullptr;
}

void properties(VkPhysicalDevice device, VkPhysicalDeviceProperties2* out) {
  real.GetPhysicalDeviceProperties2(device, out);
  if (row == nullptr) return;
  void* chain = out->pNext;
  row->change({out->properties,
               find<VkPhysicalDeviceSubgroupProperties>(chain, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_PROPERTIES),
               find<VkPhysicalDeviceMaintenance3Properties>(chain, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_3_PROPERTIES),
               find<VkPhysicalDeviceDriverProperties>(chain, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES),
               find<VkPhysicalDeviceSubgroupSizeControlProperties>(
                   chain, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_SIZE_CONTROL_PROPERTIES)});
}

void memory(VkPhysicalDevice device, VkPhysicalDeviceMemoryProperties2* out) {
  real.GetPhysicalDeviceMemoryProperties2(device, out);
  if (heap_bytes != 0)
    for (VkMemoryHeap& heap : out->memoryProperties.memoryHeaps) heap.size = heap_bytes;
  if (strange_types != 0) {
    out->memoryProperties.memoryTypeCount = strange_types;
    for (uint32_t i = 1; i < VK_MAX_MEMORY_TYPES; ++i) out->memoryProperties.memoryTypes[i] = {~0u, 77};
  }
  auto* told = find<VkPhysicalDeviceMemoryBudgetPropertiesEXT>(out->pNext,
                                                               VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_BUDGET_PROPERTIES_EXT);
  if (told == nullptr || budget == 0) return;
  for (VkDeviceSize& bytes : told->heapBudget) bytes = budget;
  for (VkDeviceSize& bytes : told->heapUsage) bytes = 0;
}

constexpr struct {
  VkStructureType type;
  size_t bytes;
} kFeatureStructs[] = {
    {VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_16BIT_STORAGE_FEATURES, sizeof(VkPhysicalDevice16BitStorageFeatures)},
    {VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_8BIT_STORAGE_FEATURES, sizeof(VkPhysicalDevice8BitStorageFeatures)},
    {VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_FLOAT16_INT8_FEATURES, sizeof(VkPhysicalDeviceShaderFloat16Int8Features)},
    {VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_INTEGER_DOT_PRODUCT_FEATURES,
     sizeof(VkPhysicalDeviceShaderIntegerDotProductFeatures)},
    {VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_FEATURES, sizeof(VkPhysicalDeviceTimelineSemaphoreFeatures)},
    {VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_SIZE_CONTROL_FEATURES, sizeof(VkPhysicalDeviceSubgroupSizeControlFeatures)},
};

void features(VkPhysicalDevice device, VkPhysicalDeviceFeatures2* out) {
  real.GetPhysicalDeviceFeatures2(device, out);
  if (!without_features) return;
  out->features = {};
  // Everything behind the head of each struct of ours is a flag.
  for (auto* next = static_cast<VkBaseOutStructure*>(out->pNext); next != nullptr; next = next->pNext)
    for (const auto& [type, bytes] : kFeatureStructs)
      if (next->sType == type) std::memset(next + 1, 0, bytes - sizeof *next);
}

void queues(VkPhysicalDevice device, uint32_t* count, VkQueueFamilyProperties* out) {
  real.GetPhysicalDeviceQueueFamilyProperties(device, count, out);
  if (without_queues) *count = 0;
}

void change(InstanceFunctions& table) {
  real = table;
  table.GetPhysicalDeviceProperties2 = properties;
  table.GetPhysicalDeviceMemoryProperties2 = memory;
  table.GetPhysicalDeviceFeatures2 = features;
  table.GetPhysicalDeviceQueueFamilyProperties = queues;
}

class VulkanLimits : public OnSmallModel {
 protected:
  VulkanLimits() : OnSmallModel(1) {
    hooks_.change_instance = change;
    row = nullptr;
    heap_bytes = budget = 0;
    without_features = without_queues = false;
    strange_types = 0;
  }
};

TEST_F(VulkanLimits, ADeviceWorksWithinThemOrIsPassedOverWithTheReason) {
  if (!make()) GTEST_SKIP() << reason_;
  const Outcome usual = hold();
  ASSERT_EQ(usual.status, SOTTO_OK) << usual.error.text;
  for (const Row& r : kRows) {
    SCOPED_TRACE(r.what);
    row = &r;
    const bool is_there = make();
    ASSERT_EQ(is_there, r.reason == nullptr) << reason_;
    if (is_there) {
      const Outcome outcome = hold();
      EXPECT_EQ(outcome.status, SOTTO_OK) << outcome.error.text;
      EXPECT_EQ(outcome.ids, usual.ids);
    } else {
      EXPECT_NE(reason_.find(r.reason), std::string::npos) << reason_;
    }
  }
}

TEST_F(VulkanLimits, NoFeatureIsNeededNor16BitStorage) {
  if (!make()) GTEST_SKIP() << reason_;
  const Outcome usual = hold();
  without_features = true;
  for (const char* name : {"", "storage16", "storage8", "float16", "dot8", "subgroup8"}) {
    hooks_.variant = name;
    ASSERT_TRUE(make()) << reason_;
    EXPECT_EQ(hold().ids, usual.ids) << name;
    EXPECT_EQ(plugin_->open(0)->physical().abilities & ~uint32_t{kAddsLanes | kLongTexels}, 0u) << name;
    EXPECT_NE(std::string(plugin_->open(0)->physical().variant->name), name);
  }
}

TEST_F(VulkanLimits, MemoryThatIsTooSmallIsAStatusWithTheBytes) {
  if (!make()) GTEST_SKIP() << reason_;
  heap_bytes = 1u << 20;
  EXPECT_FALSE(make());
  EXPECT_NE(reason_.find("bytes of memory: 1048576"), std::string::npos) << reason_;
  heap_bytes = 1u << 24;  // enough to be a device, and no more
  budget = 1u << 18;
  ASSERT_TRUE(make()) << reason_;
  const Outcome poor = hold();
  EXPECT_EQ(poor.status, SOTTO_OUT_OF_MEMORY) << poor.error.text;
  EXPECT_NE(std::string(poor.error.text).find("are free"), std::string::npos) << poor.error.text;
  heap_bytes = budget = 0;
  ASSERT_TRUE(make()) << reason_;
  EXPECT_EQ(hold().status, SOTTO_OK);
}

TEST_F(VulkanLimits, NonsenseOfMemoryTypesAndQueuesIsNoCrash) {
  if (!make()) GTEST_SKIP() << reason_;
  const Outcome usual = hold();
  strange_types = 4000000000u;
  if (make()) {
    EXPECT_EQ(hold().ids, usual.ids);
  }
  strange_types = 0;
  without_queues = true;
  EXPECT_FALSE(make());
  EXPECT_NE(reason_.find("no queue that computes"), std::string::npos) << reason_;
}

}  // namespace
}  // namespace sotto::vulkan

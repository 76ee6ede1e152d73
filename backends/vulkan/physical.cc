#include "physical.h"

#include <algorithm>
#include <cstring>
#include <iterator>

#include "abilities.h"

namespace sotto::vulkan {
namespace {

// Whose drivers have passed the kit with sums over a workgroup of one subgroup. Others may give such a workgroup several
// subgroups unless they are told not to, and get shared memory.
constexpr uint32_t kTrustedVendors[] = {VK_VENDOR_ID_MESA};

bool is_trusted(uint32_t vendor) {
  return std::find(std::begin(kTrustedVendors), std::end(kTrustedVendors), vendor) != std::end(kTrustedVendors);
}

// Text of a fixed field that a driver may have left unterminated.
template <size_t kSize>
std::string text(const char (&field)[kSize]) {
  return std::string(field, std::find(field, field + kSize, '\0'));
}

// The first type with all of `needed` that has the most of `liked`.
uint32_t find_type(const VkPhysicalDeviceMemoryProperties& memory, VkMemoryPropertyFlags needed, VkMemoryPropertyFlags liked) {
  uint32_t best = SOTTO_NONE;
  int best_score = -1;
  for (uint32_t i = 0; i < std::min<uint32_t>(memory.memoryTypeCount, VK_MAX_MEMORY_TYPES); ++i) {
    const VkMemoryPropertyFlags flags = memory.memoryTypes[i].propertyFlags;
    if ((flags & needed) != needed || memory.memoryTypes[i].heapIndex >= VK_MAX_MEMORY_HEAPS) continue;
    const int score = __builtin_popcount(flags & liked);
    if (score > best_score) best = i, best_score = score;
  }
  return best;
}

void find_memory(const Driver& driver, PhysicalDevice& out) {
  auto memory = vk_struct<VkPhysicalDeviceMemoryProperties2>(VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_PROPERTIES_2);
  driver.functions().GetPhysicalDeviceMemoryProperties2(out.handle, &memory);
  const VkPhysicalDeviceMemoryProperties& m = memory.memoryProperties;
  constexpr VkMemoryPropertyFlags kLocal = VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT;
  constexpr VkMemoryPropertyFlags kHost = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
  constexpr VkMemoryPropertyFlags kCached = VK_MEMORY_PROPERTY_HOST_CACHED_BIT;
  // The window of a card's memory that the host sees is small; where the device shares the host's memory it is all of it.
  const bool shares = out.type == VK_PHYSICAL_DEVICE_TYPE_CPU || out.type == VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU;
  out.memory.device = find_type(m, kLocal, shares ? kHost | kCached : 0);
  if (out.memory.device == SOTTO_NONE) out.memory.device = find_type(m, 0, kHost);
  out.memory.upload = find_type(m, kHost, shares ? kCached : 0);
  out.memory.readback = find_type(m, kHost, kCached);
  if (out.memory.device == SOTTO_NONE || out.memory.upload == SOTTO_NONE) {
    out.reason = "no memory that the host can write";
    return;
  }
  out.memory.is_unified =
      shares && !driver.hooks().with_staging && (m.memoryTypes[out.memory.device].propertyFlags & kHost) == kHost;
  out.heap = m.memoryTypes[out.memory.device].heapIndex;
  out.heap_bytes = m.memoryHeaps[out.heap].size;
}

void find_queue(const Driver& driver, PhysicalDevice& out) {
  uint32_t count = 0;
  driver.functions().GetPhysicalDeviceQueueFamilyProperties(out.handle, &count, nullptr);
  std::vector<VkQueueFamilyProperties> families(std::min(count, 256u));
  count = static_cast<uint32_t>(families.size());
  driver.functions().GetPhysicalDeviceQueueFamilyProperties(out.handle, &count, families.data());
  for (uint32_t i = 0; i < std::min<size_t>(count, families.size()); ++i) {
    if ((families[i].queueFlags & VK_QUEUE_COMPUTE_BIT) == 0 || families[i].queueCount == 0) continue;
    out.queue_family = i;
    return;
  }
  out.reason = "no queue that computes";
}

struct Least {
  const char* what;
  uint64_t is;
  uint64_t least;
};

// The specification's own minimums, and what the shaders need beyond them.
void judge_limits(const VkPhysicalDeviceLimits& l, PhysicalDevice& out) {
  const Least kLeast[] = {
      {"storage buffer range", l.maxStorageBufferRange, 1u << 27},
      {"storage buffers of a stage", l.maxPerStageDescriptorStorageBuffers, 8},
      {"bytes of push constants", l.maxPushConstantsSize, 128},
      {"invocations of a workgroup", l.maxComputeWorkGroupInvocations, 128},
      {"width of a workgroup", l.maxComputeWorkGroupSize[0], 128},
      {"bytes of shared memory", l.maxComputeSharedMemorySize, 16384},
      {"workgroups", std::min(l.maxComputeWorkGroupCount[0], l.maxComputeWorkGroupCount[1]), 65535},
      {"bytes of memory", out.heap_bytes, 1u << 24},
      {"lanes of a subgroup", out.subgroups.size, 1},
  };
  for (const Least& row : kLeast)
    if (row.is < row.least && out.reason.empty())
      out.reason = std::string(row.what) + ": " + std::to_string(row.is) + ", needed are " + std::to_string(row.least);
  const uint64_t alignment = l.minStorageBufferOffsetAlignment;
  if (out.reason.empty() && (alignment > 256 || (alignment & (alignment - 1)) != 0))
    out.reason = "storage buffers aligned to " + std::to_string(alignment);
  const uint32_t lanes = out.subgroups.size;
  if (out.reason.empty() && (lanes > 128 || (lanes & (lanes - 1)) != 0))
    out.reason = "subgroups of " + std::to_string(lanes) + " lanes";
}

// What products may use, and which of their variants is taken.
void read_abilities(const Driver& driver, const VkPhysicalDeviceProperties& p,
                    const VkPhysicalDeviceSubgroupProperties& subgroup,
                    const VkPhysicalDeviceSubgroupSizeControlProperties& sizes, PhysicalDevice& out) {
  out.abilities = read_features(driver, out.handle);
  out.subgroups.size = subgroup.subgroupSize;
  if ((sizes.requiredSubgroupSizeStages & VK_SHADER_STAGE_COMPUTE_BIT) == 0) out.abilities &= ~(kPinsLanes | kFullLanes);
  if ((out.abilities & kPinsLanes) != 0) {
    out.subgroups.least = sizes.minSubgroupSize;
    out.subgroups.most = sizes.maxSubgroupSize;
  }
  if ((subgroup.supportedStages & VK_SHADER_STAGE_COMPUTE_BIT) != 0 &&
      (subgroup.supportedOperations & VK_SUBGROUP_FEATURE_ARITHMETIC_BIT) != 0)
    out.abilities |= kAddsLanes;
  if (p.limits.maxTexelBufferElements >= out.most_binding_bytes / kTexelBytes && p.limits.minTexelBufferOffsetAlignment <= 256)
    out.abilities |= kLongTexels;
  const Variant* named = find_variant(driver.hooks().variant);
  out.variant = named != nullptr && can(*named, out.abilities, out.subgroups)
                    ? named
                    : &best_variant(out.abilities, out.subgroups, is_trusted(p.vendorID));
}

void read_properties(const Driver& driver, PhysicalDevice& out) {
  auto driver_properties = vk_struct<VkPhysicalDeviceDriverProperties>(VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES);
  auto subgroup = vk_struct<VkPhysicalDeviceSubgroupProperties>(VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_PROPERTIES);
  auto maintenance =
      vk_struct<VkPhysicalDeviceMaintenance3Properties>(VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_3_PROPERTIES);
  auto all = vk_struct<VkPhysicalDeviceProperties2>(VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2);
  subgroup.pNext = &maintenance;
  all.pNext = &subgroup;
  auto sizes = vk_struct<VkPhysicalDeviceSubgroupSizeControlProperties>(
      VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_SIZE_CONTROL_PROPERTIES);
  if (has_extension(driver, out.handle, VK_KHR_DRIVER_PROPERTIES_EXTENSION_NAME)) {
    driver_properties.pNext = all.pNext;
    all.pNext = &driver_properties;
  }
  if (has_extension(driver, out.handle, VK_EXT_SUBGROUP_SIZE_CONTROL_EXTENSION_NAME)) {
    sizes.pNext = all.pNext;
    all.pNext = &sizes;
  }
  driver.functions().GetPhysicalDeviceProperties2(out.handle, &all);
  const VkPhysicalDeviceProperties& p = all.properties;
  out.name = text(p.deviceName);
  out.type = p.deviceType;
  out.vendor = p.vendorID;
  out.device = p.deviceID;
  out.driver_version = p.driverVersion;
  std::memcpy(out.cache_uuid, p.pipelineCacheUUID, VK_UUID_SIZE);
  out.driver = text(driver_properties.driverName) + " " + text(driver_properties.driverInfo);
  out.most_bytes = maintenance.maxMemoryAllocationSize == 0 ? uint64_t{1} << 30 : maintenance.maxMemoryAllocationSize;
  // Offsets in shaders are 32 bits of words; above a GiB nothing is gained.
  out.most_binding_bytes = std::min<uint64_t>({p.limits.maxStorageBufferRange, uint64_t{1} << 30, out.most_bytes});
  read_abilities(driver, p, subgroup, sizes, out);
  out.binding_alignment = static_cast<uint32_t>(p.limits.minStorageBufferOffsetAlignment);
  out.most_local_size = std::min(p.limits.maxComputeWorkGroupInvocations, p.limits.maxComputeWorkGroupSize[0]);
  out.shared_bytes = p.limits.maxComputeSharedMemorySize;
  if (p.apiVersion < VK_API_VERSION_1_1) out.reason = "Vulkan 1.0, needed is 1.1";
  if (driver.hooks().by_fences) out.abilities &= ~uint32_t{kTimeline};
  find_queue(driver, out);
  find_memory(driver, out);
  judge_limits(p.limits, out);
}

}  // namespace

PhysicalDevice describe(const Driver& driver, VkPhysicalDevice handle) {
  PhysicalDevice out;
  out.handle = handle;
  out.has_budget = has_extension(driver, handle, VK_EXT_MEMORY_BUDGET_EXTENSION_NAME);
  read_properties(driver, out);
  return out;
}

uint64_t budget_bytes(const Driver& driver, const PhysicalDevice& device) {
  if (!device.has_budget) return device.heap_bytes;
  auto budget =
      vk_struct<VkPhysicalDeviceMemoryBudgetPropertiesEXT>(VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_BUDGET_PROPERTIES_EXT);
  auto memory = vk_struct<VkPhysicalDeviceMemoryProperties2>(VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_PROPERTIES_2);
  memory.pNext = &budget;
  driver.functions().GetPhysicalDeviceMemoryProperties2(device.handle, &memory);
  const uint64_t all = std::min(budget.heapBudget[device.heap], device.heap_bytes), used = budget.heapUsage[device.heap];
  return all > used ? all - used : 0;
}

}  // namespace sotto::vulkan

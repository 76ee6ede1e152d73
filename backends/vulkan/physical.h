// physical.h - what a device of the machine is and can do, read once and judged: a driver's numbers are not believed.
#pragma once

#include <string>

#include "driver.h"
#include "variants.h"

namespace sotto::vulkan {

// Where buffers lie. Indices into the device's memory types.
struct MemoryTypes {
  uint32_t device = SOTTO_NONE;    // weights, activations, cache
  uint32_t upload = SOTTO_NONE;    // written by the host, read by shaders or copied from
  uint32_t readback = SOTTO_NONE;  // written by shaders, read by the host
  bool is_unified = false;         // device memory is host-visible: nothing needs to be staged
};

constexpr uint32_t kTexelBytes = 16;

struct PhysicalDevice {
  VkPhysicalDevice handle = VK_NULL_HANDLE;
  std::string name;
  std::string driver;  // name and version
  uint32_t vendor = 0, device = 0, driver_version = 0;
  uint8_t cache_uuid[VK_UUID_SIZE] = {};
  VkPhysicalDeviceType type = VK_PHYSICAL_DEVICE_TYPE_OTHER;
  uint32_t queue_family = 0;
  MemoryTypes memory;
  uint64_t heap_bytes = 0;  // of the device memory
  uint32_t heap = 0;
  uint64_t most_bytes = 0;          // of one allocation
  uint64_t most_binding_bytes = 0;  // maxStorageBufferRange
  uint32_t binding_alignment = 0;
  uint32_t most_local_size = 0;
  uint32_t shared_bytes = 0;
  Subgroups subgroups;
  uint32_t abilities = 0;            // Ability bits
  const Variant* variant = nullptr;  // how it computes products
  bool has_budget = false;           // VK_EXT_memory_budget
  std::string reason;                // why it cannot be used; empty: it can

  bool has_texels() const { return variant != nullptr && variant->reads_texels(); }
  bool is_software() const { return type == VK_PHYSICAL_DEVICE_TYPE_CPU; }
};

// Never throws on what a driver says; see `reason`.
PhysicalDevice describe(const Driver& driver, VkPhysicalDevice handle);
// Bytes that may still be taken from the device's heap, as the driver tells it now; heap_bytes where it does not tell.
uint64_t budget_bytes(const Driver& driver, const PhysicalDevice& device);

}  // namespace sotto::vulkan

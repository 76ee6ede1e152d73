// driver.h - the Vulkan loader: found by dlopen when a device is asked for, its functions called through tables that tests may
// change. No other file names a vk function.
#pragma once

#define VK_NO_PROTOTYPES
#include <vulkan/vulkan_core.h>

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "sotto/plugin.hpp"

namespace sotto::vulkan {

#define SOTTO_VK_INSTANCE_FUNCTIONS(X)  \
  X(CreateDevice)                       \
  X(DestroyInstance)                    \
  X(EnumerateDeviceExtensionProperties) \
  X(EnumeratePhysicalDevices)           \
  X(GetDeviceProcAddr)                  \
  X(GetPhysicalDeviceFeatures2)         \
  X(GetPhysicalDeviceMemoryProperties2) X(GetPhysicalDeviceProperties2) X(GetPhysicalDeviceQueueFamilyProperties)

#define SOTTO_VK_DEVICE_FUNCTIONS(X)                                                                                       \
  X(AllocateCommandBuffers)                                                                                                \
  X(AllocateDescriptorSets)                                                                                                \
  X(AllocateMemory)                                                                                                        \
  X(BeginCommandBuffer)                                                                                                    \
  X(BindBufferMemory)                                                                                                      \
  X(CmdBindDescriptorSets)                                                                                                 \
  X(CmdBindPipeline)                                                                                                       \
  X(CmdCopyBuffer)                                                                                                         \
  X(CmdDispatch)                                                                                                           \
  X(CmdPipelineBarrier)                                                                                                    \
  X(CmdPushConstants)                                                                                                      \
  X(CreateBuffer)                                                                                                          \
  X(CreateBufferView)                                                                                                      \
  X(CreateCommandPool)                                                                                                     \
  X(CreateComputePipelines)                                                                                                \
  X(CreateDescriptorPool)                                                                                                  \
  X(CreateDescriptorSetLayout)                                                                                             \
  X(CreateFence)                                                                                                           \
  X(CreatePipelineCache)                                                                                                   \
  X(CreatePipelineLayout)                                                                                                  \
  X(CreateSemaphore) X(CreateShaderModule) X(DestroyBuffer) X(DestroyBufferView) X(DestroyCommandPool)                     \
      X(DestroyDescriptorPool) X(DestroyDescriptorSetLayout) X(DestroyDevice) X(DestroyFence) X(DestroyPipeline)           \
          X(DestroyPipelineCache) X(DestroyPipelineLayout) X(DestroySemaphore) X(DestroyShaderModule) X(EndCommandBuffer)  \
              X(FreeCommandBuffers) X(FreeMemory) X(GetBufferMemoryRequirements) X(GetDeviceQueue) X(GetPipelineCacheData) \
                  X(MapMemory) X(QueueSubmit) X(ResetCommandPool) X(ResetDescriptorPool) X(ResetFences)                    \
                      X(UpdateDescriptorSets) X(WaitForFences)

// Null where the device was not opened with the extension.
#define SOTTO_VK_EXTENSION_FUNCTIONS(X) X(WaitSemaphoresKHR)

#define SOTTO_VK_DECLARE(name) PFN_vk##name name = nullptr;
struct InstanceFunctions {
  SOTTO_VK_INSTANCE_FUNCTIONS(SOTTO_VK_DECLARE)
};
struct DeviceFunctions {
  SOTTO_VK_DEVICE_FUNCTIONS(SOTTO_VK_DECLARE)
  SOTTO_VK_EXTENSION_FUNCTIONS(SOTTO_VK_DECLARE)
};
#undef SOTTO_VK_DECLARE

// What a test puts in place of the machine's: all may be empty.
struct DriverHooks {
  std::vector<std::string> libraries;                  // names for dlopen, tried in order; empty: the usual ones
  uint32_t hung_ms = 0;                                // a submit that takes longer never ends; 0: the usual time
  std::string variant;                                 // of products, by its name in variants.cc; empty: the device's best
  bool each_variant = false;                           // a device is listed once for each variant that it can, with that one
  bool device_for_each_rank = false;                   // ranks on one device of the list have a logical device each
  bool by_fences = false;                              // as if devices had no timeline semaphores
  bool with_staging = false;                           // as if the host did not see the devices' memory
  std::function<void(DeviceFunctions&)> change_table;  // called with the table of each device that is opened
  std::function<void(InstanceFunctions&)> change_instance;
};

// A struct of the driver's with its type set and everything else zero.
template <class T>
T vk_struct(VkStructureType type) {
  T made{};
  made.sType = type;
  return made;
}

// "VK_ERROR_DEVICE_LOST", or the number.
std::string result_name(VkResult result);
// What a failed call means to the host.
sotto_status status_of(VkResult result);
// Throws plugin::Failure unless the call succeeded: "vulkan: vkCreateBuffer answered VK_ERROR_...".
void check_result(VkResult result, const char* call);

// The loader and one instance. Const after construction but for being left behind, any thread.
class Driver {
 public:
  // Throws plugin::Failure (SOTTO_NOT_FOUND) where there is no Vulkan 1.1.
  explicit Driver(DriverHooks hooks);
  ~Driver();
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;

  const InstanceFunctions& functions() const { return functions_; }
  const DriverHooks& hooks() const { return hooks_; }
  std::vector<VkPhysicalDevice> physical_devices() const;
  // A device of it hangs and cannot be destroyed: nor can the instance, whose threads the device's work may be on. [any thread]
  void leave_behind() const { is_left_ = true; }
  // Throws plugin::Failure when the driver lacks one.
  DeviceFunctions device_functions(VkDevice device) const;

 private:
  void load_instance_functions();

  const DriverHooks hooks_;
  PFN_vkGetInstanceProcAddr get_ = nullptr;
  VkInstance instance_ = VK_NULL_HANDLE;
  mutable std::atomic<bool> is_left_{false};
  InstanceFunctions functions_;
};

}  // namespace sotto::vulkan

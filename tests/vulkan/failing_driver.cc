#include "vulkan/failing_driver.h"

#include <mutex>

namespace sotto::vulkan {

Fault fault;

VkResult Fault::next(const char* name, bool* is_it) {
  static std::mutex mutex;  // ranks have threads of their own
  const std::lock_guard<std::mutex> lock(mutex);
  const uint32_t call = ++calls[name];
  *is_it = at != 0 && function == name && (call == at || (lasts && call > at));
  return answer;
}

namespace {
DeviceFunctions real;

#define SOTTO_FAILING(name, parameters, arguments)           \
  VKAPI_ATTR VkResult VKAPI_CALL failing_##name parameters { \
    bool is_it = false;                                      \
    const VkResult answer = fault.next(#name, &is_it);       \
    return is_it ? answer : real.name arguments;             \
  }
SOTTO_FAILING(QueueSubmit, (VkQueue q, uint32_t n, const VkSubmitInfo* s, VkFence f), (q, n, s, f))
SOTTO_FAILING(WaitForFences, (VkDevice d, uint32_t n, const VkFence* f, VkBool32 all, uint64_t t), (d, n, f, all, t))
SOTTO_FAILING(WaitSemaphoresKHR, (VkDevice d, const VkSemaphoreWaitInfo* i, uint64_t t), (d, i, t))
SOTTO_FAILING(CreateSemaphore, (VkDevice d, const VkSemaphoreCreateInfo* i, const VkAllocationCallbacks* a, VkSemaphore* s),
              (d, i, a, s))
SOTTO_FAILING(AllocateMemory, (VkDevice d, const VkMemoryAllocateInfo* i, const VkAllocationCallbacks* a, VkDeviceMemory* m),
              (d, i, a, m))
SOTTO_FAILING(CreateBuffer, (VkDevice d, const VkBufferCreateInfo* i, const VkAllocationCallbacks* a, VkBuffer* b),
              (d, i, a, b))
SOTTO_FAILING(CreateBufferView, (VkDevice d, const VkBufferViewCreateInfo* i, const VkAllocationCallbacks* a, VkBufferView* v),
              (d, i, a, v))
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

}  // namespace

void let_fail(DeviceFunctions& table) {
  real = table;
  table.QueueSubmit = failing_QueueSubmit;
  table.WaitForFences = failing_WaitForFences;
  if (table.WaitSemaphoresKHR != nullptr) table.WaitSemaphoresKHR = failing_WaitSemaphoresKHR;
  table.CreateSemaphore = failing_CreateSemaphore;
  table.AllocateMemory = failing_AllocateMemory;
  table.CreateBuffer = failing_CreateBuffer;
  table.CreateBufferView = failing_CreateBufferView;
  table.MapMemory = failing_MapMemory;
  table.CreateComputePipelines = failing_CreateComputePipelines;
  table.CreateDescriptorPool = failing_CreateDescriptorPool;
  table.AllocateDescriptorSets = failing_AllocateDescriptorSets;
  table.CreateCommandPool = failing_CreateCommandPool;
  table.BeginCommandBuffer = failing_BeginCommandBuffer;
  table.CreateFence = failing_CreateFence;
}

}  // namespace sotto::vulkan

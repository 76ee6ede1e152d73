#include "driver.h"

#include <dlfcn.h>

namespace sotto::vulkan {
namespace {

using plugin::Failure;

struct ResultRow {
  VkResult result;
  const char* name;
  sotto_status status;
};
constexpr ResultRow kResults[] = {
    {VK_ERROR_OUT_OF_HOST_MEMORY, "VK_ERROR_OUT_OF_HOST_MEMORY", SOTTO_OUT_OF_MEMORY},
    {VK_ERROR_OUT_OF_DEVICE_MEMORY, "VK_ERROR_OUT_OF_DEVICE_MEMORY", SOTTO_OUT_OF_MEMORY},
    {VK_ERROR_OUT_OF_POOL_MEMORY, "VK_ERROR_OUT_OF_POOL_MEMORY", SOTTO_OUT_OF_MEMORY},
    {VK_ERROR_FRAGMENTED_POOL, "VK_ERROR_FRAGMENTED_POOL", SOTTO_OUT_OF_MEMORY},
    {VK_ERROR_TOO_MANY_OBJECTS, "VK_ERROR_TOO_MANY_OBJECTS", SOTTO_OUT_OF_MEMORY},
    {VK_ERROR_MEMORY_MAP_FAILED, "VK_ERROR_MEMORY_MAP_FAILED", SOTTO_OUT_OF_MEMORY},
    {VK_ERROR_DEVICE_LOST, "VK_ERROR_DEVICE_LOST", SOTTO_DEVICE_LOST},
    {VK_ERROR_UNKNOWN, "VK_ERROR_UNKNOWN", SOTTO_DEVICE_LOST},  // a driver at its wits' end
    {VK_ERROR_INITIALIZATION_FAILED, "VK_ERROR_INITIALIZATION_FAILED", SOTTO_UNSUPPORTED},
    {VK_ERROR_INCOMPATIBLE_DRIVER, "VK_ERROR_INCOMPATIBLE_DRIVER", SOTTO_NOT_FOUND},
    {VK_ERROR_FEATURE_NOT_PRESENT, "VK_ERROR_FEATURE_NOT_PRESENT", SOTTO_UNSUPPORTED},
    {VK_ERROR_EXTENSION_NOT_PRESENT, "VK_ERROR_EXTENSION_NOT_PRESENT", SOTTO_UNSUPPORTED},
};

const ResultRow* find_result(VkResult result) {
  for (const ResultRow& row : kResults)
    if (row.result == result) return &row;
  return nullptr;
}

constexpr const char* kLibraries[] = {"libvulkan.so.1", "libvulkan.so"};

// The library stays: drivers have threads and exit handlers of their own and do not bear being unloaded.
void* open_library(const std::vector<std::string>& names) {
  for (const std::string& name : names)
    if (void* library = dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE)) return library;
  return nullptr;
}

template <class Function>
Function instance_function(PFN_vkGetInstanceProcAddr get, VkInstance instance, const char* name) {
  const auto found = reinterpret_cast<Function>(get(instance, name));
  if (found == nullptr)
    throw Failure(SOTTO_NOT_FOUND, std::string("vulkan: the loader lacks ") + name + ": Vulkan 1.1 is needed");
  return found;
}

}  // namespace

std::string result_name(VkResult result) {
  const ResultRow* row = find_result(result);
  return row != nullptr ? row->name : "VkResult " + std::to_string(result);
}

sotto_status status_of(VkResult result) {
  const ResultRow* row = find_result(result);
  return row != nullptr ? row->status : SOTTO_INTERNAL;
}

void check_result(VkResult result, const char* call) {
  if (result != VK_SUCCESS)
    throw Failure(status_of(result), std::string("vulkan: ") + call + " answered " + result_name(result));
}

Driver::Driver(DriverHooks hooks) : hooks_(std::move(hooks)) {
  std::vector<std::string> names = hooks_.libraries;
  if (names.empty()) names.assign(std::begin(kLibraries), std::end(kLibraries));
  void* library = open_library(names);
  if (library == nullptr) throw Failure(SOTTO_NOT_FOUND, "vulkan: there is no " + names.front() + " on this machine");
  get_ = reinterpret_cast<PFN_vkGetInstanceProcAddr>(dlsym(library, "vkGetInstanceProcAddr"));
  if (get_ == nullptr) throw Failure(SOTTO_NOT_FOUND, "vulkan: " + names.front() + " has no vkGetInstanceProcAddr");
  (void)instance_function<PFN_vkEnumerateInstanceVersion>(get_, VK_NULL_HANDLE, "vkEnumerateInstanceVersion");

  auto application = vk_struct<VkApplicationInfo>(VK_STRUCTURE_TYPE_APPLICATION_INFO);
  application.pEngineName = "sotto";
  application.apiVersion = VK_API_VERSION_1_1;
  auto info = vk_struct<VkInstanceCreateInfo>(VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO);
  info.pApplicationInfo = &application;
  const auto create = instance_function<PFN_vkCreateInstance>(get_, VK_NULL_HANDLE, "vkCreateInstance");
  const VkResult created = create(&info, nullptr, &instance_);
  if (created != VK_SUCCESS)
    throw Failure(SOTTO_NOT_FOUND,
                  "vulkan: no driver on this machine (vkCreateInstance answered " + result_name(created) + ")");
  try {
    load_instance_functions();
  } catch (...) {
    if (functions_.DestroyInstance != nullptr) functions_.DestroyInstance(instance_, nullptr);
    throw;
  }
}

Driver::~Driver() {
  if (!is_left_) functions_.DestroyInstance(instance_, nullptr);
}

void Driver::load_instance_functions() {
  functions_.DestroyInstance = instance_function<PFN_vkDestroyInstance>(get_, instance_, "vkDestroyInstance");
#define SOTTO_VK_LOAD(name) functions_.name = instance_function<PFN_vk##name>(get_, instance_, "vk" #name);
  SOTTO_VK_INSTANCE_FUNCTIONS(SOTTO_VK_LOAD)
#undef SOTTO_VK_LOAD
  if (hooks_.change_instance) hooks_.change_instance(functions_);
}

std::vector<VkPhysicalDevice> Driver::physical_devices() const {
  uint32_t count = 0;
  check_result(functions_.EnumeratePhysicalDevices(instance_, &count, nullptr), "vkEnumeratePhysicalDevices");
  constexpr uint32_t kMost = 64;
  count = std::min(count, kMost);
  std::vector<VkPhysicalDevice> found(count);
  const VkResult result = functions_.EnumeratePhysicalDevices(instance_, &count, found.data());
  if (result != VK_INCOMPLETE) check_result(result, "vkEnumeratePhysicalDevices");
  found.resize(std::min<size_t>(count, found.size()));
  return found;
}

DeviceFunctions Driver::device_functions(VkDevice device) const {
  DeviceFunctions table;
  const char* missing = nullptr;
#define SOTTO_VK_LOAD(name)                                                                      \
  table.name = reinterpret_cast<PFN_vk##name>(functions_.GetDeviceProcAddr(device, "vk" #name)); \
  if (table.name == nullptr) missing = "vk" #name;
  SOTTO_VK_DEVICE_FUNCTIONS(SOTTO_VK_LOAD)
#undef SOTTO_VK_LOAD
#define SOTTO_VK_LOAD(name) table.name = reinterpret_cast<PFN_vk##name>(functions_.GetDeviceProcAddr(device, "vk" #name));
  SOTTO_VK_EXTENSION_FUNCTIONS(SOTTO_VK_LOAD)
#undef SOTTO_VK_LOAD
  if (missing != nullptr) throw Failure(SOTTO_UNSUPPORTED, std::string("vulkan: the driver lacks ") + missing);
  if (hooks_.change_table) hooks_.change_table(table);
  return table;
}

}  // namespace sotto::vulkan

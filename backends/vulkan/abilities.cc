#include "abilities.h"

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace sotto::vulkan {
namespace {

struct Feature {
  Ability ability;
  const char* extension;  // nullptr: Vulkan 1.1 has it
  VkStructureType type;
  size_t at;  // its VkBool32 in the struct
};
constexpr Feature kFeatures[] = {
    {kStorage16, nullptr, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_16BIT_STORAGE_FEATURES,
     offsetof(VkPhysicalDevice16BitStorageFeatures, storageBuffer16BitAccess)},
    {kStorage8, VK_KHR_8BIT_STORAGE_EXTENSION_NAME, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_8BIT_STORAGE_FEATURES,
     offsetof(VkPhysicalDevice8BitStorageFeatures, storageBuffer8BitAccess)},
    {kFloat16, VK_KHR_SHADER_FLOAT16_INT8_EXTENSION_NAME, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_FLOAT16_INT8_FEATURES,
     offsetof(VkPhysicalDeviceShaderFloat16Int8Features, shaderFloat16)},
    {kDot, VK_KHR_SHADER_INTEGER_DOT_PRODUCT_EXTENSION_NAME,
     VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_INTEGER_DOT_PRODUCT_FEATURES,
     offsetof(VkPhysicalDeviceShaderIntegerDotProductFeatures, shaderIntegerDotProduct)},
    {kPinsLanes, VK_EXT_SUBGROUP_SIZE_CONTROL_EXTENSION_NAME, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_SIZE_CONTROL_FEATURES,
     offsetof(VkPhysicalDeviceSubgroupSizeControlFeatures, subgroupSizeControl)},
    {kFullLanes, VK_EXT_SUBGROUP_SIZE_CONTROL_EXTENSION_NAME, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_SIZE_CONTROL_FEATURES,
     offsetof(VkPhysicalDeviceSubgroupSizeControlFeatures, computeFullSubgroups)},
    {kTimeline, VK_KHR_TIMELINE_SEMAPHORE_EXTENSION_NAME, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_FEATURES,
     offsetof(VkPhysicalDeviceTimelineSemaphoreFeatures, timelineSemaphore)},
};

const Feature* find_feature(Ability ability) {
  const auto* found =
      std::find_if(std::begin(kFeatures), std::end(kFeatures), [&](const Feature& f) { return f.ability == ability; });
  return found == std::end(kFeatures) ? nullptr : found;
}

// Text of a fixed field that a driver may have left unterminated.
std::string extension_name(const VkExtensionProperties& e) {
  return std::string(e.extensionName, std::find(std::begin(e.extensionName), std::end(e.extensionName), '\0'));
}

}  // namespace

bool has_extension(const Driver& driver, VkPhysicalDevice device, const char* name) {
  uint32_t count = 0;
  if (driver.functions().EnumerateDeviceExtensionProperties(device, nullptr, &count, nullptr) != VK_SUCCESS) return false;
  std::vector<VkExtensionProperties> all(std::min(count, 4096u));
  count = static_cast<uint32_t>(all.size());
  if (driver.functions().EnumerateDeviceExtensionProperties(device, nullptr, &count, all.data()) < 0) return false;
  all.resize(std::min<size_t>(count, all.size()));
  return std::any_of(all.begin(), all.end(), [&](const auto& e) { return extension_name(e) == name; });
}

const FeatureChain::Link* FeatureChain::find(VkStructureType type) const {
  const auto is_it = [&](const Link& link) { return std::memcmp(link.bytes, &type, sizeof type) == 0; };
  const Link* found = std::find_if(links_, links_ + count_, is_it);
  return found == links_ + count_ ? nullptr : found;
}

void FeatureChain::add(Ability ability) {
  const Feature* feature = find_feature(ability);
  if (feature == nullptr || (count_ == kMostLinks && find(feature->type) == nullptr)) return;
  if (find(feature->type) == nullptr) {
    VkBaseOutStructure head{feature->type, nullptr};
    std::memcpy(links_[count_].bytes, &head, sizeof head);
    if (count_ != 0) {
      std::memcpy(&head, links_[count_ - 1].bytes, sizeof head);
      head.pNext = reinterpret_cast<VkBaseOutStructure*>(links_[count_].bytes);
      std::memcpy(links_[count_ - 1].bytes, &head, sizeof head);
    }
    ++count_;
  }
  const VkBool32 on = VK_TRUE;
  std::memcpy(links_[find(feature->type) - links_].bytes + feature->at, &on, sizeof on);
}

bool FeatureChain::is_on(Ability ability) const {
  const Feature* feature = find_feature(ability);
  const Link* link = feature == nullptr ? nullptr : find(feature->type);
  VkBool32 on = VK_FALSE;
  if (link != nullptr) std::memcpy(&on, link->bytes + feature->at, sizeof on);
  return on == VK_TRUE;
}

uint32_t read_features(const Driver& driver, VkPhysicalDevice device) {
  FeatureChain chain;
  for (const Feature& f : kFeatures)
    if (f.extension == nullptr || has_extension(driver, device, f.extension)) chain.add(f.ability);
  auto all = vk_struct<VkPhysicalDeviceFeatures2>(VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2);
  all.pNext = chain.first();
  driver.functions().GetPhysicalDeviceFeatures2(device, &all);  // switches off what the device has not
  uint32_t abilities = 0;
  for (const Feature& f : kFeatures)
    if (chain.is_on(f.ability)) abilities |= f.ability;
  return abilities;
}

std::vector<const char*> want_features(uint32_t abilities, FeatureChain& chain) {
  std::vector<const char*> extensions;
  for (const Feature& f : kFeatures) {
    if ((abilities & f.ability) == 0) continue;
    chain.add(f.ability);
    const auto is_it = [&](const char* name) { return std::strcmp(name, f.extension) == 0; };
    if (f.extension != nullptr && std::none_of(extensions.begin(), extensions.end(), is_it)) extensions.push_back(f.extension);
  }
  return extensions;
}

}  // namespace sotto::vulkan

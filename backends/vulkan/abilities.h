// abilities.h - the features of devices beyond the least: asked for, and switched on.
#pragma once

#include "driver.h"
#include "variants.h"

namespace sotto::vulkan {

bool has_extension(const Driver& driver, VkPhysicalDevice device, const char* name);

// The structs that the driver reads or fills, in a chain. Stays where it was made: its parts name each other.
class FeatureChain {
 public:
  FeatureChain() = default;
  FeatureChain(const FeatureChain&) = delete;
  FeatureChain& operator=(const FeatureChain&) = delete;

  // With the ability's struct in it, and the ability on.
  void add(Ability ability);
  bool is_on(Ability ability) const;
  void* first() { return count_ == 0 ? nullptr : links_; }

 private:
  static constexpr size_t kMostLinks = 8, kLinkBytes = 64;
  struct alignas(8) Link {
    uint8_t bytes[kLinkBytes];
  };
  const Link* find(VkStructureType type) const;

  Link links_[kMostLinks] = {};
  size_t count_ = 0;
};

// Ability bits of features alone.
uint32_t read_features(const Driver& driver, VkPhysicalDevice device);
// What a device must be opened with for these abilities: features into `chain`, extensions by name.
std::vector<const char*> want_features(uint32_t abilities, FeatureChain& chain);

}  // namespace sotto::vulkan

// variants.h - the ways to compute a product, a row each: what a device must offer for it, its kernels, and whether it is taken
// before anyone has named it. Products with more than one SPIR-V are LINEAR's alone; all other shaders do everywhere.
#pragma once

#include <string>
#include <vector>

#include "shaders.h"

namespace sotto::vulkan {

// What devices offer beyond the least; bits.
enum Ability : uint32_t {
  kAddsLanes = 1,    // arithmetic within a subgroup
  kLongTexels = 2,   // buffers of texels as long as a binding
  kStorage16 = 4,    // storageBuffer16BitAccess
  kStorage8 = 8,     // storageBuffer8BitAccess (VK_KHR_8bit_storage)
  kFloat16 = 16,     // shaderFloat16 (VK_KHR_shader_float16_int8)
  kDot = 32,         // shaderIntegerDotProduct (VK_KHR_shader_integer_dot_product)
  kPinsLanes = 64,   // subgroupSizeControl for compute (VK_EXT_subgroup_size_control)
  kFullLanes = 128,  // computeFullSubgroups of the same
  kTimeline = 256,   // timelineSemaphore (VK_KHR_timeline_semaphore)
};
struct AbilityName {
  Ability ability;
  const char* name;  // for people
};
extern const AbilityName kAbilityNames[];
extern const size_t kAbilityCount;

// How the work is cut: a workgroup makes `outs` outputs of `rows` batch rows.
struct Product {
  Shader shader;
  uint32_t outs, rows;
};

// Who has passed the conformance kit with it. Others take it where it is named.
enum class Passed { kNobody, kTrustedVendors, kEveryone };

struct Variant {
  const char* name;
  uint32_t needs;                    // Ability bits
  uint32_t least_lanes, most_lanes;  // of the device's subgroups
  uint32_t pinned_lanes;             // the subgroups that it asks for; 0: the device's own
  Passed passed;
  Product few, many;  // rows one by one; rows together

  bool reads_texels() const { return few.shader == Shader::kLinearTexels; }
};
// The first row that a device can and has passed is taken.
extern const Variant kVariants[];
extern const size_t kVariantCount;

struct Subgroups {
  uint32_t size = 0;             // the device's own
  uint32_t least = 0, most = 0;  // that may be asked for; 0: none
};

bool can(const Variant& variant, uint32_t abilities, const Subgroups& subgroups);
// By name, or nullptr.
const Variant* find_variant(const std::string& name);
// Never null: the last resort needs nothing.
const Variant& best_variant(uint32_t abilities, const Subgroups& subgroups, bool is_trusted);
std::vector<const Variant*> variants_of(uint32_t abilities, const Subgroups& subgroups);

}  // namespace sotto::vulkan

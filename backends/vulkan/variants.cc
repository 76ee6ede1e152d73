#include "variants.h"

#include <iterator>

namespace sotto::vulkan {
namespace {

constexpr uint32_t kAnyLanes = 128;
// Narrower subgroups leave too little to share; 32 lanes and shared memory do everywhere.
constexpr uint32_t kLeastLanes = 8;
constexpr Product kOneByOne = {Shader::kLinearVec, 4, 1}, kTile = {Shader::kLinearTile, 64, 32};

constexpr Variant pinned(const char* name, uint32_t lanes) {
  return {name, kAddsLanes | kPinsLanes, 1, kAnyLanes, lanes, Passed::kNobody, kOneByOne, kTile};
}

}  // namespace

const AbilityName kAbilityNames[] = {
    {kAddsLanes, "sums in subgroups"}, {kLongTexels, "long texel buffers"}, {kStorage16, "16-bit storage"},
    {kStorage8, "8-bit storage"},      {kFloat16, "fp16 arithmetic"},       {kDot, "int8 dot product"},
    {kPinsLanes, "subgroup sizes"},
};
const size_t kAbilityCount = std::size(kAbilityNames);

const Variant kVariants[] = {
    // Subgroups of so few lanes are a processor's vectors: products stay in registers and read through texels, which such
    // drivers
    // fetch for all lanes at once, while any other load is a loop over the lanes. 8 x 1 reads an input once for eight weights;
    // 4 x 4
    // reads both for 16 products and still compiles fast (docs/performance.md, Vulkan).
    {"texels",
     kAddsLanes | kLongTexels,
     4,
     8,
     0,
     Passed::kTrustedVendors,
     {Shader::kLinearTexels, 8, 1},
     {Shader::kLinearTexels, 4, 4}},
    {"subgroups", kAddsLanes, kLeastLanes, kAnyLanes, 0, Passed::kTrustedVendors, kOneByOne, kTile},
    {"shared", 0, 0, UINT32_MAX, 0, Passed::kEveryone, {Shader::kLinearVecShared, 4, 1}, kTile},
    // Weights at even addresses are read where they begin, not through the 16 bytes around them.
    {"storage16",
     kAddsLanes | kStorage16,
     1,
     kAnyLanes,
     0,
     Passed::kNobody,
     {Shader::kLinearVecStorage16, 4, 1},
     {Shader::kLinearTileStorage16, 64, 32}},
    {"storage8",
     kAddsLanes | kStorage8,
     1,
     kAnyLanes,
     0,
     Passed::kNobody,
     {Shader::kLinearVecStorage8, 4, 1},
     {Shader::kLinearTileStorage8, 64, 32}},
    // Inputs of LINEAR are rounded, 32 by one scale: to 11 bits, to 8.
    {"float16",
     kAddsLanes | kFloat16,
     1,
     kAnyLanes,
     0,
     Passed::kNobody,
     {Shader::kLinearVecFloat16, 4, 1},
     {Shader::kLinearTileFloat16, 64, 32}},
    {"dot8",
     kAddsLanes | kDot,
     1,
     kAnyLanes,
     0,
     Passed::kNobody,
     {Shader::kLinearVecDot, 4, 1},
     {Shader::kLinearTileDot, 64, 32}},
    pinned("subgroup4", 4),
    pinned("subgroup8", 8),
    pinned("subgroup16", 16),
    pinned("subgroup32", 32),
    pinned("subgroup64", 64),
    pinned("subgroup128", 128),
};
const size_t kVariantCount = std::size(kVariants);

bool can(const Variant& v, uint32_t abilities, const Subgroups& s) {
  if ((abilities & v.needs) != v.needs || s.size < v.least_lanes || s.size > v.most_lanes) return false;
  return v.pinned_lanes == 0 || (v.pinned_lanes >= s.least && v.pinned_lanes <= s.most);
}

const Variant* find_variant(const std::string& name) {
  for (const Variant& v : kVariants)
    if (v.name == name) return &v;
  return nullptr;
}

const Variant& best_variant(uint32_t abilities, const Subgroups& subgroups, bool is_trusted) {
  const Variant* v = kVariants;
  const auto is_on = [&] { return v->passed == Passed::kEveryone || (is_trusted && v->passed == Passed::kTrustedVendors); };
  while (!is_on() || !can(*v, abilities, subgroups)) ++v;  // "shared" is on, and can, whatever a driver says
  return *v;
}

std::vector<const Variant*> variants_of(uint32_t abilities, const Subgroups& subgroups) {
  std::vector<const Variant*> all;
  for (const Variant& v : kVariants)
    if (can(v, abilities, subgroups)) all.push_back(&v);
  return all;
}

}  // namespace sotto::vulkan

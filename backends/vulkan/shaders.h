// shaders.h - the compute shaders as SPIR-V inside the library; one row each. Bindings, constants and push constants are told
// at the head of each shaders/*.comp.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <tuple>

#include "sotto/base.h"

namespace sotto::vulkan {

enum class Shader : uint32_t {
  kAttention,
  kCombine,
  kElement,
  kEmbed,
  kGather,
  kLinearTexels,
  kLinearTile,
  kLinearTileDot,
  kLinearTileFloat16,
  kLinearTileStorage16,
  kLinearTileStorage8,
  kLinearVec,
  kLinearVecDot,
  kLinearVecFloat16,
  kLinearVecShared,
  kLinearVecStorage16,
  kLinearVecStorage8,
  kLoraA,
  kLoraB,
  kNorm,
  kStoreKv
};

struct ShaderCode {
  const char* name;
  Shader shader;
  uint32_t weights;  // the one weight type that it reads; SOTTO_NONE: whatever its constants say
  const uint32_t* words;
  size_t bytes;
};
// CMakeLists.txt makes it; a shader's rows for one weight type stand before the one for all.
extern const ShaderCode* const kShaderTable;
extern const size_t kShaderCount;

// Of all shaders together: names a pipeline cache.
uint64_t shaders_hash();

constexpr uint32_t kBindings = 8;  // storage buffers 0 .. 7 of set 0
// Behind them, where the device's products read texels: the same memory as texels of 16 bytes. Which storage buffer each shows
// again: input, weight, gate.
constexpr uint32_t kTexelBindings[] = {1, 3, 4};
constexpr uint32_t kPushBytes = 128;

// A shader with its specialization constants, ids 0 .. 7; 0 is the workgroup's size.
struct PipelineKey {
  Shader shader;
  std::array<uint32_t, 8> constants;
  uint32_t pinned_lanes = 0;  // the size of subgroups that it needs; 0: whatever the device has

  bool operator<(const PipelineKey& other) const {
    return std::tie(shader, constants, pinned_lanes) < std::tie(other.shader, other.constants, other.pinned_lanes);
  }
};
// The least SPIR-V that does what the key says; of a product that has_product.
const ShaderCode& code_of(const PipelineKey& key);
// Whether there is one for weights and a gate (SOTTO_NONE: none) of these types.
bool has_product(Shader shader, uint32_t type, uint32_t gate_type);

}  // namespace sotto::vulkan

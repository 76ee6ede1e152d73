// shaders.h - the compute shaders as SPIR-V inside the library; one row each. Bindings, constants and push constants are told
// at the head of each shaders/*.comp.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

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
  kLinearVec,
  kLinearVecShared,
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
// Behind them, where the device has_texels: the same memory as texels of 16 bytes. Which storage buffer each shows again:
// input, weight, gate.
constexpr uint32_t kTexelBindings[] = {1, 3, 4};
constexpr uint32_t kPushBytes = 128;

// A shader with its specialization constants, ids 0 .. 7; 0 is the workgroup's size.
struct PipelineKey {
  Shader shader;
  std::array<uint32_t, 8> constants;

  bool operator<(const PipelineKey& other) const {
    return shader != other.shader ? shader < other.shader : constants < other.constants;
  }
};
// The least SPIR-V that does what the key says.
const ShaderCode& code_of(const PipelineKey& key);

}  // namespace sotto::vulkan

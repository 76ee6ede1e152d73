// shaders.h - the compute shaders as SPIR-V inside the library; one row each. Bindings, constants and push constants are told
// at the head of each shaders/*.comp.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace sotto::vulkan {

enum class Shader : uint32_t {
  kAttention,
  kCombine,
  kElement,
  kEmbed,
  kGather,
  kLinearTile,
  kLinearVec,
  kLinearVecShared,
  kLoraA,
  kLoraB,
  kNorm,
  kStoreKv,
  kCount
};

struct ShaderCode {
  const char* name;
  const uint32_t* words;
  size_t bytes;
};
// In the order of enum Shader; CMakeLists.txt makes it.
extern const ShaderCode kShaderTable[static_cast<size_t>(Shader::kCount)];
const ShaderCode& code_of(Shader shader);

// Of all shaders together: names a pipeline cache.
uint64_t shaders_hash();

constexpr uint32_t kBindings = 8;  // storage buffers 0 .. 7 of set 0
constexpr uint32_t kPushBytes = 128;

// A shader with its specialization constants, ids 0 .. 7; 0 is the workgroup's size.
struct PipelineKey {
  Shader shader;
  std::array<uint32_t, 8> constants;

  bool operator<(const PipelineKey& other) const {
    return shader != other.shader ? shader < other.shader : constants < other.constants;
  }
};

}  // namespace sotto::vulkan

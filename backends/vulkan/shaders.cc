#include "shaders.h"

namespace sotto::vulkan {

const ShaderCode& code_of(Shader shader) { return kShaderTable[static_cast<size_t>(shader)]; }

// FNV-1a over the words.
uint64_t shaders_hash() {
  uint64_t hash = 14695981039346656037u;
  for (const ShaderCode& code : kShaderTable)
    for (size_t i = 0; i < code.bytes / sizeof(uint32_t); ++i) hash = (hash ^ code.words[i]) * 1099511628211u;
  return hash;
}

}  // namespace sotto::vulkan

#include "shaders.h"

namespace sotto::vulkan {

const ShaderCode& code_of(const PipelineKey& key) {
  const uint32_t type = key.constants[1], gate_type = key.constants[2];  // of a product
  const auto fits = [&](const ShaderCode& code) {
    const bool is_its = code.weights == type && (gate_type == SOTTO_NONE || gate_type == type);
    return code.shader == key.shader && (code.weights == SOTTO_NONE || is_its);
  };
  size_t row = 0;
  while (!fits(kShaderTable[row])) ++row;  // each shader has a row for all types
  return kShaderTable[row];
}

// FNV-1a over the words.
uint64_t shaders_hash() {
  uint64_t hash = 14695981039346656037u;
  for (size_t row = 0; row < kShaderCount; ++row)
    for (size_t i = 0; i < kShaderTable[row].bytes / sizeof(uint32_t); ++i)
      hash = (hash ^ kShaderTable[row].words[i]) * 1099511628211u;
  return hash;
}

}  // namespace sotto::vulkan

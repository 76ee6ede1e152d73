#include "shaders.h"

namespace sotto::vulkan {

namespace {

const ShaderCode* find_code(Shader shader, uint32_t type, uint32_t gate_type) {
  for (size_t row = 0; row < kShaderCount; ++row) {
    const ShaderCode& code = kShaderTable[row];
    const bool is_its = code.weights == type && (gate_type == SOTTO_NONE || gate_type == type);
    if (code.shader == shader && (code.weights == SOTTO_NONE || is_its)) return &code;
  }
  return nullptr;
}

}  // namespace

const ShaderCode& code_of(const PipelineKey& key) { return *find_code(key.shader, key.constants[1], key.constants[2]); }

bool has_product(Shader shader, uint32_t type, uint32_t gate_type) { return find_code(shader, type, gate_type) != nullptr; }

// FNV-1a over the words.
uint64_t shaders_hash() {
  uint64_t hash = 14695981039346656037u;
  for (size_t row = 0; row < kShaderCount; ++row)
    for (size_t i = 0; i < kShaderTable[row].bytes / sizeof(uint32_t); ++i)
      hash = (hash ^ kShaderTable[row].words[i]) * 1099511628211u;
  return hash;
}

}  // namespace sotto::vulkan

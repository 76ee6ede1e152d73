#include "shaders.h"

#include "attention.h"
#include "combine.h"
#include "element.h"
#include "embed.h"
#include "gather.h"
#include "linear_tile.h"
#include "linear_vec.h"
#include "linear_vec_shared.h"
#include "lora_a.h"
#include "lora_b.h"
#include "norm.h"
#include "store_kv.h"

namespace sotto::vulkan {
namespace {

// In the order of enum Shader.
constexpr ShaderCode kCode[] = {
    {"attention", attention_spv, sizeof attention_spv},
    {"combine", combine_spv, sizeof combine_spv},
    {"element", element_spv, sizeof element_spv},
    {"embed", embed_spv, sizeof embed_spv},
    {"gather", gather_spv, sizeof gather_spv},
    {"linear_tile", linear_tile_spv, sizeof linear_tile_spv},
    {"linear_vec", linear_vec_spv, sizeof linear_vec_spv},
    {"linear_vec_shared", linear_vec_shared_spv, sizeof linear_vec_shared_spv},
    {"lora_a", lora_a_spv, sizeof lora_a_spv},
    {"lora_b", lora_b_spv, sizeof lora_b_spv},
    {"norm", norm_spv, sizeof norm_spv},
    {"store_kv", store_kv_spv, sizeof store_kv_spv},
};
static_assert(sizeof kCode / sizeof *kCode == static_cast<size_t>(Shader::kCount));

}  // namespace

const ShaderCode& code_of(Shader shader) { return kCode[static_cast<size_t>(shader)]; }

// FNV-1a over the words.
uint64_t shaders_hash() {
  uint64_t hash = 14695981039346656037u;
  for (const ShaderCode& code : kCode)
    for (size_t i = 0; i < code.bytes / sizeof(uint32_t); ++i) hash = (hash ^ code.words[i]) * 1099511628211u;
  return hash;
}

}  // namespace sotto::vulkan

// config.h: the shape of a model, read and checked once from the metadata of its file, for the architecture files and the
// planner.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"
#include "model/gguf.h"

namespace sotto {

struct RotationConfig {
  uint32_t layout = 0;      // SOTTO_ROTATION_*
  uint32_t dimensions = 0;  // of each head; 0: no rotation
  float magnitude = 1;
  std::vector<float> inv_freq;  // dimensions / 2 values, all scaling applied
};

struct ModelConfig {
  std::string architecture;
  uint32_t layers = 0;
  uint32_t hidden = 0;
  uint32_t heads = 0;
  uint32_t kv_heads = 0;
  uint32_t head_dim = 0;
  uint32_t ffn = 0;
  uint32_t vocabulary = 0;
  uint32_t context_trained = 0;
  uint32_t norm_kind = 0;  // SOTTO_NORM_*
  float norm_epsilon = 0;
  uint32_t window = 0;        // 0: none
  float attention_scale = 0;  // 0: 1/sqrt(head_dim)
  float logit_scale = 0;      // 0: 1
  RotationConfig rotation;

  // Of sotto-gpt alone, which says all of itself in its file.
  uint32_t activation = 0;  // SOTTO_ACT_*
  bool is_gated = false;
  bool has_positions = false;  // learned ones
  bool has_qk_norm = false;
  bool has_sinks = false;
  float gate_offset = 0;
  float activation_clamp = 0;
  float embedding_scale = 0;      // 0: 1
  std::vector<uint32_t> windows;  // a layer each; empty: `window` in all
  std::vector<bool> rotates;      // a layer each; empty: all
};

// What an architecture says of itself to read_config.
struct ConfigRules {
  uint32_t norm_kind = 0;
  const char* epsilon_key = "";  // behind the prefix
  uint32_t rotation = 0;         // SOTTO_ROTATION_*; NONE: learned positions
  bool has_window = false;
  const char* prefix = nullptr;  // of its keys; nullptr: "<architecture>."
  bool is_described = false;     // norm, rotation and more stand in the file (described_config.h)
};

// Every key of "<architecture>." is used, known to be harmless or refused by name: one that is silently ignored would give
// wrong text.
Result<ModelConfig> read_config(const Gguf& file, const std::string& architecture, const ConfigRules& rules);

}  // namespace sotto

// description.h: what a GPT-like model is, independent of the format it came in: the importer's meeting point. A reader fills
// it, `gguf_layout` chooses the GGUF architecture that computes exactly this, or sotto-gpt, which computes all of it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sotto/plan.h"

namespace sotto {

enum class Positions : uint8_t { kNone, kLearned, kRotary };
enum class RopeScaling : uint8_t { kNone, kLinear, kLlama3, kYarn };
enum class Sink : uint8_t { kNone, kZero, kLearned };  // kZero: softmax off by one

struct RopeDescription {
  uint32_t layout = SOTTO_ROTATION_HALVES;  // how the checkpoint's rows of q and k are rotated
  uint32_t dimensions = 0;                  // of head_dim
  double base = 10000;
  RopeScaling scaling = RopeScaling::kNone;
  double factor = 1;
  uint32_t original_context = 0;                 // llama3, yarn
  double low_frequency = 1, high_frequency = 4;  // llama3
  double beta_fast = 32, beta_slow = 1;          // yarn
  double magnitude = 1;                          // yarn: what cos and sin are multiplied with, all told
  bool yarn_truncates = true;                    // its ramp's ends are whole dimensions
  std::vector<bool> layers;                      // which layers rotate; empty: all
};

struct ModelDescription {
  std::string name;     // general.name; may be empty
  std::string source;   // where it came from: "Megatron-LM checkpoint, iteration 100"
  std::string license;  // as the checkpoint says; may be empty
  uint32_t layers = 0;
  uint32_t hidden = 0;
  uint32_t heads = 0;
  uint32_t kv_heads = 0;
  uint32_t head_dim = 0;
  uint32_t ffn = 0;
  uint32_t vocabulary = 0;  // rows of the embedding as imported
  uint32_t context = 0;     // positions it was trained for
  uint32_t norm = SOTTO_NORM_LAYER;
  double norm_epsilon = 1e-5;
  uint32_t activation = SOTTO_ACT_GELU_TANH;
  bool is_gated = false;
  double gate_offset = 0;       // of the linear half
  double activation_clamp = 0;  // 0: none
  Positions positions = Positions::kLearned;
  RopeDescription rope;
  bool has_qk_norm = false;    // per head, of the same kind as `norm`, with weights, before the rotation
  double attention_scale = 0;  // 0: 1/sqrt(head_dim)
  double embedding_scale = 1;
  double logit_scale = 1;
  std::vector<uint32_t> windows;  // a layer's window, 0: none; empty: no layer has one
  Sink sink = Sink::kNone;
  bool is_tied = false;  // output.weight is token_embd.weight
};

}  // namespace sotto

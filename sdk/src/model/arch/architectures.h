// architectures.h: the model families Sotto runs, one row and one small file each.
#pragma once

#include <string>
#include <vector>

#include "model/weights.h"

namespace sotto {

struct Architecture {
  const char* name;  // general.architecture
  ConfigRules rules;
  void (*build)(Weights& w);  // writes the steps; failures are kept in `w`
};

const Architecture* find_architecture(std::string_view name);
std::string known_architectures();  // "gpt2, llama, ..."

constexpr uint32_t kLogitsOutput = 0, kHiddenOutput = 1;  // bits of SOTTO_OUTPUT_*

void build_gpt2(Weights& w);
void build_llama(Weights& w);  // also Mistral and SmolLM
void build_qwen2(Weights& w);
void build_qwen3(Weights& w);
void build_sotto_gpt(Weights& w);  // what Megatron-LM trains and no other architecture fits

// The decoder that llama, qwen2 and qwen3 share: RMS norm, rotary attention, gated SiLU; biases and q, k norms where the file
// has them.
struct RotaryDecoder {
  bool biases = false;    // q, k, v (and others) may have biases
  bool qk_norms = false;  // q and k are normalised per head
};
void build_rotary_decoder(Weights& w, const RotaryDecoder& options);
// Final norm's value to hidden states and logits; the head is `output.weight`, or tied to the embedding.
void build_outputs(Weights& w, Value last);

}  // namespace sotto

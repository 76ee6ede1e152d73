// heads.h: small linear layers on the hidden state that a file carries under sotto.head.*, for classifiers and spans.
#pragma once

#include <string>
#include <vector>

#include "base/span.h"
#include "base/status.h"
#include "model/gguf.h"

namespace sotto {

// Const after reading, any thread.
struct Head {
  std::string name;
  uint32_t kind = 0;  // SOTTO_HEAD_*
  std::vector<std::string> labels;
  std::vector<float> thresholds;  // a label each
  float temperature = 1;
  uint32_t outputs = 0;
  uint32_t hidden = 0;
  std::vector<float> weight;  // [outputs, hidden]
  std::vector<float> bias;    // [outputs]

  // hidden_state: [hidden]; logits: [outputs].
  void apply(Span<const float> hidden_state, float* logits) const;
};

// Every key and tensor below sotto.head. must be one that a head has: a misspelt one would be silently ignored.
Result<std::vector<Head>> read_heads(const Gguf& file, uint32_t hidden);

}  // namespace sotto

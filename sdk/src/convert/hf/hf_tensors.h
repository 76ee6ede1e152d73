// hf_tensors.h: which tensors a configuration asks for: how transformers names them, how GGUF does, and their shapes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "convert/hf/hf_config.h"

namespace sotto {

struct WantedTensor {
  std::string name;  // without the prefix of its model
  std::string gguf;
  uint64_t rows = 0;  // 0: a vector
  uint64_t columns = 0;
  // Stored as [columns, stored_rows] (transformers' Conv1D), of which these rows are a part from first_row on.
  bool is_transposed = false;
  uint64_t stored_rows = 0;  // of vectors: their stored length
  uint64_t first_row = 0;
};

// In the order of the model: embeddings, layers, norm, head.
std::vector<WantedTensor> wanted_tensors(const HfConfig& config);
// "transformer." or "model.": files of the bare model have none.
std::string_view prefix_of(const HfConfig& config);
// The embedding's name, by which a prefix is recognised.
std::string_view embedding_of(const HfConfig& config);
// A buffer that the model computes by itself: masks of gpt2, frequencies of the rotation.
bool is_buffer(std::string_view name);

}  // namespace sotto

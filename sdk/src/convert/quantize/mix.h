// mix.h: which format each tensor of a model gets for the name that a user gives: one format for all matrices, or a mix that
// keeps finer what harms the answers most.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "convert/quantize/formats.h"
#include "model/gguf.h"

namespace sotto::quantize {

struct Mix {
  const char* name;
  uint32_t file_type;  // general.file_type, in llama.cpp's numbers
  uint32_t body;       // most matrices
  uint32_t output;     // output.weight, or token_embd.weight where it is both
  uint32_t embedding;  // token_embd.weight beside an output.weight
  uint32_t sensitive;  // attn_v and ffn_down of some layers: the outer eighths and every third between
};

// Fails with a sentence that lists the names.
Result<const Mix*> find_mix(std::string_view name);

// What becomes of one tensor.
struct Decision {
  const GgufTensor* tensor = nullptr;
  const Format* to = nullptr;
  const Format* wanted = nullptr;  // another than `to`: its blocks do not fit the columns
};

// For every tensor of the file, in its order. Vectors, and tensors that engines want in a format of their own, stay as they
// are.
std::vector<Decision> decide(const Gguf& file, const Mix& mix);

}  // namespace sotto::quantize

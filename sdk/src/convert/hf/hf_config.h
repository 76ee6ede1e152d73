// hf_config.h: config.json of a Hugging Face checkpoint as a description. A key that changes what the model computes is
// imported exactly or refused by name.
#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "convert/description.h"
#include "convert/json.h"

namespace sotto {

// What the tensors' names and shapes follow from.
struct HfConfig {
  std::string family;        // model_type
  std::string architecture;  // of transformers: "LlamaForCausalLM"
  ModelDescription description;
  bool qkv_bias = false;
  bool output_bias = false;  // of attention
  bool mlp_bias = false;
  std::vector<std::string> warnings;
};

// `where` stands in messages.
Result<HfConfig> read_hf_config(const Json& json, const std::string& where);

}  // namespace sotto

// hf_model.h: a Hugging Face folder (config.json and safetensors) as a checkpoint: gpt2, llama, mistral, qwen2, qwen3.
#pragma once

#include <memory>
#include <string>

#include "base/status.h"
#include "convert/checkpoint.h"

namespace sotto {

// It has a config.json that names a model.
bool looks_like_hugging_face(const std::string& folder);

// Rows of q and k are in the checkpoint's order (description.rope.layout). Every tensor is used, known to be of no use or
// refused by name.
Result<std::unique_ptr<Checkpoint>> read_hugging_face(const std::string& folder);

}  // namespace sotto

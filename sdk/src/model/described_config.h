// described_config.h: what a sotto-gpt file says of itself: all that other architectures imply by their name. docs/models.md
// lists the keys.
#pragma once

#include "model/config.h"
#include "model/key_reader.h"

namespace sotto {

// REQUIRES: layers, heads and head_dim are read.
Status read_description(KeyReader& keys, ModelConfig* config);

// The names that such a file uses, for its readers and writers; nullptr or SOTTO_NONE for what is none.
const char* activation_name(uint32_t activation);
uint32_t find_activation(std::string_view name);
const char* rotation_name(uint32_t layout);
uint32_t find_rotation(std::string_view name);

}  // namespace sotto

// rope.h: the rotary positions that a config.json describes, in the style of transformers 5 (`rope_parameters`) or before
// (`rope_theta`, `rope_scaling`).
#pragma once

#include "base/status.h"
#include "convert/description.h"
#include "convert/hf/config_keys.h"

namespace sotto {

// `context`: max_position_embeddings.
Status read_rope(ConfigKeys& keys, uint32_t head_dim, uint32_t context, RopeDescription* out);

}  // namespace sotto

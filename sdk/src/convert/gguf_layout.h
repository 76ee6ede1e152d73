// gguf_layout.h: which GGUF architecture computes what a checkpoint's description says, and its tensors and keys under that
// architecture's names. Where none of the known ones fits, sotto-gpt does, which says all of itself in keys below sotto.gpt.
#pragma once

#include <string>

#include "base/status.h"
#include "convert/checkpoint.h"
#include "convert/gguf_writer.h"

namespace sotto {

// Renames, fuses and reorders the checkpoint's tensors, appends tables that the architecture wants, and puts its keys. Returns
// general.architecture.
Result<std::string> lay_out(Checkpoint* checkpoint, GgufWriter* writer);

// Bytes for a tensor that no file holds. The checkpoint keeps them.
ModelTensor make_vector(const std::string& name, const std::vector<float>& values, Checkpoint* owner);

}  // namespace sotto

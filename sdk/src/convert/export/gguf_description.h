// gguf_description.h: what a model file's architecture and keys say, as the importer's description: gguf_layout.h the other
// way.
#pragma once

#include "base/status.h"
#include "convert/description.h"
#include "model/model_file.h"

namespace sotto {

// REQUIRES: file.is_runnable(). Fails with a sentence for what a description does not have.
Result<ModelDescription> describe_gguf(const ModelFile& file);

}  // namespace sotto

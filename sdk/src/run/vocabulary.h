// vocabulary.h: the tokenizer that a GGUF file describes, for the engine.
#pragma once

#include <memory>

#include "base/status.h"
#include "model/gguf.h"
#include "text/tokenizer.h"

namespace sotto {

// nullptr when the file has none. The file's bytes must outlive the tokenizer.
Result<std::unique_ptr<Tokenizer>> tokenizer_of(const Gguf& file);

}  // namespace sotto

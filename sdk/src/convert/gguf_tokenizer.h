// gguf_tokenizer.h: the tokenizer of a GGUF file as it is, key by key: out of a model file, and into another.
#pragma once

#include <memory>
#include <string>

#include "base/status.h"
#include "convert/gguf_writer.h"
#include "model/model_file.h"

namespace sotto {

// A GGUF whose tokenizer is wanted; it may be vocabulary-only. Fails when it has none.
Result<ModelFile> open_gguf_tokenizer(const std::string& path);
uint32_t count_tokens(const Gguf& file);
void put_gguf_tokenizer(const Gguf& file, GgufWriter* writer);

// tokenizer/tokenizer.gguf in the folder; nothing where the file has no tokenizer.
Status write_gguf_tokenizer(const Gguf& file, const std::string& folder);

}  // namespace sotto

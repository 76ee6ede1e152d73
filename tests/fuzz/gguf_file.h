// gguf_file.h: bytes of a fuzzer as a model file, and the model files of tests/fixtures, for the targets that need one.
#pragma once

#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

#include "model/model_file.h"
#include "target.h"

namespace sotto::fuzz {

inline Result<ModelFile> open_bytes(const void* data, size_t size, bool vocabulary_only) {
  sotto_model_source source{};
  source.struct_size = sizeof source;
  source.kind = SOTTO_SOURCE_MEMORY;
  source.data = data;
  source.size = size;
  SOTTO_ASSIGN(ModelBytes bytes, ModelBytes::open(source));
  return ModelFile::open(std::move(bytes), vocabulary_only);
}

inline std::string fixture(const std::string& name) {
  std::ifstream in(SOTTO_FIXTURES "/" + name, std::ios::binary);
  std::string bytes(std::istreambuf_iterator<char>(in), {});
  FUZZ_CHECK(!bytes.empty());
  return bytes;
}

}  // namespace sotto::fuzz

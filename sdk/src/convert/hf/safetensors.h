// safetensors.h: tensors of safetensors files, one or a sharded set, where they lie. The files are hostile until checked: what
// is returned lies inside its file, overlaps nothing and has as many bytes as its shape and type say.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "base/mapped_file.h"
#include "base/span.h"
#include "base/status.h"

namespace sotto {

struct SafeTensor {
  std::string name;
  std::string type;  // "F32", "BF16", "I64", ...
  std::vector<uint64_t> shape;
  Span<const uint8_t> bytes;  // of the mapped file
  std::string file;           // for messages
};

// The tensors of one file's bytes, in the order in which they lie. `file` stands in messages.
Result<std::vector<SafeTensor>> parse_safetensors(Span<const uint8_t> bytes, const std::string& file);

// Those of model.safetensors, or of the shards that model.safetensors.index.json names, by name. The mappings go to `files`.
Result<std::map<std::string, SafeTensor>> read_safetensors(const std::string& folder, std::deque<MappedFile>* files);

}  // namespace sotto

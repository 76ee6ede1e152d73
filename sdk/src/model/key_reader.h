// key_reader.h: reads the keys behind an architecture's prefix and remembers which it was asked for, for config.cc and what
// reads more than it.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "base/status.h"
#include "model/gguf.h"

namespace sotto {

// What is beyond these is a damaged file.
constexpr uint64_t kMaxLayers = 1024, kMaxHidden = 1 << 20, kMaxHeads = 4096, kMaxFfn = 1 << 22,
                   kMaxVocabulary = Gguf::kMaxElements, kMaxContext = 1 << 28, kMaxHeadDim = 1024;

class KeyReader {
 public:
  KeyReader(const Gguf& file, std::string prefix) : file_(file), prefix_(std::move(prefix)) {}

  const Gguf& file() const { return file_; }
  std::string key(std::string_view name);
  bool has(std::string_view name) { return file_.find(key(name)) != nullptr; }

  // A size between 1 and `most`; absent: `fallback`, and 0 there means that the key is required.
  Status size(std::string_view name, uint64_t most, uint32_t fallback, uint32_t* out);
  // A number above `above`, of a size that float32 can work with.
  Status number(std::string_view name, double fallback, double above, double* out);
  // Every key of the prefix was asked for or is known to be harmless.
  Status refuse_the_rest() const;

 private:
  const Gguf& file_;
  std::string prefix_;
  std::set<std::string> asked_;
};

}  // namespace sotto

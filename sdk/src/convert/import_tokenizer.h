// import_tokenizer.h: the tokenizer that an imported model gets: one that the user named, or what lies in or beside the
// checkpoint.
#pragma once

#include <optional>
#include <string>

#include "base/status.h"
#include "convert/gguf_tokenizer.h"
#include "convert/tokenizer_data.h"

namespace sotto {

class ImportTokenizer {
 public:
  // `named`: a tokenizer.json, a .model, a GGUF, or the folder of one; empty: in `source` or its folder `tokenizer`, or none.
  static Result<ImportTokenizer> find(const std::string& source, const std::string& named);

  uint32_t tokens() const;  // 0: there is none
  const std::vector<std::string>& warnings() const { return data_.warnings; }
  // As many tokens as the embedding has rows; more are an error.
  Status fit(uint32_t vocabulary);
  void put(GgufWriter* writer) const;

 private:
  static Result<ImportTokenizer> read(const std::string& path);

  TokenizerData data_;
  std::optional<ModelFile> gguf_;
};

}  // namespace sotto

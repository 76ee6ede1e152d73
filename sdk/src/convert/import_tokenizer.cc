#include "convert/import_tokenizer.h"

#include <fmt/format.h>

#include <filesystem>

namespace sotto {
namespace {

namespace fs = std::filesystem;

constexpr const char* kGguf = "tokenizer.gguf";

}  // namespace

Result<ImportTokenizer> ImportTokenizer::read(const std::string& path) {
  ImportTokenizer t;
  std::error_code error;
  const fs::path gguf = fs::is_directory(path, error) ? fs::path(path) / kGguf : fs::path(path);
  if (gguf.extension() == ".gguf" && fs::exists(gguf, error)) {
    SOTTO_ASSIGN(t.gguf_, open_gguf_tokenizer(gguf.string()));
    return t;
  }
  SOTTO_ASSIGN(t.data_, read_tokenizer(path));
  return t;
}

Result<ImportTokenizer> ImportTokenizer::find(const std::string& source, const std::string& named) {
  if (!named.empty()) {
    SOTTO_ASSIGN(ImportTokenizer t, read(named));
    if (t.tokens() == 0) return Status(SOTTO_NOT_FOUND, fmt::format("no tokenizer lies in {}", named));
    return t;
  }
  std::error_code error;
  const fs::path root(source);
  for (const fs::path& folder : {root, root / "tokenizer", root.parent_path() / "tokenizer"}) {
    if (!fs::is_directory(folder, error)) continue;
    SOTTO_ASSIGN(ImportTokenizer t, read(folder.string()));
    if (t.tokens() != 0) return t;
  }
  return ImportTokenizer();
}

uint32_t ImportTokenizer::tokens() const {
  if (gguf_) return count_tokens(gguf_->gguf());
  return data_.model.empty() ? 0 : static_cast<uint32_t>(data_.tokens.size());
}

Status ImportTokenizer::fit(uint32_t vocabulary) {
  if (!gguf_) return fit_vocabulary(vocabulary, &data_);
  if (tokens() == vocabulary) return {};
  return Status(SOTTO_MISMATCH, fmt::format("the tokenizer has {} tokens, the embedding {} rows", tokens(), vocabulary));
}

void ImportTokenizer::put(GgufWriter* writer) const {
  if (gguf_) return put_gguf_tokenizer(gguf_->gguf(), writer);
  if (tokens() != 0) return put_tokenizer(data_, writer);
  writer->put_text("tokenizer.ggml.model", "no_vocab");  // llama.cpp opens a file without a vocabulary only if it says so
}

}  // namespace sotto

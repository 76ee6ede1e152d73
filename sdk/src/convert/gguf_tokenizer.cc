#include "convert/gguf_tokenizer.h"

#include <fmt/format.h>

#include "convert/output_file.h"
#include "convert/output_folder.h"

namespace sotto {
namespace {

bool is_of_tokenizer(std::string_view key) {
  constexpr std::string_view kPrefixes[] = {"tokenizer.", "sotto.tokenizer."};
  for (const std::string_view p : kPrefixes)
    if (key.substr(0, p.size()) == p) return true;
  return false;
}

}  // namespace

Result<ModelFile> open_gguf_tokenizer(const std::string& path) {
  sotto_model_source source{};
  source.struct_size = sizeof source;
  source.kind = SOTTO_SOURCE_PATH;
  source.path = sotto_str{path.data(), path.size()};
  SOTTO_ASSIGN(ModelBytes bytes, ModelBytes::open(source));
  SOTTO_ASSIGN(ModelFile file, ModelFile::open(std::move(bytes), true));
  if (count_tokens(file.gguf()) == 0) return Status(SOTTO_NOT_FOUND, fmt::format("{} has no tokenizer", path));
  return file;
}

uint32_t count_tokens(const Gguf& file) {
  const GgufValue* tokens = file.find("tokenizer.ggml.tokens");
  return tokens != nullptr && tokens->type == GgufType::kArray ? static_cast<uint32_t>(tokens->count) : 0;
}

void put_gguf_tokenizer(const Gguf& file, GgufWriter* writer) {
  for (const std::string_view key : file.keys())
    if (is_of_tokenizer(key)) writer->put_value(key, *file.find(key));
}

Status write_gguf_tokenizer(const Gguf& file, const std::string& folder) {
  if (count_tokens(file) == 0) return {};
  SOTTO_TRY(make_folder(folder + "/tokenizer"));
  SOTTO_ASSIGN(OutputFile out, OutputFile::create(folder + "/tokenizer/tokenizer.gguf", false));
  GgufWriter writer;
  // Vocabulary-only files name an architecture, of which nothing else is there.
  SOTTO_ASSIGN(const std::string_view architecture, file.text("general.architecture", ""));
  writer.put_text("general.architecture", architecture);
  put_gguf_tokenizer(file, &writer);
  SOTTO_TRY(writer.begin(&out));
  return out.commit();
}

}  // namespace sotto

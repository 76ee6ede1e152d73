#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "base/printable.h"
#include "convert/json.h"
#include "convert/tokenizer/side_files.h"
#include "convert/tokenizer/tokenizer_json.h"
#include "convert/tokenizer_data.h"
#include "model/gguf.h"
#include "text/sentencepiece_model.h"
#include "text/tokenizer.h"

namespace sotto {
namespace {

// Files of vocab.json's kind: as transformers names them, and as the first GPT-2 checkpoints were given out.
constexpr struct {
  const char* vocab;
  const char* merges;
} kVocabularies[] = {{"vocab.json", "merges.txt"}, {"gpt2-vocab.json", "gpt2-merges.txt"}};

// Which rules vocab.json and merges.txt go with, which only the class says.
constexpr struct {
  std::string_view tokenizer_class;
  const char* pre;
  bool nfc;
} kClasses[] = {
    {"", "gpt-2", false},
    {"GPT2Tokenizer", "gpt-2", false},
    {"GPT2TokenizerFast", "gpt-2", false},
    {"Qwen2Tokenizer", "qwen2", true},
    {"Qwen2TokenizerFast", "qwen2", true},
};

// Where the parts of a tokenizer lie; empty: there is none.
struct Place {
  std::string folder;
  std::string json, model, vocab, merges;
};

bool ends_with(const std::string& text, std::string_view end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

Result<Place> find_place(const std::string& path) {
  Place place;
  std::error_code ignored;
  const bool is_folder = std::filesystem::is_directory(path, ignored);
  if (!is_folder && !is_file(path)) return Status(SOTTO_NOT_FOUND, fmt::format("{}: there is no such file or folder", path));
  place.folder = is_folder ? path : std::filesystem::path(path).parent_path().string();
  if (place.folder.empty()) place.folder = ".";
  if (!is_folder && ends_with(path, "vocab.json")) {
    place.vocab = path;
    place.merges = path.substr(0, path.size() - std::string_view("vocab.json").size()) + "merges.txt";
  } else if (!is_folder) {
    (ends_with(path, ".json") ? place.json : place.model) = path;
  } else {
    if (is_file(path + "/tokenizer.json")) place.json = path + "/tokenizer.json";
    if (is_file(path + "/tokenizer.model")) place.model = path + "/tokenizer.model";
    for (const auto& row : kVocabularies)
      if (place.vocab.empty() && is_file(path + "/" + row.vocab) && is_file(path + "/" + row.merges)) {
        place.vocab = path + "/" + row.vocab;
        place.merges = path + "/" + row.merges;
      }
  }
  return place;
}

// tokenizers of texts only keep their list in step with the bytes of the .model.
struct SentencePieceFile {
  SentencePieceList list;
  std::string bytes;
};

Result<SentencePieceFile> read_model(const std::string& path, TokenizerData* data) {
  SentencePieceFile file;
  SOTTO_ASSIGN(file.bytes, read_text(path));
  auto list = read_sentencepiece_model(file.bytes);
  if (!list.ok()) return list.status().within(path);
  file.list = list.take();
  data->model = "llama";
  data->pre = "default";
  data->tokens = file.list.texts;
  data->scores = file.list.scores;
  data->kinds = file.list.kinds;
  data->bos = file.list.bos;
  data->eos = file.list.eos;
  data->unknown = file.list.unknown;
  data->padding = file.list.padding;
  data->add_space_prefix = file.list.adds_space_prefix;
  if (!file.list.is_bpe)
    data->warnings.push_back(
        fmt::format("{}: it is no BPE model; an engine that reads the list of pieces alone would give other ids", path));
  return file;
}

// The .model with what other files said: added tokens, kinds, the space before a text.
void put_model(SentencePieceFile file, bool is_changed, TokenizerData* data) {
  const bool prefix = data->add_space_prefix.value_or(true);
  if (is_changed || prefix != file.list.adds_space_prefix) {
    file.list.texts = data->tokens;
    file.list.scores = data->scores;
    file.list.kinds = data->kinds;
    file.list.adds_space_prefix = prefix;
    data->sentencepiece = write_sentencepiece_model(file.list);
  } else {
    data->sentencepiece = std::move(file.bytes);
  }
}

Result<TokenizerData> read_sentencepiece(const Place& place, const Json* json) {
  TokenizerData data;
  SOTTO_ASSIGN(SentencePieceFile file, read_model(place.model, &data));
  bool is_changed = false;
  if (json) SOTTO_TRY(add_from_tokenizer_json(*json, place.json, &data, &is_changed));
  SOTTO_TRY(read_side_files(place.folder, &data, &is_changed));
  put_model(std::move(file), is_changed, &data);
  return data;
}

Result<TokenizerData> read_json_tokenizer(const Place& place) {
  SOTTO_ASSIGN(const Json json, read_json(place.json));
  if (is_converted_sentencepiece(json) && !place.model.empty()) return read_sentencepiece(place, &json);
  SOTTO_ASSIGN(TokenizerData data, read_tokenizer_json(json, place.json));
  bool ignored = false;
  SOTTO_TRY(read_side_files(place.folder, &data, &ignored));
  return data;
}

Result<TokenizerData> read_vocabulary_files(const Place& place) {
  SOTTO_ASSIGN(const Json vocab, read_json(place.vocab));
  SOTTO_ASSIGN(const std::string merges, read_text(place.merges));
  SOTTO_ASSIGN(TokenizerData data, read_vocab_and_merges(vocab, merges, place.vocab));
  std::string tokenizer_class;
  if (is_file(place.folder + "/tokenizer_config.json")) {
    SOTTO_ASSIGN(const Json config, read_json(place.folder + "/tokenizer_config.json"));
    if (const Json* name = config.find("tokenizer_class")) tokenizer_class = name->text;
  }
  for (const auto& row : kClasses) {
    if (row.tokenizer_class != tokenizer_class) continue;
    data.pre = row.pre;
    data.normalize_nfc = row.nfc;
    bool ignored = false;
    SOTTO_TRY(read_side_files(place.folder, &data, &ignored));
    return data;
  }
  return Status(SOTTO_UNSUPPORTED,
                fmt::format("{}: how the tokenizer class '{}' cuts text is not known; a tokenizer.json is needed", place.vocab,
                            printable(tokenizer_class)));
}

// GPT-2's class takes it for all its special tokens where nothing else is said.
void take_gpt2_defaults(TokenizerData* data) {
  if (data->model != "gpt2" || data->pre != "gpt-2" || data->eos) return;
  for (uint32_t id = 0; id < data->tokens.size(); ++id) {
    if (data->tokens[id] != "<|endoftext|>") continue;
    data->eos = id;
    if (!data->bos) data->bos = id;
    data->kinds[id] = static_cast<int32_t>(TokenKind::kControl);
  }
}

}  // namespace

Result<TokenizerData> read_tokenizer(const std::string& path) {
  SOTTO_ASSIGN(const Place place, find_place(path));
  if (!place.json.empty()) return read_json_tokenizer(place);
  if (!place.model.empty()) return read_sentencepiece(place, nullptr);
  if (place.vocab.empty()) return TokenizerData();
  SOTTO_ASSIGN(TokenizerData data, read_vocabulary_files(place));
  take_gpt2_defaults(&data);
  return data;
}

Status fit_vocabulary(uint32_t vocabulary, TokenizerData* t) {
  if (t->model.empty()) return {};
  if (t->tokens.size() > vocabulary)
    return Status(SOTTO_BAD_FILE,
                  fmt::format("the tokenizer has {} tokens, but the embedding has {} rows", t->tokens.size(), vocabulary));
  if (vocabulary > Gguf::kMaxElements)
    return Status(SOTTO_UNSUPPORTED,
                  fmt::format("the embedding has {} rows, expected at most {}", vocabulary, Gguf::kMaxElements));
  std::vector<std::string> padding_like;  // tokens that happen to have the names of the unused
  for (const std::string& token : t->tokens)
    if (token.compare(0, 4, "[PAD") == 0) padding_like.push_back(token);
  while (t->tokens.size() < vocabulary) {
    std::string name = fmt::format("[PAD{}]", t->tokens.size());
    while (std::find(padding_like.begin(), padding_like.end(), name) != padding_like.end()) name += '_';
    t->tokens.push_back(std::move(name));
    t->kinds.push_back(static_cast<int32_t>(TokenKind::kUnused));
    if (!t->scores.empty()) t->scores.push_back(0);
  }
  return {};
}

void put_tokenizer(const TokenizerData& t, GgufWriter* writer) {
  if (t.model.empty()) return;
  writer->put_text("tokenizer.ggml.model", t.model);
  writer->put_text("tokenizer.ggml.pre", t.pre);
  writer->put_texts("tokenizer.ggml.tokens", t.tokens);
  if (!t.scores.empty()) writer->put_f32s("tokenizer.ggml.scores", t.scores);
  writer->put_i32s("tokenizer.ggml.token_type", t.kinds);
  if (t.model == "gpt2") writer->put_texts("tokenizer.ggml.merges", t.merges);
  const struct {
    const char* name;
    const std::optional<uint32_t>& id;
  } ids[] = {{"bos", t.bos}, {"eos", t.eos}, {"eot", t.eot}, {"unknown", t.unknown}, {"padding", t.padding}};
  for (const auto& row : ids)
    if (row.id) writer->put_u32(fmt::format("tokenizer.ggml.{}_token_id", row.name), *row.id);
  const struct {
    const char* name;
    const std::optional<bool>& flag;
  } flags[] = {{"add_bos_token", t.add_bos}, {"add_eos_token", t.add_eos}, {"add_space_prefix", t.add_space_prefix}};
  for (const auto& row : flags)
    if (row.flag) writer->put_bool(fmt::format("tokenizer.ggml.{}", row.name), *row.flag);
  if (t.normalize_nfc) writer->put_bool("sotto.tokenizer.nfc", true);
  if (!t.sentencepiece.empty()) writer->put_bytes("sotto.tokenizer.sentencepiece", t.sentencepiece);
  if (!t.chat_template.empty()) writer->put_text("tokenizer.chat_template", t.chat_template);
}

}  // namespace sotto

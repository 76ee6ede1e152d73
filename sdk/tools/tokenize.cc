// tokenize.cc: `sotto tokenize` and `sotto detokenize`.
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <memory>

#include "files.h"
#include "json.h"
#include "loading.h"

namespace sotto::tools {
namespace {

struct TokenizeOptions {
  CommonOptions common;
  std::string words[2];  // [MODEL] [TEXT]
  std::string file;
  std::string lines;
  bool special = false;
  bool no_bos = false;

  std::string model;
  std::string text;

  uint32_t flags() const { return (special ? SOTTO_TOKENIZE_SPECIAL : 0u) | (no_bos ? SOTTO_TOKENIZE_NO_BOS : 0u); }
  void assign_words(size_t count);
};

bool looks_like_model(const std::string& word) {
  const std::string extension = std::filesystem::path(word).extension().string();
  std::error_code ignored;
  return (extension == ".gguf" || extension == ".model") && std::filesystem::exists(word, ignored);
}

// One word is the text where no file gives it, else the model.
void TokenizeOptions::assign_words(size_t count) {
  const bool has_file = !file.empty() || !lines.empty();
  if (count > (has_file ? 1u : 2u)) throw UsageError("tokenize: the text is given twice");
  if (has_file || count == 2) model = words[0];
  if (has_file) return;
  if (count == 0 || (count == 1 && looks_like_model(words[0])))
    throw UsageError("tokenize: no text: give TEXT, -f FILE or --jsonl FILE");
  text = words[count - 1];
}

void tokenize_lines(const ModelHandle& model, const TokenizeOptions& o) {
  std::ifstream file;
  if (o.lines != "-") {
    file.open(o.lines, std::ios::binary);
    if (!file) throw Error(SOTTO_NOT_FOUND, fmt::format("reading {}: it cannot be opened", o.lines).c_str());
  }
  std::istream& in = o.lines == "-" ? std::cin : file;
  uint64_t number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (line.empty() || line == "\r") continue;
    const Json text = Json::parse(line, nullptr, false);
    if (!text.is_string())
      throw Error(SOTTO_INVALID_ARGUMENT,
                  fmt::format("{}, line {}: a JSON string is wanted on each line", o.lines, number).c_str());
    write_bytes(Json(tokenize(model, text.get_ref<const std::string&>(), o.flags())).dump() + "\n");
  }
}

void run_tokenize(Console& console, TokenizeOptions& o) {
  if (!o.lines.empty() && o.common.json) throw UsageError("--jsonl prints an array a line: leave --json out");
  const Runtime runtime = open_runtime_without_plugins(o.common);
  const ModelHandle model = open_model(console, runtime, o.model, o.common, {SOTTO_MODEL_VOCABULARY_ONLY});
  if (!o.lines.empty()) return tokenize_lines(model, o);
  if (!o.file.empty()) o.text = read_file(o.file);
  const Json ids = tokenize(model, o.text, o.flags());
  print_json(o.common.json ? Json{{"ids", ids}, {"count", ids.size()}} : ids);
}

struct DetokenizeOptions {
  CommonOptions common;
  std::string model;
  std::string ids;
};

void run_detokenize(Console& console, const DetokenizeOptions& o) {
  const std::vector<uint32_t> ids = parse_ids(o.ids);
  const Runtime runtime = open_runtime_without_plugins(o.common);
  const ModelHandle model = open_model(console, runtime, o.model, o.common, {SOTTO_MODEL_VOCABULARY_ONLY});
  const std::string text = detokenize(model, ids);
  if (o.common.json) return print_json(Json{{"text", text}});
  write_text(text);
  if (is_terminal(stdout)) write_bytes("\n");
}

}  // namespace

Action declare_tokenize(CLI::App& app) {
  const auto o = std::make_shared<TokenizeOptions>();
  auto* first =
      app.add_option("MODEL", o->words[0], "GGUF or SentencePiece .model; left out: the default model")->type_name("");
  auto* second = app.add_option("TEXT", o->words[1], "the text")->type_name("");
  auto* file = app.add_option("-f,--file", o->file, "the text is in this file; - is standard input");
  app.add_option("--jsonl", o->lines, "a JSON string on each line in, an array of ids a line out")->excludes(file);
  app.add_flag("--special", o->special, "markers such as <|im_end|> become control tokens");
  app.add_flag("--no-bos", o->no_bos, "no beginning-of-text token");
  declare_common(app, &o->common);
  return [o, first, second](Console& console) {
    o->assign_words(first->count() + second->count());
    run_tokenize(console, *o);
  };
}

Action declare_detokenize(CLI::App& app) {
  const auto o = std::make_shared<DetokenizeOptions>();
  declare_model(app, &o->model);
  app.add_option("--ids", o->ids, "1,2,3")->required();
  declare_common(app, &o->common);
  return [o](Console& console) { run_detokenize(console, *o); };
}

}  // namespace sotto::tools

// template.cc: `sotto template`.
#include <memory>

#include "files.h"
#include "json.h"
#include "loading.h"

namespace sotto::tools {
namespace {

struct Options {
  CommonOptions common;
  std::string model;
  std::string messages;
  std::string source;
  std::string bos;
  std::string eos;
  std::string variables;
  bool no_generation_prompt = false;
  bool has_bos = false;
  bool has_eos = false;
};

std::string render(const sotto_model* model, const Options& o) {
  const std::string messages = read_file(o.messages);
  const std::string source = o.source.empty() ? std::string() : read_file(o.source);
  sotto_template_options t{};
  t.struct_size = sizeof t;
  t.flags = o.no_generation_prompt ? SOTTO_TEMPLATE_NO_GENERATION_PROMPT : 0;
  t.messages = str(messages);
  if (!o.variables.empty()) t.variables = str(o.variables);
  if (!o.source.empty()) t.source = str(source);
  if (o.has_bos) t.bos = str(o.bos);
  if (o.has_eos) t.eos = str(o.eos);
  const std::vector<char> text = fetch<char>([&](char* buffer, uint64_t capacity, uint64_t* size, sotto_error* err) {
    return sotto_template_render(model, &t, buffer, capacity, size, err);
  });
  return std::string(text.begin(), text.end());
}

void run(Console& console, const Options& o) {
  std::string text;
  if (!o.source.empty() && o.model.empty()) {
    text = render(nullptr, o);
  } else {
    const Runtime runtime = open_runtime_without_plugins(o.common);
    text = render(open_model(console, runtime, o.model, o.common, {SOTTO_MODEL_VOCABULARY_ONLY}).get(), o);
  }
  if (o.common.json) return print_json(Json{{"prompt", text}});
  write_text(text);
}

}  // namespace

Action declare_template(CLI::App& app) {
  const auto o = std::make_shared<Options>();
  declare_model(app, &o->model);
  app.add_option("-f,--file", o->messages, "messages: a JSON array of {\"role\": ..., \"content\": ...}; - is standard input")
      ->required();
  app.add_flag("--no-generation-prompt", o->no_generation_prompt, "do not open the assistant's turn");
  app.add_option("--template", o->source, "Jinja file instead of the model's own template; then no model is needed");
  auto* bos = app.add_option("--bos", o->bos, "text of the beginning-of-text token");
  auto* eos = app.add_option("--eos", o->eos, "text of the end-of-text token");
  app.add_option("--vars", o->variables, "JSON object of further variables: {\"tools\": [...]}");
  declare_common(app, &o->common);
  return [o, bos, eos](Console& console) {
    o->has_bos = bos->count() > 0;
    o->has_eos = eos->count() > 0;
    run(console, *o);
  };
}

}  // namespace sotto::tools

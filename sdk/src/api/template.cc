// The C functions of model.h for chat templates.
#include <fmt/format.h>

#include <string>

#include "api/model_object.h"
#include "border/guard.h"
#include "border/options.h"
#include "text/template/chat_template.h"

namespace sotto {
namespace {

// The text of a token that a template writes, as {{ bos_token }}; the caller's where given.
Result<std::string> marker(const char* name, sotto_str given, const Engine* engine,
                           std::optional<uint32_t> (Tokenizer::*id)() const) {
  if (given.data) {
    SOTTO_ASSIGN(const std::string_view text, read_text(name, given));
    return std::string(text);
  }
  const Tokenizer* t = engine ? engine->tokenizer() : nullptr;
  const auto token = t ? (t->*id)() : std::nullopt;
  return token ? std::string(t->text_of(*token)) : std::string();
}

Result<Rendered> render(const Engine* engine, const sotto_template_options* options) {
  SOTTO_ASSIGN(const sotto_template_options o, read_options("sotto_template_options", options));
  if (o.flags & ~SOTTO_TEMPLATE_NO_GENERATION_PROMPT)
    return Status(SOTTO_UNSUPPORTED, fmt::format("sotto_template_options.flags is {:#x}, 1 is known", o.flags));
  TemplateInput in;
  SOTTO_ASSIGN(in.messages_json, read_text("messages", o.messages));
  SOTTO_ASSIGN(in.vars_json, read_text("variables", o.variables));
  SOTTO_ASSIGN(in.bos_token, marker("bos", o.bos, engine, &Tokenizer::bos));
  SOTTO_ASSIGN(in.eos_token, marker("eos", o.eos, engine, &Tokenizer::eos));
  in.add_generation_prompt = !(o.flags & SOTTO_TEMPLATE_NO_GENERATION_PROMPT);
  if (!o.source.data) {
    if (!engine)
      return Status(SOTTO_INVALID_ARGUMENT, "rendering a template: neither a model nor a template's source is given");
    SOTTO_ASSIGN(const ChatTemplate* const own, engine->chat_template());
    return own->render(in);
  }
  SOTTO_ASSIGN(const std::string_view source, read_text("source", o.source));
  SOTTO_ASSIGN(const ChatTemplate given, ChatTemplate::parse(source));
  return given.render(in);
}

Status tokenize_rendered(const Engine& engine, const sotto_template_options* options, uint32_t* ids, uint64_t capacity,
                         uint64_t* count) {
  SOTTO_ASSIGN(const Tokenizer* const tokenizer, engine.need_tokenizer());
  SOTTO_ASSIGN(const Rendered prompt, render(&engine, options));
  EncodeOptions o;
  o.parse_special = true;
  o.trusted = &prompt.trusted;
  o.add_bos = o.add_eos = false;
  SOTTO_ASSIGN(auto found, tokenizer->encode(prompt.text, o));
  // A template that does not write the beginning itself leaves it to the tokenizer.
  const bool begun = tokenizer->bos() && !found.empty() && found[0] == *tokenizer->bos();
  if (tokenizer->adds_bos() && tokenizer->bos() && !begun) found.insert(found.begin(), *tokenizer->bos());
  return write_items(found.data(), found.size(), ids, capacity, count);
}

}  // namespace
}  // namespace sotto

sotto_status sotto_template_render(const sotto_model* model, const sotto_template_options* options, char* buffer,
                                   uint64_t capacity, uint64_t* size, sotto_error* err) {
  return sotto::guard(err, [&]() -> sotto::Status {
    SOTTO_ASSIGN(const sotto::Rendered prompt, sotto::render(model ? &model->engine() : nullptr, options));
    return sotto::write_items(prompt.text.data(), prompt.text.size(), buffer, capacity, size);
  });
}

sotto_status sotto_template_tokenize(const sotto_model* model, const sotto_template_options* options, uint32_t* ids,
                                     uint64_t capacity, uint64_t* count, sotto_error* err) {
  return sotto::guard(err, [&]() -> sotto::Status {
    SOTTO_TRY(sotto::check_given("sotto_template_tokenize: model", model));
    return sotto::tokenize_rendered(model->engine(), options, ids, capacity, count);
  });
}

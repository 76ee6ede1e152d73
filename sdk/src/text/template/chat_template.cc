#include "text/template/chat_template.h"

#include <ctime>

#include "text/template/evaluator.h"
#include "text/template/json_reader.h"
#include "text/unicode.h"

namespace sotto {
ChatTemplate::ChatTemplate(std::unique_ptr<jinja::Node> root) : root_(std::move(root)) {}
ChatTemplate::ChatTemplate(ChatTemplate&&) noexcept = default;
ChatTemplate::~ChatTemplate() = default;

Result<ChatTemplate> ChatTemplate::parse(std::string_view source) {
  if (!is_valid_utf8(source)) return Status(SOTTO_TEMPLATE_ERROR, "chat template: it is no valid UTF-8");
  SOTTO_ASSIGN(auto root, jinja::parse(source));
  return ChatTemplate(std::move(root));
}

Result<Rendered> ChatTemplate::render(const TemplateInput& in) const {
  using jinja::Text;
  using jinja::Value;
  SOTTO_ASSIGN(const Value messages, jinja::read_json("messages", in.messages_json));
  if (messages.kind() != jinja::Kind::kList)
    return Status(SOTTO_INVALID_ARGUMENT, "rendering a chat template: the messages are no JSON array");
  for (const Value& m : messages.items())
    if (!m.is_mapping()) return Status(SOTTO_INVALID_ARGUMENT, "rendering a chat template: a message is no JSON object");
  auto globals = std::make_shared<jinja::Scope>();
  jinja::add_functions(globals.get(), in.now ? in.now : static_cast<int64_t>(std::time(nullptr)));
  auto& names = globals->names;
  names["messages"] = messages;
  names["add_generation_prompt"] = Value::boolean(in.add_generation_prompt);
  names["bos_token"] = Value::text(Text::literal(in.bos_token));
  names["eos_token"] = Value::text(Text::literal(in.eos_token));
  names["tools"] = Value::none();
  names["documents"] = Value::none();
  if (!in.vars_json.empty()) {
    SOTTO_ASSIGN(const Value vars, jinja::read_json("variables", in.vars_json));
    if (!vars.is_mapping())
      return Status(SOTTO_INVALID_ARGUMENT, "rendering a chat template: the variables are no JSON object");
    for (const auto& [key, value] : vars.pairs()) names[key.as_text().bytes] = value;
  }
  auto top = std::make_shared<jinja::Scope>();
  top->parent = globals;
  SOTTO_ASSIGN(Text text, jinja::Evaluator(top).render(*root_));
  return Rendered{std::move(text.bytes), std::move(text.trusted)};
}

}  // namespace sotto

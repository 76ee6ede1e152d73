#include "text/template/chat_template.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <nlohmann/json.hpp>

#include "text/template/evaluator.h"
#include "text/unicode.h"

namespace sotto {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kMaxJsonDepth = 64;
constexpr size_t kMaxJsonKeys = 10000;  // of one object: they are kept in their order, and looked for one after another

// Refuses deep nesting and huge objects before the parser builds them. What is no JSON it leaves to the parser.
std::string excess_of(std::string_view json) {
  int depth = 0;
  bool in_text = false;
  size_t keys[kMaxJsonDepth + 1] = {};
  for (size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (in_text) {
      if (c == '\\')
        ++i;
      else if (c == '"')
        in_text = false;
    } else if (c == '"') {
      in_text = true;
    } else if (c == '[' || c == '{') {
      if (++depth > kMaxJsonDepth) return fmt::format("are nested deeper than {}", kMaxJsonDepth);
      keys[std::max(depth, 0)] = 0;
    } else if (c == ']' || c == '}') {
      --depth;
    } else if (c == ':') {
      if (++keys[std::max(depth, 0)] > kMaxJsonKeys) return fmt::format("have more than {} keys in one object", kMaxJsonKeys);
    }
  }
  return {};
}

jinja::Value to_value(const Json& j) {
  using jinja::Text;
  using jinja::Value;
  switch (j.type()) {
    case Json::value_t::boolean:
      return Value::boolean(j.get<bool>());
    case Json::value_t::number_integer:
      return Value::integer(j.get<int64_t>());
    case Json::value_t::number_unsigned:
      return j.get<uint64_t>() <= INT64_MAX ? Value::integer(static_cast<int64_t>(j.get<uint64_t>()))
                                            : Value::real(j.get<double>());
    case Json::value_t::number_float:
      return Value::real(j.get<double>());
    case Json::value_t::string:
      return Value::text(Text::data(j.get_ref<const std::string&>()));
    case Json::value_t::array: {
      jinja::List items;
      for (const Json& x : j) items.push_back(to_value(x));
      return Value::list(std::move(items));
    }
    case Json::value_t::object: {
      jinja::Pairs pairs;
      for (const auto& [key, x] : j.items()) pairs.emplace_back(Value::text(Text::data(key)), to_value(x));
      return Value::dict(std::move(pairs));
    }
    default:
      return Value::none();
  }
}

Result<Json> read_json(const char* what, std::string_view text) {
  const auto bad = [&](std::string_view why) {
    return Status(SOTTO_INVALID_ARGUMENT, fmt::format("rendering a chat template: the {} {}", what, why));
  };
  if (const std::string excess = excess_of(text); !excess.empty()) return bad(excess);
  Json j = Json::parse(text, nullptr, false);
  if (j.is_discarded()) {
    // Text with broken UTF-8 is read as everywhere, with U+FFFD; other faults are the caller's.
    if (!is_valid_utf8(text)) j = Json::parse(replace_invalid_utf8(text), nullptr, false);
    if (j.is_discarded()) return bad("are no valid JSON");
  }
  return j;
}

}  // namespace

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
  SOTTO_ASSIGN(const Json messages, read_json("messages", in.messages_json));
  if (!messages.is_array()) return Status(SOTTO_INVALID_ARGUMENT, "rendering a chat template: the messages are no JSON array");
  for (const Json& m : messages)
    if (!m.is_object()) return Status(SOTTO_INVALID_ARGUMENT, "rendering a chat template: a message is no JSON object");
  auto globals = std::make_shared<jinja::Scope>();
  jinja::add_functions(globals.get(), in.now ? in.now : static_cast<int64_t>(std::time(nullptr)));
  auto& names = globals->names;
  names["messages"] = to_value(messages);
  names["add_generation_prompt"] = Value::boolean(in.add_generation_prompt);
  names["bos_token"] = Value::text(Text::literal(in.bos_token));
  names["eos_token"] = Value::text(Text::literal(in.eos_token));
  names["tools"] = Value::none();
  names["documents"] = Value::none();
  if (!in.vars_json.empty()) {
    SOTTO_ASSIGN(const Json vars, read_json("variables", in.vars_json));
    if (!vars.is_object()) return Status(SOTTO_INVALID_ARGUMENT, "rendering a chat template: the variables are no JSON object");
    for (const auto& [key, value] : vars.items()) names[key] = to_value(value);
  }
  auto top = std::make_shared<jinja::Scope>();
  top->parent = globals;
  SOTTO_ASSIGN(Text text, jinja::Evaluator(top).render(*root_));
  return Rendered{std::move(text.bytes), std::move(text.trusted)};
}

}  // namespace sotto

#include "json.h"

#include "common/read_json.h"

namespace sotto::assistant {
namespace {

[[noreturn]] void refuse(const std::string& what, const std::string& how) {
  throw Failure(SOTTO_INVALID_ARGUMENT, "assistant: " + what + ": " + how);
}

}  // namespace

Json read_json(std::string_view text, const std::string& what, size_t most) {
  plugins::JsonLimits limits;
  limits.bytes = most;
  try {
    return plugins::read_json(text, limits);
  } catch (const plugins::JsonFault& fault) {
    refuse(what, fault.what());
  }
}

std::string written(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

std::string text_member(const Json& object, const char* name, const std::string& what) {
  const auto at = object.find(name);
  if (at == object.end() || at->is_null()) return {};
  if (!at->is_string()) refuse(what, std::string("\"") + name + "\" is " + at->type_name() + ", a string is expected");
  return at->get<std::string>();
}

std::vector<std::string> texts_member(const Json& object, const char* name, const std::string& what) {
  std::vector<std::string> texts;
  const auto at = object.find(name);
  if (at == object.end() || at->is_null()) return texts;
  if (!at->is_array()) refuse(what, std::string("\"") + name + "\" is " + at->type_name() + ", a list is expected");
  for (const Json& text : *at) {
    if (!text.is_string()) refuse(what, std::string("\"") + name + "\" holds " + text.type_name() + ", strings are expected");
    texts.push_back(text.get<std::string>());
  }
  return texts;
}

Texts both_texts(const Json& value) {
  Texts texts;
  if (value.is_string()) texts.fill(value.get<std::string>());
  if (value.is_number() || value.is_boolean()) texts.fill(written(value));
  if (value.is_object())
    for (size_t i = 0; i < kLanguages; ++i) {
      const auto at = value.find(name_of(static_cast<Language>(i)));
      if (at != value.end() && at->is_string()) texts[i] = at->get<std::string>();
    }
  return texts;
}

}  // namespace sotto::assistant

#include "schema.h"

#include <algorithm>

#include "json.h"

namespace sotto::assistant {
namespace {

constexpr size_t kMostBytes = 64 << 10, kMostParameters = 32, kMostChoices = 256;

[[noreturn]] void refuse(const std::string& what, const std::string& how) {
  throw Failure(SOTTO_INVALID_ARGUMENT, "assistant: the schema of " + what + ": " + how);
}

constexpr std::string_view kKnown[] = {"type",    "enum",    "minimum", "maximum", "description",
                                       "default", "x-sotto", "title",   "items",   "examples"};
constexpr struct {
  std::string_view name;
  SlotType type;
} kJsonTypes[] = {
    {"string", SlotType::kText}, {"number", SlotType::kNumber}, {"integer", SlotType::kNumber}, {"boolean", SlotType::kYes}};

void take_choices(const Json& json, const std::string& what, Parameter* p) {
  const auto values = json.find("enum");
  if (values == json.end()) return;
  if (!values->is_array() || values->empty() || values->size() > kMostChoices)
    refuse(what, "\"enum\" of \"" + p->name + "\" is no list of 1 to " + std::to_string(kMostChoices) + " values");
  p->type = SlotType::kChoice;
  const auto own = json.find("x-sotto");
  for (const Json& value : *values) {
    if (!value.is_primitive() || value.is_null()) refuse(what, "\"enum\" of \"" + p->name + "\" holds " + value.type_name());
    const std::string name = value.is_string() ? value.get<std::string>() : written(value);
    Choice choice{written(value), {normal_form(name)}};
    for (size_t i = 0; own != json.end() && own->is_object() && i < kLanguages; ++i) {
      const auto language = own->find(name_of(static_cast<Language>(i)));
      if (language == own->end() || !language->is_object()) continue;
      for (const std::string& words : texts_member(*language, name.c_str(), "the schema of " + what))
        choice.words.push_back(normal_form(words));
    }
    p->choices.push_back(std::move(choice));
  }
}

void take_type(const Json& json, const Domain& domain, const std::string& what, Parameter* p) {
  const std::string type = text_member(json, "type", "the schema of " + what);
  if (type == "array") {
    p->is_list = true;
    const auto items = json.find("items");
    if (items == json.end() || !items->is_object()) refuse(what, "\"" + p->name + "\" is a list without \"items\"");
    return take_type(*items, domain, what, p);
  }
  bool is_known = type.empty() && json.find("enum") != json.end();
  for (const auto& row : kJsonTypes)
    if (row.name == type) p->type = row.type, is_known = true;
  if (!is_known)
    refuse(what, "\"" + p->name + "\" is of type \"" + plain_text(type, 40) +
                     "\"; known are string, number, integer, boolean, array");
  p->is_integer = type == "integer";
  const auto own = json.find("x-sotto");
  if (own != json.end() && own->is_string() && !find_slot_type(own->get<std::string>(), &p->type))
    refuse(what, "\"x-sotto\" of \"" + p->name + "\" is \"" + plain_text(own->get<std::string>(), 40) +
                     "\", which is no type of a slot");
  if (own == json.end() && domain.type_of(p->name) != SlotType::kText) p->type = domain.type_of(p->name);
  take_choices(json, what, p);
}

void take_range(const Json& json, const std::string& what, Parameter* p) {
  const struct {
    const char* name;
    double* to;
    bool* has;
  } kEnds[] = {{"minimum", &p->least, &p->has_least}, {"maximum", &p->most, &p->has_most}};
  for (const auto& end : kEnds) {
    const auto at = json.find(end.name);
    if (at == json.end()) continue;
    if (!at->is_number()) refuse(what, std::string("\"") + end.name + "\" of \"" + p->name + "\" is no number");
    *end.to = at->get<double>();
    *end.has = true;
  }
}

}  // namespace

std::vector<Parameter> read_schema(std::string_view text, const Domain& domain, const std::string& what) {
  const Json json = read_json(text, "the schema of " + what, kMostBytes);
  if (!json.is_object() || text_member(json, "type", "the schema of " + what) != "object")
    refuse(what, "its type is not \"object\"");
  std::vector<Parameter> parameters;
  const auto properties = json.find("properties");
  if (properties != json.end()) {
    if (!properties->is_object() || properties->size() > kMostParameters)
      refuse(what, "\"properties\" is no object of at most " + std::to_string(kMostParameters));
    for (const auto& [name, property] : properties->items()) {
      Parameter p;
      p.name = name;
      if (name.empty() || name.size() > 64 || !property.is_object()) refuse(what, "a property of no name or no object");
      for (const auto& [key, unused] : property.items())
        if (std::find(std::begin(kKnown), std::end(kKnown), key) == std::end(kKnown))
          refuse(what, "\"" + p.name + "\" has \"" + plain_text(key, 40) + "\", which is not read; see docs/assistant.md");
      take_type(property, domain, what, &p);
      take_range(property, what, &p);
      parameters.push_back(std::move(p));
    }
  }
  for (const std::string& name : texts_member(json, "required", "the schema of " + what)) {
    const auto at = std::find_if(parameters.begin(), parameters.end(), [&](const Parameter& p) { return p.name == name; });
    if (at == parameters.end()) refuse(what, "\"required\" names \"" + plain_text(name, 64) + "\", which is no property");
    at->is_required = true;
  }
  return parameters;
}

}  // namespace sotto::assistant

// schema.h: the arguments of a function, from a subset of JSON Schema.
//
// Read: {"type": "object", "properties": {NAME: {"type", "enum", "minimum", "maximum", "description", "default", "x-sotto"}},
// "required": [NAMES]}. "x-sotto" says what a value is beyond its JSON type: a slot type of the domain ("time", "percent",
// "device",
// ...), or for an enum the words of its values, {"zh": {VALUE: [WORDS]}, "en": ...}. A property without it that is called like
// a slot of the domain is of that slot's type. Other keywords that narrow values are refused, because arguments could break
// them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "domain.h"

namespace sotto::assistant {

struct Choice {
  std::string json;                // the enum's value
  std::vector<std::string> words;  // normal forms that mean it
};

struct Parameter {
  std::string name;
  SlotType type = SlotType::kText;
  std::vector<Choice> choices;
  double least = 0, most = 0;
  bool has_least = false, has_most = false;
  bool is_integer = false, is_list = false, is_required = false;
};

std::vector<Parameter> read_schema(std::string_view json, const Domain& domain, const std::string& what);

}  // namespace sotto::assistant

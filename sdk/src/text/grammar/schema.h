// schema.h: reads a JSON Schema (2020-12, a subset: docs/grammar.md) as the grammar of the JSON texts that are valid under it.
// Not all of them: properties come in the order of the schema, and every character has one spelling.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "text/grammar/syntax.h"

namespace sotto::grammar {

struct SchemaOptions {
  bool is_compact = false;     // no blanks at all; else one may stand behind each ',' and ':'
  uint32_t max_recursion = 8;  // how often schemas that refer to themselves, and free values, may lie inside of each other
  // Where either is given: texts without enum, const or format are these values or spans of these texts (spans.h), nothing
  // else.
  bool limits_texts = false;
  std::vector<std::string> values;
  std::vector<std::string> spans;
};

// Keywords that would change what is valid and are not taken are refused by name; faults tell line, column and the path.
Result<Syntax> read_schema(std::string_view json, const SchemaOptions& options);

}  // namespace sotto::grammar

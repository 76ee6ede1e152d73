// grammar_schema.cc: any bytes as a JSON Schema. Input: a byte of options, the schema up to a zero byte, a text whose spans
// strings are limited to up to another, then a text that chooses among what is allowed.
#include "text/grammar/schema.h"

#include "grammar_text.h"
#include "text/unicode.h"

namespace sotto::fuzz {

FUZZ_TARGET(grammar_schema) {
  Input in(data, size);
  const uint8_t options = in.byte();
  grammar::SchemaOptions o;
  o.is_compact = options & 1;
  o.limits_texts = options & 2;
  o.max_recursion = 1 + (options >> 2) % 4;
  const std::string_view source = in.text();
  const std::string_view said = in.text();
  if (o.limits_texts && is_valid_utf8(said)) o.spans.emplace_back(said);
  follow_text(grammar::read_schema(source, o), in.rest());
}

}  // namespace sotto::fuzz

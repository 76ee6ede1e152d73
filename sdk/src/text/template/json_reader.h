// json_reader.h: JSON from the application as values of the template language. Inside the template folder only.
#pragma once

#include <string_view>

#include "base/status.h"
#include "text/template/value.h"

namespace sotto::jinja {

// Broken UTF-8 reads as U+FFFD; nesting is bounded. `what` names the text in sentences: "messages".
Result<Value> read_json(const char* what, std::string_view text);

}  // namespace sotto::jinja

// json.h: JSON from outside, read with limits, and text from inside into it.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "services.h"
#include "text.h"

namespace sotto::assistant {

using Json = nlohmann::json;

// Throws SOTTO_INVALID_ARGUMENT with `what` and what is wrong (common/read_json.h): more than `most` bytes, nesting beyond 32,
// ...
Json read_json(std::string_view text, const std::string& what, size_t most);
std::string written(const Json& json);  // invalid UTF-8 becomes U+FFFD

// Members of an object; throw when the member is of another type. Absent: the empty value.
std::string text_member(const Json& object, const char* name, const std::string& what);
std::vector<std::string> texts_member(const Json& object, const char* name, const std::string& what);
// A string in both languages, or {"zh": ..., "en": ...}.
Texts both_texts(const Json& value);

}  // namespace sotto::assistant

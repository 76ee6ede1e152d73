// json_text.h: text as a JSON string, for the messages that a chat template gets.
#pragma once

#include <string>
#include <string_view>

namespace sotto::dialogue {

// Appends the text in quotes, escaped; invalid UTF-8 becomes U+FFFD.
void append_json(std::string_view text, std::string* out);

}  // namespace sotto::dialogue

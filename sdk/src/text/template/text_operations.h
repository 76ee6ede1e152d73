// text_operations.h: Python's operations on str, keeping which bytes the template wrote. Inside the template folder only.
#pragma once

#include "text/template/value.h"

namespace sotto::jinja {

// The parts of str.strip, left and right as asked. `characters`: nullptr strips white space.
Text strip(const Text& t, bool left, bool right, const std::string* characters);
// str.split(separator, most); separator nullptr: runs of white space. most < 0: all. From the right: rsplit.
List split(const Text& t, const std::string* separator, int64_t most, bool from_right);
Text replace(const Text& t, const std::string& what, const Text& with, int64_t most);
Text join(const List& items, const Text& separator);
List split_lines(const Text& t, bool keep_ends);
// &, <, > and quotes as HTML writes them; what is markup already stays.
Text escape_markup(const Text& t);
// ASCII letters, Latin-1, Greek and Cyrillic; other scripts have no case or keep theirs.
std::string to_upper(std::string_view s);
std::string to_lower(std::string_view s);
std::string to_title(std::string_view s);     // str.title
std::string to_headline(std::string_view s);  // Jinja's filter of that name, for which "it's" is one word
std::string capitalize(std::string_view s);
bool is_space_at(std::string_view s, size_t at, size_t* bytes);

}  // namespace sotto::jinja

// printable.h: names out of a file and words of a plugin, made fit for a sentence that a person reads.
#pragma once

#include <string>
#include <string_view>

namespace sotto {

// Control characters and bytes above ASCII become '?'; more than 80 characters are cut, with dots.
std::string printable(std::string_view name);
// A sentence of somebody else: UTF-8 of any length stays; control characters and what is no UTF-8 become '?'.
std::string printable_text(std::string_view text);

}  // namespace sotto

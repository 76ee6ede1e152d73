// printable.h: names out of a file, made fit for a sentence that a person reads.
#pragma once

#include <string>
#include <string_view>

namespace sotto {

// Control characters and bytes above ASCII become '?'; more than 80 characters are cut, with dots.
std::string printable(std::string_view name);

}  // namespace sotto

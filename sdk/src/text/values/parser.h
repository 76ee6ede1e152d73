// parser.h: all values of a text, from left to right.
#pragma once

#include <functional>
#include <string>

#include "text/values/rules.h"

namespace sotto::values {

// Receives the readings of one span, with begin, end, group and flags set. Called in order of place.
using Sink = std::function<void(const sotto_value* readings, uint32_t count)>;

// REQUIRES: options in range (sdk/src/api/values.cc).
void parse(std::string_view text, const sotto_values_options& options, const Sink& sink);

// The normal form of a value: print.cc.
std::string print(const sotto_value& value);

}  // namespace sotto::values

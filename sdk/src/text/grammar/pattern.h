// pattern.h: the regular part of ECMAScript's regular expressions, as JSON Schema's `pattern` uses them. Inside the grammar
// folder only.
#pragma once

#include <string_view>

#include "base/status.h"
#include "text/grammar/syntax.h"

namespace sotto::grammar {

// The texts in which the pattern is found: all around it is free where it is not anchored by ^ and $. Refused by name:
// look-around, references to groups, \b, classes by property, anchors inside of groups.
Result<Expr> read_pattern(std::string_view pattern, Syntax* syntax);

}  // namespace sotto::grammar

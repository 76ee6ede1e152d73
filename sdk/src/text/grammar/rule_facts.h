// rule_facts.h: which rules read nothing, come back to themselves, or are small enough to stand where they are called. Inside
// the grammar folder only.
#pragma once

#include <vector>

#include "text/grammar/automaton.h"

namespace sotto::grammar {

RuleFacts facts_of(const Syntax& syntax);

}  // namespace sotto::grammar

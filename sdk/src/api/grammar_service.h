// grammar_service.h: the host service "sotto.grammar/1", for skill plugins.
#pragma once

#include "sotto/grammar.h"

namespace sotto {

sotto_interface grammar_service();

}  // namespace sotto

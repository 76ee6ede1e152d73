// hidden_service.h: the host service "sotto.hidden/1", filled with the C functions of hidden.h.
#pragma once

#include "sotto/hidden.h"

namespace sotto {

sotto_interface hidden_service();

}  // namespace sotto

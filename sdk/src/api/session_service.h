// session_service.h: the host service "sotto.session/1", filled with the C functions of model.h and session.h.
#pragma once

#include "sotto/base.h"

namespace sotto {

sotto_interface session_service();

}  // namespace sotto

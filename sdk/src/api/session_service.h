// session_service.h: the host service "sotto.session/1", filled with the C functions of model.h and session.h.
#pragma once

#include "sotto/session.h"

namespace sotto {

sotto_interface session_service();

// The runtime that a session's model was opened on. Defined in session.cc, which knows the struct.
sotto_runtime* runtime_of(const sotto_session& session);

}  // namespace sotto

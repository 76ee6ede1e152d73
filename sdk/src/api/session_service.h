// session_service.h: the host service "sotto.session/1", filled with the C functions of model.h and session.h.
#pragma once

#include <utility>

#include "api/parked.h"
#include "api/runtime.h"
#include "sotto/session.h"

namespace sotto {

sotto_interface session_service();

// The runtime that a session's model was opened on. Defined in session.cc, which knows the struct.
sotto_runtime* runtime_of(const sotto_session& session);

// Runs `body` for a plugin, which is on the stack: a session that ends in it may be the last hold on the plugin's library. (A
// callback may have destroyed the session, which then ends with the call.)
template <class Body>
sotto_status keep_plugin_loaded(const sotto_session* session, Body&& body) {
  RuntimeRef hold(session == nullptr ? nullptr : runtime_of(*session));
  const sotto_status status = body();
  park(std::move(hold));
  return status;
}

}  // namespace sotto

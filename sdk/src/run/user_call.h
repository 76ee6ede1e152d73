// user_call.h: calls a callback of the application. What it throws ends the call, not the process or the session.
#pragma once

#include <cstdint>
#include <exception>
#include <string>

#include "base/status.h"

namespace sotto {

// True: the callback wants no more. user_call("on_text", [&] { return on_text(user, piece); }). Allocates nothing on success.
template <class Call>
Result<bool> user_call(const char* name, Call&& call) {
  try {
    return call() != 0;
  } catch (const std::exception& e) {
    return Status(SOTTO_INTERNAL, std::string(name) + ": the callback threw an exception (" + e.what() +
                                      "); callbacks must return, the session keeps what was computed");
  } catch (...) {
    return Status(SOTTO_INTERNAL, std::string(name) + ": the callback threw an exception; callbacks must return, the session " +
                                      "keeps what was computed");
  }
}

}  // namespace sotto

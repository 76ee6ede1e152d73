// services.h: what the plugin asks the host for, and calls on it whose failures are thrown on.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/ask.h"
#include "sotto/hidden.h"
#include "sotto/plugin.hpp"

namespace sotto::sentiment {

using plugin::Failure;
using plugin::str;
using plugin::view;
using plugins::ask;
using plugins::fetch;

using Ids = std::vector<uint32_t>;

// const after construction, outlives every reader.
struct Services {
  explicit Services(const plugin::Host& host) {
    void* unused = nullptr;
    session = host.find<sotto_session_service>(SOTTO_SESSION_SERVICE_ID, &unused);
    hidden = host.find<sotto_hidden_service>(SOTTO_HIDDEN_SERVICE_ID, &unused);
    clock = host.find<sotto_clock_service>(SOTTO_CLOCK_SERVICE_ID, &clock_self);
    if (session == nullptr || hidden == nullptr || clock == nullptr)
      throw Failure(SOTTO_UNSUPPORTED, "sentiment: the host does not offer the whole of " SOTTO_SESSION_SERVICE_ID
                                       ", " SOTTO_HIDDEN_SERVICE_ID " and " SOTTO_CLOCK_SERVICE_ID ": use a newer libsotto");
  }
  uint64_t now_ns() const { return clock->monotonic_nanoseconds(clock_self); }

  const sotto_session_service* session;
  const sotto_hidden_service* hidden;
  const sotto_clock_service* clock;
  void* clock_self = nullptr;
};

}  // namespace sotto::sentiment

// services.h: what the assistant asks the host for, and calls on it whose failures are thrown on.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "common/ask.h"
#include "sotto/grammar.h"
#include "sotto/hidden.h"
#include "sotto/plugin.hpp"
#include "sotto/values.h"

namespace sotto::assistant {

using plugin::Failure;
using plugin::str;
using plugin::view;
using plugins::ask;
using plugins::fetch;

// const after construction. Throws where the host is too old.
struct Services {
  explicit Services(const plugin::Host& h) : host(h) {
    void* unused = nullptr;
    session = host.find<sotto_session_service>(SOTTO_SESSION_SERVICE_ID, &unused);
    hidden = host.find<sotto_hidden_service>(SOTTO_HIDDEN_SERVICE_ID, &unused);
    grammar = host.find<sotto_grammar_service>(SOTTO_GRAMMAR_SERVICE_ID, &unused);
    values = host.find<sotto_values_service>(SOTTO_VALUES_SERVICE_ID, &unused);
    clock = host.find<sotto_clock_service>(SOTTO_CLOCK_SERVICE_ID, &clock_self);
    if (session == nullptr || hidden == nullptr || values == nullptr || clock == nullptr)
      throw Failure(SOTTO_UNSUPPORTED,
                    "assistant: the host does not offer the whole of " SOTTO_SESSION_SERVICE_ID ", " SOTTO_HIDDEN_SERVICE_ID
                    ", " SOTTO_VALUES_SERVICE_ID " and " SOTTO_CLOCK_SERVICE_ID ": use a newer libsotto");
  }
  // So far from 1970 at most that differences are still numbers, whatever the host's clock shows.
  int64_t now_ms() const {
    constexpr int64_t kFarthest = int64_t{1} << 60;
    return std::clamp(clock->unix_milliseconds(clock_self), -kFarthest, kFarthest);
  }

  plugin::Host host;
  const sotto_session_service* session;
  const sotto_hidden_service* hidden;
  const sotto_values_service* values;
  const sotto_grammar_service* grammar;  // nullptr: the host has none
  const sotto_clock_service* clock;
  void* clock_self = nullptr;
};

}  // namespace sotto::assistant

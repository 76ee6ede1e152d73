// services.h: what the plugin asks the host for; only a model's head needs any of it.
#pragma once

#include <string>
#include <vector>

#include "common/ask.h"
#include "sotto/hidden.h"
#include "sotto/plugin.hpp"

namespace sotto::care {

using plugin::Failure;
using plugin::str;
using plugin::view;
using plugins::ask;
using plugins::fetch;

// const after construction, outlives every object of the plugin.
struct Services {
  explicit Services(const plugin::Host& host) {
    void* unused = nullptr;
    session = host.find<sotto_session_service>(SOTTO_SESSION_SERVICE_ID, &unused);
    hidden = host.find<sotto_hidden_service>(SOTTO_HIDDEN_SERVICE_ID, &unused);
  }
  const sotto_session_service* session;  // NULL: an older host
  const sotto_hidden_service* hidden;
};

}  // namespace sotto::care

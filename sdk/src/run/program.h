// program.h: a backend's objects for one plan: group, weights, compiled program, KV cache. For the engine and its scheduler.
#pragma once

#include <string>

#include "host/plugin_call.h"
#include "host/plugin_host.h"
#include "model/arch/architectures.h"

namespace sotto {

constexpr uint32_t kOutputs = 2;  // of every plan: kLogitsOutput, kHiddenOutput

// Destroyed children first. Calls come one at a time, see Scheduler.
class Program {
 public:
  Program() = default;
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program();

  // Calls a function of the backend's table: call("run", [&](const sotto_backend& t, sotto_error* err) { return t.run(...); }).
  template <class Call>
  Status call(const char* function, Call&& body) const {
    return call_plugin(backend->id, function, [&](sotto_error* err) { return body(*backend->table, err); });
  }

  // The same for functions that make an object, which is taken only if they succeed. `body` gets its address too.
  template <class Object, class Call>
  Status make(const char* function, Object** object, Call&& body) const {
    Object* made = nullptr;
    SOTTO_TRY(call(function, [&](const sotto_backend& t, sotto_error* err) { return body(t, &made, err); }));
    if (!made) return plugin_fault(backend->id, function, "it succeeded, but made nothing");
    *object = made;
    return {};
  }

  // REQUIRES: nothing was made of the group.
  void destroy_group();

  const Backend* backend = nullptr;
  sotto_group* group = nullptr;
  sotto_weights* weights = nullptr;
  sotto_program* program = nullptr;
  sotto_cache* cache = nullptr;
  uint32_t sequences = 0;
  uint32_t max_batch = 0;
  uint32_t output_widths[kOutputs] = {};
  uint32_t invariant_rows = 1;  // up to so many rows in a batch, a row's bits do not depend on its neighbours
  std::string device_name;
};

}  // namespace sotto

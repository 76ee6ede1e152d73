#include "run/program.h"

namespace sotto {

Program::~Program() {
  if (!backend) return;
  const auto quietly = [&](const char* function, auto&& body) {
    (void)call_plugin_void(backend->id, function, [&] { body(*backend->table); });
  };
  quietly("cache_destroy", [&](const sotto_backend& t) { t.cache_destroy(cache); });
  quietly("program_destroy", [&](const sotto_backend& t) { t.program_destroy(program); });
  quietly("weights_destroy", [&](const sotto_backend& t) { t.weights_destroy(weights); });
  quietly("group_destroy", [&](const sotto_backend& t) { t.group_destroy(group); });
}

}  // namespace sotto

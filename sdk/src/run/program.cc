#include "run/program.h"

namespace sotto {

Program::~Program() {
  if (!backend) return;
  const auto quietly = [&](const char* function, auto* object, auto destroy) {
    if (object) (void)call_plugin_void(backend->id, function, [&] { destroy(object); });
  };
  const sotto_backend& t = *backend->table;
  quietly("cache_destroy", cache, t.cache_destroy);
  quietly("program_destroy", program, t.program_destroy);
  quietly("weights_destroy", weights, t.weights_destroy);
  quietly("group_destroy", group, t.group_destroy);
}

void Program::destroy_group() {
  if (group) (void)call_plugin_void(backend->id, "group_destroy", [&] { backend->table->group_destroy(group); });
  group = nullptr;
}

}  // namespace sotto

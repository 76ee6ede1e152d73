#include "run/program.h"

#include <utility>

namespace sotto {

Program::~Program() {
  if (!backend) return;
  const auto quietly = [&](const char* function, auto* object, auto destroy) {
    if (object) (void)call_plugin_void(backend->id, function, [&] { destroy(object); });
  };
  team.reset();  // the others end first, and need nothing of this process for it
  const sotto_backend& t = *backend->table;
  quietly("cache_destroy", cache, t.cache_destroy);
  quietly("program_destroy", program, t.program_destroy);
  quietly("weights_destroy", weights, t.weights_destroy);
  quietly("group_destroy", group, t.group_destroy);
}

void Program::swap(Program& o) {
  std::swap(team, o.team);
  std::swap(backend, o.backend);
  std::swap(traffic_api, o.traffic_api);
  std::swap(group, o.group);
  std::swap(weights, o.weights);
  std::swap(program, o.program);
  std::swap(cache, o.cache);
  o.invariant_rows = invariant_rows.exchange(o.invariant_rows);
  std::swap(device_name, o.device_name);
}

void Program::destroy_group() {
  if (group) (void)call_plugin_void(backend->id, "group_destroy", [&] { backend->table->group_destroy(group); });
  group = nullptr;
}

}  // namespace sotto

// parked.h: keeps a plugin loaded while its own code is still on the stack.
//
// A skill's destroy function ends its session through the host's table; that may be the last hold on the runtime, and unloading
// the library right there would return into code that is gone. The hold is parked instead, for the thread that made the call,
// and ends when this thread next creates or destroys a runtime or a model (functions that no plugin can reach), or with the
// thread. A thread-local, against the habit: only the thread itself knows when it has left the plugin.
#pragma once

#include "api/runtime.h"

namespace sotto {

void park(RuntimeRef hold) noexcept;
void end_parked() noexcept;

}  // namespace sotto

// clock.h: the host service "sotto.clock/1": the system's clocks, or those that the application injected.
#pragma once

#include "base/status.h"
#include "sotto/plugin.h"

namespace sotto {

sotto_interface system_clock_service();
// Fails when an injected table misses a function.
Status check_clock(const sotto_interface& clock);

}  // namespace sotto

// timed_calls.h - what a collective call between processes takes, by its size: the latency and the bandwidth of
// docs/performance.md.
#pragma once

#include <functional>
#include <string>

#include "sotto/comm.h"

namespace sotto::ranks {

// Tells `line` for each size the median and the tenth percentile of `calls` all-reduces in a row, in microseconds (a tenth of
// the calls for those of more than 256 KB). All processes call it together. False: a call failed, with the reason in `line`.
bool time_all_reduces(const sotto_interface& comm, uint32_t calls,
                      const std::function<void(const std::string& name, const std::string& value)>& line);

}  // namespace sotto::ranks

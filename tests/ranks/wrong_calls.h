// wrong_calls.h - a process that makes another call than its peers: what a bug or a damaged message looks like to them.
#pragma once

#include <functional>
#include <string>

#include "sotto/comm.h"

namespace sotto::ranks {

// The last rank errs: "size" (of an all-reduce), "kind" (a broadcast where the others reduce), "part" (all_gather with another
// idea of who brings how much). Tells `line` what the call and the one behind it came to.
void make_wrong_call(const sotto_interface& comm, const std::string& which,
                     const std::function<void(const std::string& name, const std::string& value)>& line);

}  // namespace sotto::ranks

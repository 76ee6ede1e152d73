// right_calls.h - conformance of a communicator: what each of its calls is to come to on every process.
#pragma once

#include <string>

#include "sotto/comm.h"

namespace sotto::ranks {

// Sums, gathers of uneven and empty parts, broadcasts from every process, votes, from one number to several rounds of a
// transport. All processes call it together. Empty: all is as it should be; else what was not.
std::string make_right_calls(const sotto_interface& comm);

}  // namespace sotto::ranks

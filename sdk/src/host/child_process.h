// child_process.h: runs another program that may crash or hang, and says what came of it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"

namespace sotto {

struct ChildEnd {
  int exit_status = -1;  // -1: it did not come to one
  int signal = 0;        // that ended it
  bool is_late = false;  // it was killed after the deadline
  std::string output;    // the first bytes of what it wrote to its standard output
  uint32_t milliseconds = 0;
};

// `program` is an absolute path; it reads nothing, and what it says on its standard error is dropped. A failure: it could not
// be started.
Result<ChildEnd> run_child(const std::string& program, const std::vector<std::string>& arguments, uint32_t deadline_ms);

}  // namespace sotto

// keep_driver.cc: holds the drivers of this machine loaded to the end of a test program. What one of them leaves behind when
// the loader unloads it has neither a name nor an owner any more, and no list of known leaks (driver_leaks.txt) could name it.
#include "driver.h"

namespace {

const bool is_kept = [] {
  try {
    const sotto::vulkan::Driver driver({});
    driver.leave_behind();
  } catch (const std::exception&) {
    return false;  // there is none to keep
  }
  return true;
}();

}  // namespace

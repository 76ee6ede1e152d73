// failing_driver.h: a table of the driver's functions in which one call of one function answers an error, for tests.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "driver.h"

namespace sotto::vulkan {

// Which call of which function fails, and how. Plain functions of a table know nothing else: there is one for the process.
struct Fault {
  std::string function;
  uint32_t at = 0;  // the first call is 1; 0: none fails
  VkResult answer = VK_SUCCESS;
  bool lasts = false;  // all later calls too
  std::map<std::string, uint32_t> calls;

  VkResult next(const char* name, bool* is_it);
  bool came() const {
    const auto found = calls.find(function);
    return at != 0 && found != calls.end() && found->second >= at;
  }
};
extern Fault fault;

// For DriverHooks::change_table.
void let_fail(DeviceFunctions& table);

}  // namespace sotto::vulkan

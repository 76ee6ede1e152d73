// isolate.h - sections run in a process of their own, so that a backend that crashes, exits or hangs is reported instead of
// taking the report with it. The library is opened in the child only: no driver state crosses a fork.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "conformance/cases.h"

namespace sotto::conformance {

struct DeviceName {
  std::string name, detail;
};
struct LibraryName {
  std::string id, version;
  std::vector<DeviceName> devices;
};

struct Libraries {
  std::string tested, reference;
};

// What the library says it is; its faults go to the listener (section "library").
LibraryName identify(const Libraries& libraries, Listener& listener);

// All the sections on one device, in order, each case told to the listener. A section whose process ends too early is a fault
// of that section; the rest runs in a fresh process.
void run_sections(const Libraries& libraries, uint32_t device, const Sections& sections, Listener& listener);

}  // namespace sotto::conformance

// divided.h: two backends as one: the first layers of a model on a device, the rest on the CPU. For models larger than the
// device.
//
// A table of backend.h over the tables of both, so that engine, scheduler and sessions know nothing of it. Each step runs the
// first part, whose hidden rows come to the host, and hands them to the second. The cache's neutral layout is the parts' one
// behind the other.
#pragma once

#include <string>

#include "host/plugin_host.h"
#include "sotto/model.h"

namespace sotto {

// As sotto_model_options.device_layers: as many as fit the device's free memory.
constexpr uint32_t kLayersThatFit = SOTTO_DEVICE_LAYERS_AUTO;

// Outlives what is made of its table. One call at a time, as on any group.
class DividedBackend {
 public:
  // REQUIRES: `device` and `cpu` are not the same; `layers` is not 0.
  DividedBackend(const Backend& device, const Backend& cpu, uint32_t layers);
  DividedBackend(const DividedBackend&) = delete;
  DividedBackend& operator=(const DividedBackend&) = delete;

  // The name is the device's; the id is no plugin's, so that no extension of a plugin is called with what is not its own.
  // REQUIRES: whoever opens a model on it has the device admitted (device_guard.h).
  const Backend& backend() const { return backend_; }
  // After check: of how many layers the first part has, and where it is: "12 of 30 layers; the rest on cpu".
  std::string describe() const;

  struct Access;  // of the table's functions

 private:
  const Backend& device_;
  const Backend& cpu_;
  const uint32_t wished_layers_;
  Backend backend_;
  uint32_t layers_ = 0, all_layers_ = 0;  // chosen by the last check
  uint64_t free_bytes_ = 0;               // of the device, when the group was made
};

// Bytes of a device that are left free when layers are counted: allocators round up, and the driver needs some.
uint64_t usable_bytes(uint64_t free_bytes);

}  // namespace sotto

// plugin.h - the backend as the host holds it: the driver, found when a device is asked for, and the devices that are open.
#pragma once

#include "group.h"
#include "sotto/driver.h"

namespace sotto::vulkan {

class Plugin {
 public:
  explicit Plugin(plugin::Host host, DriverHooks hooks = {}) : host_(host), hooks_(std::move(hooks)) {}
  ~Plugin();

  const void* query(std::string_view id) const;

  // All below: [any thread], throw plugin::Failure.
  uint32_t device_count();
  sotto_device_info device_info(uint32_t device);
  // For a rank of a group: the same for all, but where hooks say otherwise.
  std::shared_ptr<Device> open(uint32_t device, uint32_t rank = 0);
  // Another text, another verdict on the device: its driver, and the shaders it is given.
  std::string identity(uint32_t device);

 private:
  struct Known {
    PhysicalDevice physical;
    std::shared_ptr<Device> open;                   // kept between groups: opening and compiling shaders is slow
    std::vector<std::shared_ptr<Device>> of_ranks;  // behind the first, where each has its own
  };
  void find_devices();
  Known& known(uint32_t device);
  void keep_pipelines(Known& known);

  const plugin::Host host_;
  const DriverHooks hooks_;
  std::mutex mutex_;  // guards all below
  bool has_looked_ = false;
  std::string reason_;  // why there is no device
  std::shared_ptr<Driver> driver_;
  std::vector<Known> devices_;
};

// The tables "sotto.backend/1" and "sotto.driver/1", for programs that link the backend in with hooks of their own.
const sotto_backend& backend_table();
const sotto_driver_api& driver_table();

}  // namespace sotto::vulkan

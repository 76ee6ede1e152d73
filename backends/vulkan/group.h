// group.h - the ranks that run together: all on one device, one after the other in its queue.
#pragma once

#include "device.h"
#include "sotto/backend.h"

struct sotto_group {
  uint32_t world = 1;
  uint32_t first_rank = 0;
  uint32_t local_ranks = 1;
  std::shared_ptr<sotto::vulkan::Device> device;
};

namespace sotto::vulkan {

// Opens a device of the plugin's list. Throws plugin::Failure.
using OpenDevice = std::function<std::shared_ptr<Device>(uint32_t device)>;

sotto_status create_group(const sotto_group_options& options, const OpenDevice& open, sotto_group** out, sotto_error* err);

}  // namespace sotto::vulkan

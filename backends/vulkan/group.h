// group.h - the ranks that run together: on one device one after the other in its queue, or on a device each (apart.h).
#pragma once

#include "device.h"
#include "meeting.h"
#include "sotto/backend.h"

struct sotto_group {
  uint32_t world = 1;
  uint32_t first_rank = 0;
  uint32_t local_ranks = 1;
  uint32_t place = 0;  // of the first rank here among those of the process
  std::shared_ptr<sotto::vulkan::Device> device;
  // Where the ranks have a device each: groups of one of them, in order. All they have is theirs, and `device` is rank 0's.
  std::vector<std::unique_ptr<sotto_group>> apart;
  std::shared_ptr<sotto::vulkan::Meeting> meeting;  // of such ranks; else null
  std::unique_ptr<sotto::vulkan::Crew> crew;
  std::mutex run_mutex;  // one run of such ranks at a time
};

namespace sotto::vulkan {

// Opens a device of the plugin's list for a local rank. Throws plugin::Failure.
using OpenDevice = std::function<std::shared_ptr<Device>(uint32_t device, uint32_t rank)>;

sotto_status create_group(const sotto_group_options& options, const OpenDevice& open, sotto_group** out, sotto_error* err);

}  // namespace sotto::vulkan

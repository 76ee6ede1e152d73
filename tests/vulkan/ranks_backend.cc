// ranks_backend.cc: the Vulkan backend with a logical device for each rank of a group, as where each has a device of its own,
// so that the conformance kit runs such groups on a machine with one device.
#include "plugin.h"

namespace {

struct RanksApart : sotto::vulkan::Plugin {
  explicit RanksApart(sotto::plugin::Host host) : Plugin(host, hooks()) {}
  static sotto::vulkan::DriverHooks hooks() {
    sotto::vulkan::DriverHooks made;
    made.device_for_each_rank = true;
    return made;
  }
};
using Entry = sotto::plugin::Entry<RanksApart>;

}  // namespace

SOTTO_PLUGIN_ENTRY(vulkan_ranks) = {
    SOTTO_PLUGIN_HEAD, "dev.sotto.vulkan_ranks", SOTTO_VERSION_STRING, "the Vulkan backend, a logical device for each rank",
    Entry::create,     Entry::destroy,           Entry::query};

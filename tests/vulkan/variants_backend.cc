// variants_backend.cc: the Vulkan backend with each device listed once for each variant of products that it can, so that the
// conformance kit runs every one of them: sotto-conformance LIBRARY --device N. `sotto doctor --plugins FOLDER` names them.
#include "plugin.h"

namespace {

struct EachVariant : sotto::vulkan::Plugin {
  explicit EachVariant(sotto::plugin::Host host) : Plugin(host, hooks()) {}
  static sotto::vulkan::DriverHooks hooks() {
    sotto::vulkan::DriverHooks made;
    made.each_variant = true;
    return made;
  }
};
using Entry = sotto::plugin::Entry<EachVariant>;

}  // namespace

SOTTO_PLUGIN_ENTRY(vulkan_variants) = {SOTTO_PLUGIN_HEAD,    "dev.sotto.vulkan_variants",
                                       SOTTO_VERSION_STRING, "the Vulkan backend, a device for each variant of products",
                                       Entry::create,        Entry::destroy,
                                       Entry::query};

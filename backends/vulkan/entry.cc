// entry.cc - the one symbol that the library exports.
#include "plugin.h"

namespace {
using Entry = sotto::plugin::Entry<sotto::vulkan::Plugin>;
}

SOTTO_PLUGIN_ENTRY(vulkan) = {SOTTO_PLUGIN_HEAD,    "dev.sotto.vulkan",
                              SOTTO_VERSION_STRING, "runs plans on graphics processors through Vulkan 1.1 compute shaders",
                              Entry::create,        Entry::destroy,
                              Entry::query};

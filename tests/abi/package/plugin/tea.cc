// A skill by the example in plugin.hpp.
#include <sotto/plugin.hpp>

#include <string_view>

namespace {

struct Tea {
  explicit Tea(sotto::plugin::Host host) { host.info("kettle: 1.7 l"); }
  const void* query(std::string_view id) const { return id == "com.example.tea/1" ? this : nullptr; }
};

}  // namespace

using TeaEntry = sotto::plugin::Entry<Tea>;
SOTTO_PLUGIN_ENTRY(tea) = {SOTTO_PLUGIN_HEAD, "com.example.tea", "1.0.0",        "brews",
                           TeaEntry::create,  TeaEntry::destroy, TeaEntry::query};

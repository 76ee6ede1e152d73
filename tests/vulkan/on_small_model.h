// on_small_model.h: short dialogues with the conformance kit's small model on what the driver's hooks make of the machine's
// device.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "conformance/models.h"
#include "plugin.h"
#include "vulkan/dialogue.h"

namespace sotto::vulkan {

class OnSmallModel : public testing::Test {
 protected:
  explicit OnSmallModel(uint32_t ranks) : net_(ranks, 77, conformance::kSmallModel.vocabulary) {
    conformance::build(net_, conformance::kSmallModel, SOTTO_Q8_0);
  }
  // The plugin anew, with the hooks as they are now. False: there is no device, and `reason_` says why.
  bool make() {
    plugin_ = std::make_unique<Plugin>(plugin::Host(&kSilentHost), hooks_);
    uint32_t count = 0;
    sotto_error error{sizeof error, 0, {}};
    reason_.clear();
    if (backend_table().device_count(plugin_.get(), &count, &error) == SOTTO_OK) return true;
    reason_ = error.text;
    return false;
  }
  Outcome hold() { return Dialogue(*plugin_, net_).hold(); }

  conformance::Net net_;
  DriverHooks hooks_;
  std::unique_ptr<Plugin> plugin_;
  std::string reason_;
};

}  // namespace sotto::vulkan

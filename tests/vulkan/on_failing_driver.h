// on_failing_driver.h: dialogues during which one call of the driver fails.
#pragma once

#include "vulkan/failing_driver.h"
#include "vulkan/on_small_model.h"

namespace sotto::vulkan {

// A function of the driver, what it answers, and what the dialogue is to come to.
struct FailingFunction {
  const char* name;
  VkResult answer;
  sotto_status status;
};

class OnFailingDriver : public OnSmallModel {
 protected:
  explicit OnFailingDriver(uint32_t ranks) : OnSmallModel(ranks) {
    hooks_.change_table = let_fail;
    fault = {};
  }
  // The n-th call fails, and the dialogue after it is the `whole` one again. Counted into `faults`.
  void fail_once(const FailingFunction& function, uint32_t n, const Outcome& whole, uint32_t* faults) {
    SCOPED_TRACE(std::string(function.name) + " fails at call " + std::to_string(n));
    fault = {function.name, n, function.answer, false, {}};
    const Outcome failed = hold();
    // How often the driver is waited for depends on the time: a call that did not come failed nothing.
    const bool came = fault.came();
    EXPECT_EQ(failed.status, came ? function.status : SOTTO_OK) << failed.error.text;
    fault = {};
    const Outcome after = hold();
    ASSERT_EQ(after.status, SOTTO_OK) << after.error.text;
    EXPECT_EQ(after.ids, whole.ids);
    *faults += came ? 1 : 0;
  }
};

}  // namespace sotto::vulkan

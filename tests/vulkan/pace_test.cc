// How fast a device counts as, whatever else the machine does.
#include "pace.h"

#include <gtest/gtest.h>

namespace sotto::vulkan {
namespace {

constexpr double kWork = 1e5;  // of a submit

TEST(Pace, ShortSubmitsNeverSlowItDown) {
  Pace pace(false);
  const double before = pace.per_millisecond();
  for (int i = 0; i < 100; ++i) pace.measured(1, 0.01);
  EXPECT_EQ(pace.per_millisecond(), before);
}

TEST(Pace, ASlowOrQuickDeviceIsKnownAfterAFewSubmits) {
  for (const double milliseconds : {1.0, 50.0}) {
    Pace pace(false);
    for (size_t i = 0; i < Pace::kRecent; ++i) pace.measured(1e8, milliseconds);
    EXPECT_DOUBLE_EQ(pace.per_millisecond(), 1e8 / milliseconds);
  }
}

// Found by the kit on a busy machine: submits of 0.1 ms that waited for a processor counted, and those that did not wait were
// left out as short, so that a tiny model was cut into a submit for every other dispatch.
TEST(Pace, NoDeviceIsSlowerThanAny) {
  Pace pace(false);
  const double before = pace.per_millisecond();
  for (int i = 0; i < 100; ++i) pace.measured(1, 1000);
  EXPECT_DOUBLE_EQ(pace.per_millisecond(), before / Pace::kMostSlower);
}

TEST(Pace, SubmitsThatWaitedForAProcessorDoNotCount) {
  Pace pace(true);
  for (int i = 0; i < 1000; ++i) {
    const bool waited = i % static_cast<int>(Pace::kRecent) != 0;
    pace.measured(kWork, waited ? 20 : 0.1);
    if (i > 100) {
      ASSERT_GE(pace.per_millisecond(), kWork / Pace::kShortMs) << "after " << i;
    }
  }
}

}  // namespace
}  // namespace sotto::vulkan

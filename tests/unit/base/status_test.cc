#include "base/status.h"

#include <gtest/gtest.h>

#include <memory>

namespace sotto {
namespace {

Result<int> half(int n) {
  if (n % 2) return Status(SOTTO_INVALID_ARGUMENT, "odd");
  return n / 2;
}

Result<int> quarter(int n) {
  SOTTO_ASSIGN(const int h, half(n));
  return half(h);
}

Status is_divisible_by_four(int n) {
  SOTTO_TRY(status_of(quarter(n)));
  return {};
}

TEST(StatusTest, AFailureLeavesEveryFunctionOnItsWay) {
  EXPECT_EQ(quarter(8).value(), 2);
  EXPECT_EQ(quarter(6).status().text(), "odd");
  EXPECT_TRUE(is_divisible_by_four(4).ok());
  EXPECT_EQ(is_divisible_by_four(5).code(), SOTTO_INVALID_ARGUMENT);
}

TEST(StatusTest, TheSentenceGrowsFromOutside) {
  EXPECT_EQ(Status(SOTTO_IO_ERROR, "no space").within("writing x").text(), "writing x: no space");
  EXPECT_TRUE(Status().within("writing x").ok());
}

TEST(StatusTest, AResultGivesItsValueAway) {
  Result<std::unique_ptr<int>> r(std::make_unique<int>(3));
  EXPECT_EQ(*r.take(), 3);
}

}  // namespace
}  // namespace sotto

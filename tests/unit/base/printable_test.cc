#include "base/printable.h"

#include <gtest/gtest.h>

namespace sotto {
namespace {

TEST(Printable, NothingReachesATerminal) {
  EXPECT_EQ(printable("blk.0.attn_q"), "blk.0.attn_q");
  EXPECT_EQ(printable(std::string_view("a\x1b[2J\n\0\x7f\xff", 9)), "a?[2J????");
  EXPECT_EQ(printable(std::string(80, 'x')), std::string(80, 'x'));
  EXPECT_EQ(printable(std::string(81, 'x')), std::string(80, 'x') + "...");
}

}  // namespace
}  // namespace sotto

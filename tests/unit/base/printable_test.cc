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

TEST(Printable, ASentenceKeepsItsCharactersAndLosesTheRest) {
  EXPECT_EQ(printable_text("g\xC3\xBCltig \xE4\xBD\xA0 \xF0\x9F\x98\x80"), "g\xC3\xBCltig \xE4\xBD\xA0 \xF0\x9F\x98\x80");
  EXPECT_EQ(printable_text(std::string(200, 'x')), std::string(200, 'x'));
  for (const char* bad : {"\x1b", "\x7f", "\n", "\xff", "\xC3", "\xE4\xBD", "\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80"})
    EXPECT_EQ(printable_text(bad), std::string(std::string_view(bad).size(), '?'));
}

}  // namespace
}  // namespace sotto

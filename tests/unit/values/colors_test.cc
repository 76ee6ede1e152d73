// Every name of a colour is found by itself and in a sentence, with its own value.
#include <gtest/gtest.h>

#include <set>

#include "cases.h"
#include "text/values/lexicon.h"

namespace sotto::values {
namespace {

std::string hex(int32_t rgb) {
  char text[8];
  std::snprintf(text, sizeof text, "#%06x", static_cast<unsigned>(rgb));
  return text;
}

void check(Span<const Entry> rows, const std::string& before, const std::string& mark, const std::string& behind) {
  std::set<std::string_view> names;
  for (const Entry& row : rows) {
    if (row.word != Word::kColor && row.word != Word::kColorOne) continue;
    EXPECT_TRUE(names.insert(row.text).second) << row.text << " stands twice";
    const std::string name = std::string(row.text) + mark;
    for (const std::string& sentence : {name, before + name + behind}) {
      const Found found = find(sentence, default_options());
      EXPECT_EQ(found.forms, "color " + hex(row.value)) << found.marked;
      EXPECT_NE(found.marked.find("[" + name + "]"), std::string::npos) << found.marked;
    }
  }
  EXPECT_GE(names.size(), 60u);
}

TEST(Colors, ChineseNames) { check(zh_colors(), "把灯调成", "色", "吧"); }
TEST(Colors, EnglishNames) { check(en_colors(), "make the lamp ", "", " please"); }

}  // namespace
}  // namespace sotto::values

// The hand-written cases, one by one, with the words of their own language and with those of both.
#include <gtest/gtest.h>

#include <iterator>

#include "cases.h"

namespace sotto::values {
namespace {

constexpr size_t kLeastCases = 500;

void check(const char* file, uint32_t language) {
  const auto cases = read_cases(std::string(SOTTO_SOURCE_DIR "/tests/unit/values/") + file, language);
  EXPECT_GE(cases.size(), kLeastCases);
  for (const Case& c : cases) {
    const Found found = find(c.text, c.options);
    EXPECT_EQ(found.marked + "\t" + found.forms, c.marked + "\t" + c.expected) << file << ":" << c.line;
  }
}

TEST(Cases, Chinese) { check("zh.tsv", SOTTO_VALUES_ZH); }
TEST(Cases, ChineseAmongBothLanguages) { check("zh.tsv", SOTTO_VALUES_ANY); }
TEST(Cases, English) { check("en.tsv", SOTTO_VALUES_EN); }
TEST(Cases, EnglishAmongBothLanguages) { check("en.tsv", SOTTO_VALUES_ANY); }

}  // namespace
}  // namespace sotto::values

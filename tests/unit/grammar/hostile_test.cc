// Sources made to take all time or memory: refused with a sentence, or compiled and matched within bounds. What does not hold
// them shows as a hang; the numbers are limits.h's.
#include <gtest/gtest.h>

#include "support.h"
#include "text/grammar/mask_cache.h"

namespace sotto::grammar {
namespace {

std::string times(const std::string& text, size_t count) {
  std::string out;
  while (count-- > 0) out += text;
  return out;
}

TEST(Hostile, SourcesAreRefusedWithASentence) {
  std::string doubling = "root ::= a0\n";
  for (int i = 0; i < 60; ++i)
    doubling += "a" + std::to_string(i) + " ::= a" + std::to_string(i + 1) + "{100} a" + std::to_string(i + 1) + "\n";
  doubling += "a60 ::= \"x\"";
  std::string many_rules = "root ::= r0\n";
  for (int i = 0; i < 20000; ++i) many_rules += "r" + std::to_string(i) + " ::= \"x\"\n";
  const std::string gbnfs[] = {times("(", 100000),
                               "root ::= " + times("(", 1000) + "\"x\"" + times(")", 1000),
                               "root ::= ((([a-z]{1000}){1000}){1000})",
                               "root ::= " + times("\"a\" | ", 600000) + "\"b\"",
                               many_rules,
                               std::string(2 << 20, ' '),
                               "root ::= \"" + std::string(900000, 'x') + "\""};
  for (const std::string& source : gbnfs) EXPECT_FALSE(gbnf_fault(source).empty()) << source.substr(0, 60);
  EXPECT_TRUE(gbnf_fault(doubling).empty()) << "rules that call rules take no more than they say";
  const std::string schemas[] = {
      times("[", 100000), times("{\"items\":", 300) + "{}" + times("}", 300),
      R"({"type":"string","maxLength":100000,"pattern":"^(([a-z]{100}){100}){100}$"})",
      R"({"type":"array","items":{"type":"array","items":{"type":"array","maxItems":100000,"minItems":100000},"minItems":100000,"maxItems":100000},"prefixItems":[)" +
          times("{\"type\":\"array\",\"minItems\":90000,\"maxItems\":90000,\"items\":{\"type\":\"string\",\"maxLength\":99}},",
                20) +
          "true]}"};
  for (const std::string& source : schemas) EXPECT_FALSE(schema_fault(source).empty()) << source.substr(0, 60);
}

TEST(Hostile, AutomataThatWouldDoubleStayAsTheyAre) {
  const CompiledRef g = gbnf("root ::= [ab]* \"a\" [ab]{30}");
  ASSERT_TRUE(g);
  EXPECT_LT(g->state_count(), 1000u);
  EXPECT_TRUE(accepts(*g, "bba" + std::string(30, 'b')));
  EXPECT_FALSE(accepts(*g, "bbb" + std::string(30, 'b')));
}

// The number of readings doubles with every byte; what is held does not.
TEST(Hostile, AmbiguityIsShared) {
  const CompiledRef g = gbnf("root ::= s\ns ::= \"a\" | \"a\" s | \"a\" s s");
  ASSERT_TRUE(g);
  Matcher m(*g);
  size_t taken = 0;
  while (taken < 300 && m.push('a')) ++taken;
  EXPECT_TRUE(taken == 300 || m.is_exhausted());
  EXPECT_GE(taken, 40u);
  const MaskCache cache(g, test_order());
  std::vector<uint64_t> bits(cache.order().words());
  (void)cache.fill(&m, bits.data());
}

TEST(Hostile, RecursionToTheRightStaysFlat) {
  const CompiledRef g = gbnf("root ::= \"a\" root | \"b\"");
  ASSERT_TRUE(g);
  Matcher m(*g);
  for (int i = 0; i < 200000; ++i) ASSERT_TRUE(m.push('a'));
  EXPECT_LT(m.steps(), 1500000u);
  ASSERT_TRUE(m.push('b'));
  EXPECT_TRUE(m.is_complete());
}

TEST(Hostile, DeepTextsEndAtALimit) {
  const CompiledRef g = gbnf("root ::= \"(\" root \")\" | \"x\"");
  ASSERT_TRUE(g);
  Matcher m(*g);
  size_t depth = 0;
  while (depth < 3000000 && m.push('(')) ++depth;
  EXPECT_GT(depth, 100000u);
  EXPECT_TRUE(depth == 3000000 || m.is_exhausted());
}

TEST(Hostile, ReferencesThatGoRoundAreRefused) {
  EXPECT_NE(schema_fault(R"({"$ref":"#"})"), "");
  EXPECT_NE(schema_fault(R"({"$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/a"}},"$ref":"#/$defs/a"})"), "");
  EXPECT_NE(schema_fault(R"({"anyOf":[{"$ref":"#"},{"$ref":"#"}]})"), "");
}

}  // namespace
}  // namespace sotto::grammar

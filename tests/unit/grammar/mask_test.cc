// Masks equal brute force over the whole vocabulary, in states that random texts lead to.
#include <gtest/gtest.h>

#include <random>
#include <thread>

#include "support.h"
#include "text/grammar/token_matcher.h"

namespace sotto::grammar {
namespace {

const char* const kGrammars[] = {
    "root ::= object\nobject ::= \"{\" (pair (\",\" ws pair)*)? \"}\"\npair ::= string \":\" ws value\n"
    "value ::= object | \"[\" (value (\",\" ws value)*)? \"]\" | string | number | \"true\" | \"false\" | \"null\"\n"
    "string ::= \"\\\"\" char* \"\\\"\"\nchar ::= [^\"\\\\\\x00-\\x1f] | \"\\\\\" ([\"\\\\/bfnrt] | \"u\" [0-9a-f]{4})\n"
    "number ::= \"-\"? (\"0\" | [1-9] [0-9]*) (\".\" [0-9]+)? ([eE] [-+]? [0-9]+)?\nws ::= [ \\n]*\n",
    "root ::= s\ns ::= \"a\" s \"b\" | \"a\" s | [0-9]\n",
    "root ::= (expr \",\")+\nexpr ::= term ([-+.] term)*\nterm ::= [0-9]+ | \"[\" expr \"]\" | \"{\" list \"}\"\nlist ::= expr "
    "| expr \",\" list\n",
    "root ::= \"\\\"\" ([a-z] | \"\xE5\x8E\xA8\" | \"\xE6\x88\xBF\" | \"\xF0\x9F\x98\x80\"){3,40} \"\\\"\" [,}]*\n",
    "root ::= (a | b)* c\na ::= \"a\"+\nb ::= \"ab\"+\nc ::= \"}\"\n",
};
const char* const kSchemas[] = {
    R"({"type":"object","properties":{"name":{"type":"string","maxLength":6},"on":{"type":"boolean"},"n":{"type":"integer","minimum":-12,"maximum":123}},"required":["name"]})",
    R"({"type":"array","items":{"anyOf":[{"type":"null"},{"enum":["room","light","a"]},{"$ref":"#"}]},"maxItems":3})",
    R"({"type":"object","properties":{"ab":{"type":"number"}},"additionalProperties":{"type":"string"}})",
    "true",
};

std::vector<CompiledRef> grammars() {
  std::vector<CompiledRef> all;
  for (const char* source : kGrammars) all.push_back(gbnf(source));
  for (const char* source : kSchemas) all.push_back(schema(source));
  SchemaOptions limited;
  limited.limits_texts = true;
  limited.values = {"room", "\"quoted\"", ""};
  limited.spans = {"turn the kitchen light on, \xE5\x8E\xA8\xE6\x88\xBF\xE7\x9A\x84\xE7\x81\xAF"};
  all.push_back(schema(R"({"type":"array","items":{"type":"string"}})", limited));
  return all;
}

// Every token on a copy of the matcher, byte by byte.
std::vector<bool> brute_force(const Matcher& at, const TokenOrder& order) {
  std::vector<bool> allowed(order.logits());
  for (uint32_t place = 0; place < order.size(); ++place) {
    Matcher m = at;
    bool ok = true;
    for (const char c : order.text(place)) ok = ok && m.push(static_cast<uint8_t>(c));
    allowed[order.id(place)] = ok;
  }
  return allowed;
}

TEST(Mask, EqualsBruteForceOverTheVocabulary) {
  const auto order = test_order();
  std::mt19937 random(1);
  size_t compared = 0;
  for (const CompiledRef& g : grammars()) {
    ASSERT_TRUE(g);
    const MaskCache cache(g, order);
    std::vector<uint64_t> bits(order->words());
    for (int text = 0; text < 6; ++text) {
      Matcher m(*g);
      for (int step = 0; step < 25 && m.can_go_on(); ++step) {
        ASSERT_TRUE(cache.fill(&m, bits.data()).ok());
        const auto wanted = brute_force(m, *order);
        std::vector<uint32_t> choices;
        for (uint32_t id = 0; id < order->logits(); ++id) {
          const bool is_set = bits[id / 64] >> id % 64 & 1;
          ASSERT_EQ(is_set, wanted[id]) << "token " << id << ", text " << text << ", step " << step;
          if (is_set) choices.push_back(id);
        }
        ASSERT_FALSE(choices.empty());
        ++compared;
        for (const char c : order->text(order->place_of(choices[random() % choices.size()])))
          ASSERT_TRUE(m.push(static_cast<uint8_t>(c)));
      }
    }
  }
  EXPECT_GT(compared, 500u);
}

TEST(Mask, IsComputedAheadAndShared) {
  const CompiledRef g = schema(R"({"type":"object","properties":{"a":{"type":"string","maxLength":1000}},"required":["a"]})");
  ASSERT_TRUE(g);
  const auto cache = std::make_shared<const MaskCache>(g, test_order());
  // A thousand states behind a thousand characters, alike but for the last few.
  EXPECT_GT(g->state_count(), 1000u);
  EXPECT_LT(cache->classes(), 150u);
  cache->prepare(UINT64_MAX);
  const uint32_t ahead = cache->masks();
  EXPECT_GT(ahead, 5u);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      TokenMatcher m(g, cache);
      EXPECT_TRUE(m.accept_text("{\"a\": \"").ok());
      for (int i = 0; i < 200; ++i) {
        EXPECT_TRUE(m.fill(false).ok());
        EXPECT_TRUE(m.accept('x').ok());
      }
    });
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(cache->masks(), ahead) << "a mask was computed while matching";
}

TEST(Mask, ForksAndRewinds) {
  const CompiledRef g = gbnf(kGrammars[0]);
  ASSERT_TRUE(g);
  const auto cache = std::make_shared<const MaskCache>(g, test_order());
  TokenMatcher m(g, cache);
  ASSERT_TRUE(m.accept_text("{\"a\":").ok());
  TokenMatcher fork = m;
  ASSERT_TRUE(m.accept_text("[1,2").ok());
  ASSERT_TRUE(fork.accept_text("{\"b\":tr").ok());
  EXPECT_FALSE(fork.accept_text("]").ok());
  ASSERT_TRUE(fork.accept_text("ue}}").ok());
  EXPECT_TRUE(fork.is_complete());
  EXPECT_FALSE(fork.can_go_on());
  EXPECT_EQ(m.steps(), 2u);
  ASSERT_TRUE(m.accept_text("]}").ok());
  EXPECT_TRUE(m.is_complete());
  m.rewind(1);
  EXPECT_EQ(m.steps(), 1u);
  EXPECT_FALSE(m.is_complete());
  EXPECT_FALSE(m.accept_text("]").ok());
  EXPECT_TRUE(m.accept_text("null}").ok());
}

TEST(Mask, LetsATextEndOnlyWhereItMay) {
  const CompiledRef g = gbnf("root ::= \"ab\" \"c\"*");
  const auto order = test_order();
  const uint32_t end = order->ends().at(0);
  TokenMatcher m(g, std::make_shared<const MaskCache>(g, order));
  const auto may_end = [&] {
    EXPECT_TRUE(m.fill(false).ok());
    return (m.bits()[end / 64] >> end % 64 & 1) != 0;
  };
  EXPECT_FALSE(may_end());
  EXPECT_FALSE(m.accept(end).ok());
  ASSERT_TRUE(m.accept_text("ab").ok());
  EXPECT_TRUE(may_end());
  EXPECT_TRUE(m.accept(end).ok());
  EXPECT_EQ(m.steps(), 1u) << "the end is no step";
}

TEST(Mask, SaysWhereNoTokenCanGoOn) {
  const ListTokenizer tokenizer({"a", "b", "<end>"});
  const CompiledRef g = gbnf("root ::= \"a\" \"c\"");
  TokenMatcher m(g, std::make_shared<const MaskCache>(g, std::make_shared<const TokenOrder>(tokenizer, 3)));
  ASSERT_TRUE(m.accept(0).ok());
  ASSERT_TRUE(m.fill(false).ok());
  float logits[3] = {1, 2, 3};
  const Status s = m.forbid(logits, 3);
  EXPECT_EQ(s.code(), SOTTO_MISMATCH);
  EXPECT_NE(s.text().find("after 1 bytes"), std::string::npos) << s.text();
}

}  // namespace
}  // namespace sotto::grammar

// Ten thousand answers to random schemas, chosen at random from the mask: every one ends and is valid.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "json_validator.h"
#include "random_schema.h"
#include "support.h"
#include "text/grammar/token_matcher.h"

namespace sotto::grammar {
namespace {

constexpr uint64_t kSeed = 20261128;
constexpr int kSchemas = 1000, kAnswers = 10;

// Tokens at random until the end is chosen, or nothing else is left.
std::string random_answer(TokenMatcher& m, const TokenOrder& order, std::mt19937_64& random) {
  std::string text;
  std::vector<uint32_t> choices;
  while (m.can_go_on()) {
    EXPECT_TRUE(m.fill(false).ok());
    choices.clear();
    for (uint32_t id = 0; id < order.logits(); ++id)
      if (m.bits()[id / 64] >> id % 64 & 1) choices.push_back(id);
    if (choices.empty()) return ADD_FAILURE() << "nothing may follow " << text, text;
    const uint32_t token = choices[random() % choices.size()];
    EXPECT_TRUE(m.accept(token).ok());
    if (order.is_end(token)) break;
    text += order.text(order.place_of(token));
  }
  EXPECT_TRUE(m.is_complete()) << text;
  return text;
}

TEST(RandomSchemas, TenThousandAnswersAreValid) {
  const auto order = test_order();
  std::mt19937_64 random(kSeed);
  for (int i = 0; i < kSchemas && !testing::Test::HasFailure(); ++i) {
    const std::string source = random_schema(random).dump();
    SchemaOptions options;
    options.is_compact = i % 2 == 0;
    options.max_recursion = 3;
    const CompiledRef g = schema(source, options);
    ASSERT_TRUE(g);
    const auto cache = std::make_shared<const MaskCache>(g, order);
    const auto parsed = nlohmann::json::parse(source);
    for (int answer = 0; answer < kAnswers; ++answer) {
      TokenMatcher m(g, cache);
      const std::string text = random_answer(m, *order, random);
      const auto value = nlohmann::json::parse(text, nullptr, false);
      ASSERT_FALSE(value.is_discarded()) << "schema " << i << " of seed " << kSeed << "\n" << source << "\n" << text;
      EXPECT_EQ(invalid_because(value, parsed, parsed), "") << "schema " << i << " of seed " << kSeed << "\n"
                                                            << source << "\n"
                                                            << text;
    }
  }
}

}  // namespace
}  // namespace sotto::grammar

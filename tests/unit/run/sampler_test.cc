#include "run/sampler.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

namespace sotto {
namespace {

sotto_generate_options options() {
  sotto_generate_options o{};
  o.struct_size = sizeof o;
  return o;
}

// The counts of `draws` tokens from the same logits.
std::vector<int> histogram(const sotto_generate_options& o, const std::vector<float>& logits, int draws) {
  Sampler sampler(o, static_cast<uint32_t>(logits.size()));
  std::vector<int> counts(logits.size());
  for (int i = 0; i < draws; ++i) {
    std::vector<float> copy = logits;
    auto token = sampler.next(Span<float>(copy), Span<const uint32_t>());
    if (!token.ok())
      ADD_FAILURE() << token.status().text();
    else
      ++counts[token->token];
  }
  return counts;
}

TEST(Sampler, TakesTheHighestWithoutATemperature) {
  const std::vector<std::vector<float>> cases = {{1, 3, 2}, {-5, -1, -1}, {-INFINITY, 0, 1}};
  const uint32_t expected[] = {1, 1, 2};
  for (size_t i = 0; i < cases.size(); ++i) {
    std::vector<float> logits = cases[i];
    const auto o = options();
    EXPECT_EQ(Sampler(o, 3).next(Span<float>(logits), Span<const uint32_t>())->token, expected[i]);
  }
}

TEST(Sampler, DrawsInProportionToTheSoftmax) {
  auto o = options();
  o.temperature = 0.7f;
  const std::vector<float> logits = {0.0f, 1.0f, 2.0f, -1.0f, 0.5f};
  constexpr int kDraws = 20000;
  for (const uint64_t seed : {0u, 1u, 12345u}) {
    o.seed = seed;
    const auto counts = histogram(o, logits, kDraws);
    double sum = 0, chi_square = 0;
    for (const float x : logits) sum += std::exp(static_cast<double>(x) / 0.7);
    for (size_t i = 0; i < logits.size(); ++i) {
      const double expected = kDraws * std::exp(static_cast<double>(logits[i]) / 0.7) / sum;
      chi_square += (counts[i] - expected) * (counts[i] - expected) / expected;
    }
    EXPECT_LT(chi_square, 18.5) << "seed " << seed;  // 4 degrees of freedom, p = 0.001
  }
}

TEST(Sampler, RepeatsItselfForASeedOnly) {
  auto o = options();
  o.temperature = 1;
  const std::vector<float> logits(50, 0.0f);
  const auto draw = [&](uint64_t seed) {
    o.seed = seed;
    Sampler s(o, 50);
    std::vector<uint32_t> tokens;
    for (int i = 0; i < 40; ++i) {
      std::vector<float> copy = logits;
      tokens.push_back(s.next(Span<float>(copy), Span<const uint32_t>())->token);
    }
    return tokens;
  };
  EXPECT_EQ(draw(7), draw(7));
  EXPECT_NE(draw(7), draw(8));
  EXPECT_EQ(draw(0)[0], draw(0)[0]);
}

TEST(Sampler, FiltersKeepWhatTheyShould) {
  // Probabilities 0.5, 0.25, 0.125, 0.125.
  const std::vector<float> logits = {std::log(0.5f), std::log(0.25f), std::log(0.125f), std::log(0.125f)};
  const struct {
    uint32_t top_k;
    float top_p, min_p;
    std::vector<bool> may;
  } cases[] = {{1, 0, 0, {true, false, false, false}},    {2, 0, 0, {true, true, false, false}},
               {0, 0.4f, 0, {true, false, false, false}}, {0, 0.7f, 0, {true, true, false, false}},
               {0, 0.8f, 0, {true, true, true, false}},   {0, 0, 0.3f, {true, true, false, false}},
               {0, 0, 0.6f, {true, false, false, false}}, {0, 1, 0, {true, true, true, true}}};
  for (const auto& c : cases) {
    auto o = options();
    o.temperature = 2;  // the filters look at temperature 1
    o.top_k = c.top_k;
    o.top_p = c.top_p;
    o.min_p = c.min_p;
    const auto counts = histogram(o, logits, 2000);
    for (size_t i = 0; i < 4; ++i)
      EXPECT_EQ(counts[i] > 0, c.may[i]) << "k " << c.top_k << " p " << c.top_p << " min " << c.min_p << " token " << i;
  }
}

TEST(Sampler, PenaltiesLowerWhatOccurred) {
  auto o = options();
  o.repeat_penalty = 2;
  std::vector<float> logits = {4, 3, -1};
  const std::vector<uint32_t> recent = {0, 2};
  EXPECT_EQ(Sampler(o, 3).next(Span<float>(logits), Span<const uint32_t>(recent))->token, 1u);
  EXPECT_FLOAT_EQ(logits[0], 2);
  EXPECT_FLOAT_EQ(logits[2], -2);
  o = options();
  o.presence_penalty = 0.5f;
  o.frequency_penalty = 1;
  o.penalty_tokens = 3;
  logits = {4, 3, 0};
  const std::vector<uint32_t> more = {1, 1, 0, 0, 2};  // only the last three count
  Sampler s(o, 3);
  EXPECT_EQ(s.next(Span<float>(logits), Span<const uint32_t>(more))->token, 1u);
  EXPECT_FLOAT_EQ(logits[0], 1.5f);
  EXPECT_FLOAT_EQ(logits[1], 3);
}

TEST(Sampler, HeedsBiasesAndTheMask) {
  auto o = options();
  const sotto_token_bias biases[] = {{0, -INFINITY}, {2, 5}};
  o.biases = biases;
  o.bias_count = 2;
  std::vector<float> logits = {9, 3, 0};
  EXPECT_EQ(Sampler(o, 3).next(Span<float>(logits), Span<const uint32_t>())->token, 2u);
  o = options();
  o.mask = [](void*, float* x, uint32_t n) -> int32_t {
    for (uint32_t i = 0; i < n; ++i) x[i] = -INFINITY;
    return 0;
  };
  logits = {1, 2, 3};
  EXPECT_EQ(Sampler(o, 3).next(Span<float>(logits), Span<const uint32_t>()).status().code(), SOTTO_INVALID_ARGUMENT);
  const sotto_token_bias outside = {3, 1};
  o = options();
  o.biases = &outside;
  o.bias_count = 1;
  EXPECT_EQ(Sampler(o, 3).check().code(), SOTTO_INVALID_ARGUMENT);
}

TEST(Sampler, RefusesLogitsThatAreNoNumbers) {
  for (const float strange : {NAN, INFINITY}) {
    std::vector<float> logits(40, 1.0f);
    logits[33] = strange;
    const auto o = options();
    const auto choice = Sampler(o, 40).next(Span<float>(logits), Span<const uint32_t>());
    EXPECT_EQ(choice.status().code(), SOTTO_INTERNAL) << strange;
  }
}

TEST(Sampler, LogProbabilitiesSumToOne) {
  const std::vector<float> logits = {1, 2, 3, -4};
  double sum = 0;
  for (uint32_t t = 0; t < 4; ++t) sum += std::exp(static_cast<double>(log_probability(Span<const float>(logits), t)));
  EXPECT_NEAR(sum, 1, 1e-6);
}

}  // namespace
}  // namespace sotto

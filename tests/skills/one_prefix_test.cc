// Mood, intent and reply of one user's turn on one pass of the model: tokens are counted.
#include <gtest/gtest.h>

#include "world.h"

namespace sotto::skills_test {
namespace {

const char* const kWords = "why is the lamp dark again";

std::vector<HeadSpec> all_heads() {
  HeadSpec intent;
  intent.name = "intent";
  intent.labels = {"none", "chat.talk", "lamp.on"};
  return {intent, sentiment_test::sentiment_head(), sentiment_test::emotion_head()};
}

// Tokens of a turn as the heads are trained: what the reply alone computes.
size_t tokens_of_turn(const World& world) {
  const auto count = [&](const char* text, uint32_t flags) {
    return fetch<uint32_t>([&](uint32_t* ids, uint64_t capacity, uint64_t* n, sotto_error* err) {
             return sotto_tokenize(world.model(), sotto_cstr(text), flags | SOTTO_TOKENIZE_NO_BOS, ids, capacity, n, err);
           })
        .size();
  };
  return count("<|im_start|>", SOTTO_TOKENIZE_SPECIAL) + count("user\n", 0) + count(kWords, 0) +
         count("<|im_end|>", SOTTO_TOKENIZE_SPECIAL);
}

TEST(OnePrefix, MoodIntentAndReplyCostNoMoreThanTheReplyAlone) {
  World world(model_bytes(all_heads()), kBareDomain);
  const Said said = world.say(kWords);
  const size_t alone = tokens_of_turn(world);
  EXPECT_EQ(said.result.tokens, alone);

  const auto reader = world.reader();
  const std::vector<float> hidden = world.hidden();
  auto options = sized<sotto_sentiment_read_options>();
  options.text = sotto_cstr(kWords);
  auto shared = sized<sotto_sentiment_result>();
  call([&](sotto_error* err) {
    return world.moods().read_hidden(reader.get(), hidden.data(), hidden.size(), &options, &shared, err);
  });
  EXPECT_EQ(shared.extra_tokens, 0u);
  const double all_three = static_cast<double>(said.result.tokens + shared.extra_tokens);
  EXPECT_LE(all_three, 1.05 * static_cast<double>(alone));
}

TEST(OnePrefix, TheMoodIsTheSameAsOfAPassOfItsOwn) {
  World world(model_bytes(all_heads()), kBareDomain);
  (void)world.say(kWords);
  const auto reader = world.reader();
  const std::vector<float> hidden = world.hidden();
  auto shared = sized<sotto_sentiment_result>(), own = sized<sotto_sentiment_result>();
  auto options = sized<sotto_sentiment_read_options>();
  options.text = sotto_cstr(kWords);
  const sotto_str text = sotto_cstr(kWords);
  call([&](sotto_error* err) {
    return world.moods().read_hidden(reader.get(), hidden.data(), hidden.size(), &options, &shared, err);
  });
  call([&](sotto_error* err) { return world.moods().read(reader.get(), &text, 1, nullptr, &own, sizeof own, err); });
  EXPECT_GT(own.extra_tokens, 0u);
  for (size_t i = 0; i < SOTTO_SENTIMENT_LABELS; ++i) EXPECT_NEAR(shared.probabilities[i], own.probabilities[i], 1e-4) << i;
  for (size_t i = 0; i < SOTTO_EMOTION_LABELS; ++i) EXPECT_NEAR(shared.emotions[i], own.emotions[i], 1e-4) << i;
  EXPECT_EQ(shared.language, own.language);
  EXPECT_FLOAT_EQ(shared.intensity, own.intensity);
}

TEST(OnePrefix, AHiddenStateThatCannotBeIsRefused) {
  World world(model_bytes(all_heads()), kBareDomain);
  uint64_t count = 0;
  EXPECT_EQ(world.api().hidden(world.assistant(), nullptr, 0, &count, nullptr), SOTTO_NOT_FOUND);  // no turn yet
  const auto reader = world.reader();
  const std::vector<float> narrow(3, 0.0f);
  auto result = sized<sotto_sentiment_result>();
  EXPECT_EQ(world.moods().read_hidden(reader.get(), narrow.data(), narrow.size(), nullptr, &result, nullptr), SOTTO_MISMATCH);
  World plain(model_bytes({}), kBareDomain);
  const auto words = plain.reader();
  const std::vector<float> wide(sentiment_test::kHidden, 0.0f);
  EXPECT_EQ(plain.moods().read_hidden(words.get(), wide.data(), wide.size(), nullptr, &result, nullptr), SOTTO_UNSUPPORTED);
}

}  // namespace
}  // namespace sotto::skills_test

// Texts read by a model's heads: the probabilities are the heads' softmax, thresholds hold labels back.
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "tiny.h"

namespace sotto::sentiment_test {
namespace {

// The head by hand: hidden state at the token that ends the turn, times the weights, by the temperature.
std::vector<double> by_hand(World& world, const std::string& text, const HeadSpec& head) {
  auto ids = world.turn(text);
  ids.resize(end_of(ids) + 1);
  const auto hidden = world.rows(ids, SOTTO_OUTPUT_HIDDEN).back();
  std::vector<double> logits(head.labels.size());
  for (size_t r = 0; r < logits.size(); ++r)
    for (size_t c = 0; c < kHidden; ++c)
      logits[r] +=
          static_cast<double>(weight_at(r, c)) * static_cast<double>(hidden[c]) / static_cast<double>(head.temperature);
  return softmax(logits);
}

TEST(Read, ProbabilitiesAreTheHeadsSoftmaxWithItsTemperature) {
  World world(model_bytes({sentiment_head(), emotion_head()}));
  const auto reader = world.reader();
  for (const char* text : {"it works", "把灯关了", "ok", "why is it so loud again!"}) {
    const auto result = world.read(reader, text);
    const auto labels = by_hand(world, text, sentiment_head());
    EXPECT_NEAR(result.probabilities[SOTTO_SENTIMENT_POSITIVE], labels[0], 1e-4) << text;
    EXPECT_NEAR(result.probabilities[SOTTO_SENTIMENT_NEGATIVE], labels[1], 1e-4) << text;
    EXPECT_NEAR(result.probabilities[SOTTO_SENTIMENT_NEUTRAL], labels[2], 1e-4) << text;
    const auto emotions = by_hand(world, text, emotion_head());
    for (size_t i = 0; i < emotions.size(); ++i) EXPECT_NEAR(result.emotions[i], emotions[i], 1e-4) << text << i;
    EXPECT_EQ(result.label_source, SOTTO_SENTIMENT_FROM_HEAD);
    EXPECT_EQ(result.emotion_source, SOTTO_SENTIMENT_FROM_HEAD);
    EXPECT_EQ(result.calibration_tokens, 0u);
    EXPECT_EQ(result.skipped_bytes, 0u);
  }
}

TEST(Read, ALabelIsGivenFromItsThresholdOn) {
  auto spec = sentiment_head();
  World plain(model_bytes({spec}));
  const std::string text = "it works";
  const auto shares = by_hand(plain, text, spec);
  const size_t best = static_cast<size_t>(std::max_element(shares.begin(), shares.end()) - shares.begin());
  constexpr uint32_t kOurs[] = {SOTTO_SENTIMENT_POSITIVE, SOTTO_SENTIMENT_NEGATIVE, SOTTO_SENTIMENT_NEUTRAL};
  const auto p = static_cast<float>(shares[best]);
  for (const auto& [threshold, wanted] : {std::pair{p - 0.01f, kOurs[best]}, std::pair{p + 0.01f, SOTTO_NONE}}) {
    spec.thresholds.assign(3, 0.0f);
    spec.thresholds[best] = threshold;
    World world(model_bytes({spec}));
    EXPECT_EQ(world.read(world.reader(SOTTO_SENTIMENT_NO_EMOTION), text).label, wanted) << threshold;
    // The option stands in for the thresholds.
    auto options = sized<sotto_sentiment_options>();
    options.flags = SOTTO_SENTIMENT_NO_EMOTION;
    for (const auto& [confidence, with] : {std::pair{p - 0.01f, kOurs[best]}, std::pair{p + 0.01f, SOTTO_NONE}}) {
      options.confidence = confidence;
      EXPECT_EQ(world.read(world.reader(options), text).label, with) << threshold << " " << confidence;
    }
  }
}

TEST(Read, WithoutThresholdsALabelNeedsHalfAndAnEmotionThreeTenths) {
  auto flat = sentiment_head(), sharp = sentiment_head(), flat_emotion = emotion_head();
  flat.temperature = flat_emotion.temperature = 900;
  sharp.temperature = 0.01f;
  World doubtful(model_bytes({flat, flat_emotion}));
  const auto unsure = doubtful.read(doubtful.reader(), "ok");
  EXPECT_EQ(unsure.label, SOTTO_NONE);
  EXPECT_EQ(unsure.emotion, SOTTO_NONE);
  EXPECT_NEAR(unsure.probabilities[0], 1.0 / 3, 0.02);
  World sure(model_bytes({sharp}));
  const auto result = sure.read(sure.reader(SOTTO_SENTIMENT_NO_EMOTION), "ok");
  ASSERT_LT(result.label, 3u);
  EXPECT_GT(result.probabilities[result.label], 0.99f);
}

TEST(Read, ABatchIsTheTextsOneByOneAndSharesTheirOpening) {
  World world(model_bytes({sentiment_head(), emotion_head()}));
  const std::vector<std::string> texts = {"it works", "", "把灯关了", "it works"};
  std::vector<sotto_str> views;
  for (const auto& text : texts) views.push_back({text.data(), text.size()});
  std::vector<sotto_sentiment_result> batch(texts.size());
  const auto reader = world.reader();
  Error error;
  ASSERT_EQ(world.api().read(reader.get(), views.data(), views.size(), nullptr, batch.data(), sizeof batch[0], &error),
            SOTTO_OK)
      << error.text;
  for (size_t i = 0; i < texts.size(); ++i) {
    const auto alone = world.read(world.reader(), texts[i]);
    for (size_t k = 0; k < 3; ++k) EXPECT_FLOAT_EQ(batch[i].probabilities[k], alone.probabilities[k]) << texts[i];
    for (size_t k = 0; k < 8; ++k) EXPECT_FLOAT_EQ(batch[i].emotions[k], alone.emotions[k]) << texts[i];
    EXPECT_EQ(batch[i].language, alone.language);
    EXPECT_EQ(alone.extra_tokens, texts[i].empty() ? 0u : end_of(world.turn(texts[i])) + 1);
  }
  // The second time the opening "<|im_start|>user\n" is in the session already.
  const auto one = world.turn("a"), other = world.turn("一");
  const auto shared = static_cast<uint32_t>(std::mismatch(one.begin(), one.end(), other.begin()).first - one.begin());
  EXPECT_GE(shared, 2u);
  EXPECT_EQ(batch[3].extra_tokens, batch[0].extra_tokens - shared);
}

TEST(Read, AnEmptyTextIsNotRead) {
  World world(model_bytes({sentiment_head(), emotion_head()}));
  for (const char* text : {"", "  \n"}) {
    const auto result = world.read(world.reader(), text);
    EXPECT_EQ(result.label, SOTTO_NONE);
    EXPECT_EQ(result.emotion, SOTTO_NONE);
    EXPECT_EQ(result.extra_tokens, 0u);
    EXPECT_EQ(result.intensity, 0.0f);
    EXPECT_FLOAT_EQ(std::accumulate(result.probabilities, result.probabilities + 3, 0.0f), 1.0f);
    EXPECT_FLOAT_EQ(std::accumulate(result.emotions, result.emotions + 8, 0.0f), 1.0f);
  }
}

TEST(Read, IntensityIsWhatIsNotNeutralTimesTheDegree) {
  World world(model_bytes({sentiment_head()}));
  const auto reader = world.reader(SOTTO_SENTIMENT_NO_EMOTION);
  const auto plain = world.read(reader, "it broke");
  EXPECT_FLOAT_EQ(plain.intensity, (1 - plain.probabilities[SOTTO_SENTIMENT_NEUTRAL]) * 0.6f);
  const auto strong = world.read(reader, "it broke!!");
  EXPECT_FLOAT_EQ(strong.intensity, (1 - strong.probabilities[SOTTO_SENTIMENT_NEUTRAL]) * 0.9f);
  EXPECT_EQ(strong.emotion_source, 0u);
  EXPECT_EQ(std::count(strong.emotions, strong.emotions + 8, 0.0f), 8);
}

TEST(Read, AModelWithoutATemplateIsReadAtTheLastToken) {
  World world(model_bytes({sentiment_head()}, nullptr));
  const std::string text = "it works";
  const auto hidden = world.rows(world.tokenize(text, 0), SOTTO_OUTPUT_HIDDEN).back();
  std::vector<double> logits(3);
  for (size_t r = 0; r < 3; ++r)
    for (size_t c = 0; c < kHidden; ++c)
      logits[r] += static_cast<double>(weight_at(r, c)) * static_cast<double>(hidden[c]) / 2.5;
  const auto result = world.read(world.reader(SOTTO_SENTIMENT_NO_EMOTION), text);
  EXPECT_NEAR(result.probabilities[SOTTO_SENTIMENT_POSITIVE], softmax(logits)[0], 1e-4);
}

}  // namespace
}  // namespace sotto::sentiment_test

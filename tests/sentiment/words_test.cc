// Label words: the scores of a model without heads, by hand through the application's functions, and their calibration.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tasks.h"
#include "tiny.h"

namespace sotto::sentiment_test {
namespace {

using sentiment::kAllTasks;
using sentiment::Task;
using sentiment::Wording;
using Ids = std::vector<uint32_t>;

double log_probability(const std::vector<float>& logits, uint32_t token) {
  double sum = 0;
  for (const float x : logits) sum += std::exp(static_cast<double>(x));
  return static_cast<double>(logits[token]) - std::log(sum);
}

// Softmax over the words' log-probabilities behind turn and question, each to the token that tells it from the others.
std::vector<double> ask(World& world, const Ids& asked, const Task& task, const Wording& wording) {
  std::vector<Ids> words;
  for (size_t i = 0; i < task.labels; ++i)
    words.push_back(world.tokenize(std::string(wording.question) + std::string(wording.words[i]), SOTTO_TOKENIZE_NO_BOS));
  std::vector<double> scores(task.labels);
  for (size_t i = 0; i < task.labels; ++i) {
    size_t shared_by_all = words[i].size(), told_apart = 0;
    for (size_t k = 0; k < task.labels; ++k) {
      if (k == i) continue;
      const auto at = std::mismatch(words[i].begin(), words[i].end(), words[k].begin(), words[k].end());
      const auto common = static_cast<size_t>(at.first - words[i].begin());
      shared_by_all = std::min(shared_by_all, common);
      told_apart = std::max(told_apart, common + 1);
    }
    Ids all = asked;
    all.insert(all.end(), words[i].begin(), words[i].begin() + static_cast<std::ptrdiff_t>(told_apart));
    const auto rows = world.rows(all, SOTTO_OUTPUT_LOGITS);
    for (size_t at = asked.size() + shared_by_all; at < all.size(); ++at) scores[i] += log_probability(rows[at - 1], all[at]);
  }
  return softmax(scores);
}

// As the paper has it: divided by the mean answer to inputs without content, and scaled to sum to one.
std::vector<double> calibrated(World& world, const std::string& text, const Task& task, const Wording& wording) {
  const auto with_answer = [&](const std::string& content) { return world.turn(content, 0); };
  std::vector<double> prior(task.labels);
  for (const char* nothing : {"N/A", "[MASK]", ""}) {
    const auto shares = ask(world, with_answer(nothing), task, wording);
    for (size_t i = 0; i < prior.size(); ++i) prior[i] += shares[i] / 3;
  }
  auto shares = ask(world, with_answer(text), task, wording);
  double sum = 0;
  for (size_t i = 0; i < prior.size(); ++i) sum += shares[i] /= prior[i];
  for (double& share : shares) share /= sum;
  return shares;
}

TEST(LabelWords, SharesAreTheModelsOverItsAnswerToNothing) {
  World world(model_bytes({}));
  const auto reader = world.reader();
  for (const auto& [text, language] : {std::pair{"it works", sentiment::kEnglish}, std::pair{"灯坏了", sentiment::kChinese}}) {
    const auto result = world.read(reader, text);
    EXPECT_EQ(result.label_source, SOTTO_SENTIMENT_FROM_WORDS);
    EXPECT_EQ(result.emotion_source, SOTTO_SENTIMENT_FROM_WORDS);
    const Task& labels = kAllTasks[sentiment::kSentiment];
    const auto wanted = calibrated(world, text, labels, labels.wordings[language]);
    for (size_t i = 0; i < 3; ++i) EXPECT_NEAR(result.probabilities[i], wanted[i], 2e-3) << text << " " << labels.names[i];
    const Task& emotions = kAllTasks[sentiment::kEmotion];
    const auto feelings = calibrated(world, text, emotions, emotions.wordings[language]);
    for (size_t i = 0; i < 8; ++i) EXPECT_NEAR(result.emotions[i], feelings[i], 2e-3) << text << " " << emotions.names[i];
  }
}

TEST(LabelWords, CalibrationIsPaidOnceForALanguage) {
  World world(model_bytes({}));
  const auto reader = world.reader();
  const auto first = world.read(reader, "it works"), second = world.read(reader, "it works");
  EXPECT_GT(first.calibration_tokens, 3 * 10u);
  EXPECT_EQ(second.calibration_tokens, 0u);
  EXPECT_LT(second.extra_tokens, first.extra_tokens);  // the opening is there already
  EXPECT_GT(world.read(reader, "灯坏了").calibration_tokens, 0u);
  for (size_t i = 0; i < 3; ++i) EXPECT_FLOAT_EQ(first.probabilities[i], second.probabilities[i]);
}

TEST(LabelWords, WithoutEmotionFewerTokensAreComputed) {
  World world(model_bytes({}));
  const auto both = world.read(world.reader(), "it works");
  const auto label = world.read(world.reader(SOTTO_SENTIMENT_NO_EMOTION), "it works");
  EXPECT_LT(label.extra_tokens, both.extra_tokens);
  EXPECT_EQ(label.emotion, SOTTO_NONE);
  EXPECT_EQ(label.emotion_source, 0u);
  for (size_t i = 0; i < 3; ++i) EXPECT_FLOAT_EQ(label.probabilities[i], both.probabilities[i]);
}

TEST(LabelWords, StandInForTheHeadThatIsMissingAndForBothOnWish) {
  World world(model_bytes({sentiment_head()}));
  const auto mixed = world.read(world.reader(), "it works");
  EXPECT_EQ(mixed.label_source, SOTTO_SENTIMENT_FROM_HEAD);
  EXPECT_EQ(mixed.emotion_source, SOTTO_SENTIMENT_FROM_WORDS);
  const auto words = world.read(world.reader(SOTTO_SENTIMENT_NO_HEADS), "it works");
  EXPECT_EQ(words.label_source, SOTTO_SENTIMENT_FROM_WORDS);
  for (size_t i = 0; i < 8; ++i) EXPECT_NEAR(words.emotions[i], mixed.emotions[i], 1e-5);
}

TEST(LabelWords, AModelWithoutATemplateIsAskedBehindTheText) {
  World world(model_bytes({}, nullptr));
  const auto result = world.read(world.reader(SOTTO_SENTIMENT_NO_EMOTION), "it works");
  EXPECT_NEAR(result.probabilities[0] + result.probabilities[1] + result.probabilities[2], 1, 1e-5);
  EXPECT_GT(result.extra_tokens, world.tokenize("it works", 0).size());
}

}  // namespace
}  // namespace sotto::sentiment_test

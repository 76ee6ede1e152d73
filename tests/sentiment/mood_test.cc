// The mood of a session: decay by the host's clock, events, consent, reasons, hints; and that no sentence sounds like a
// diagnosis.
#include <gtest/gtest.h>

#include <cmath>

#include "tiny.h"
#include "wording.h"

namespace sotto::sentiment_test {
namespace {

constexpr uint64_t kMinute = 60ull * 1000000000;
constexpr uint32_t kZh = SOTTO_SENTIMENT_LANGUAGE_ZH, kEn = SOTTO_SENTIMENT_LANGUAGE_EN;

sotto_sentiment_result turn(float negative, float positive, float intensity, uint32_t emotion = SOTTO_NONE) {
  auto result = sized<sotto_sentiment_result>();
  result.probabilities[SOTTO_SENTIMENT_NEGATIVE] = negative;
  result.probabilities[SOTTO_SENTIMENT_POSITIVE] = positive;
  result.probabilities[SOTTO_SENTIMENT_NEUTRAL] = 1 - negative - positive;
  result.label = negative > positive ? SOTTO_SENTIMENT_NEGATIVE : SOTTO_SENTIMENT_POSITIVE;
  if (1 - negative - positive > 0.5f) result.label = SOTTO_SENTIMENT_NEUTRAL;
  result.intensity = intensity;
  result.emotion = emotion;
  if (emotion != SOTTO_NONE) result.emotions[emotion] = 1;
  return result;
}

class SessionMood : public testing::Test {
 protected:
  void note(const sotto_sentiment_result& t) {
    Error error;
    EXPECT_EQ(world.api().note_turn(reader.get(), &t, &error), SOTTO_OK) << error.text;
  }
  void note(uint32_t event) { EXPECT_EQ(world.api().note_event(reader.get(), event, nullptr), SOTTO_OK); }
  sotto_mood mood() {
    auto now = sized<sotto_mood>();
    EXPECT_EQ(world.api().mood(reader.get(), &now, nullptr), SOTTO_OK);
    return now;
  }
  std::string text(decltype(sotto_sentiment_api::hint) function, uint32_t language) {
    uint64_t size = 999;
    EXPECT_EQ(function(reader.get(), language, nullptr, 0, &size, nullptr), SOTTO_OK);
    std::string said(size, '?');
    EXPECT_EQ(function(reader.get(), language, said.data(), size, &size, nullptr), SOTTO_OK);
    return said;
  }
  std::string hint(uint32_t language = kEn) { return text(world.api().hint, language); }
  std::string reason(uint32_t language = kEn) { return text(world.api().reason, language); }
  void use(uint32_t flags) { reader = world.reader(flags); }

  World world{model_bytes({sentiment_head(), emotion_head()})};
  ReaderPtr reader = world.reader(SOTTO_SENTIMENT_CONSENT);
};

TEST_F(SessionMood, ValenceIsTheDecayedMeanBesideANeutralTurn) {
  note(turn(0.8f, 0.1f, 0.7f));  // weight 1.2, value -0.7
  EXPECT_NEAR(mood().valence, -0.7 * 1.2 / 2.2, 1e-6);
  EXPECT_NEAR(mood().evidence, 1.2, 1e-6);
  world.clock.ns += 10 * kMinute;
  EXPECT_NEAR(mood().valence, -0.7 * 0.6 / 1.6, 1e-6);
  note(turn(0.0f, 0.9f, 0.5f));  // weight 1, value 0.9
  EXPECT_NEAR(mood().valence, (-0.7 * 0.6 + 0.9) / 2.6, 1e-6);
  world.clock.ns += 25 * kMinute;
  const double left = std::exp2(-2.5);
  EXPECT_NEAR(mood().valence, left * (-0.42 + 0.9) / (1 + left * 1.6), 1e-6);
  EXPECT_EQ(mood().turns, 2u);
}

TEST_F(SessionMood, TheHalfLifeIsAnOption) {
  auto options = sized<sotto_sentiment_options>();
  options.flags = SOTTO_SENTIMENT_CONSENT;
  options.half_life_ms = 60000;
  reader = world.reader(options);
  note(turn(1, 0, 0.5f));
  EXPECT_NEAR(mood().valence, -0.5, 1e-6);
  world.clock.ns += 2 * kMinute;
  EXPECT_NEAR(mood().valence, -0.25 / 1.25, 1e-6);
}

TEST_F(SessionMood, AllIsForgottenWithTime) {
  note(turn(0.9f, 0, 1, SOTTO_EMOTION_ANGER));
  EXPECT_EQ(mood().label, SOTTO_SENTIMENT_NEGATIVE);
  world.clock.ns += 20 * kMinute;
  EXPECT_EQ(mood().label, SOTTO_SENTIMENT_NEUTRAL);
  EXPECT_EQ(mood().emotion, SOTTO_EMOTION_ANGER);
  world.clock.ns += 40 * kMinute;
  EXPECT_EQ(mood().label, SOTTO_NONE);
  EXPECT_EQ(mood().emotion, SOTTO_NONE);
  EXPECT_EQ(mood().valence, 0.0f);
}

TEST_F(SessionMood, AClockThatJumpsBackChangesNothing) {
  note(turn(0.9f, 0, 1));
  const auto before = mood();
  world.clock.ns = 5;
  EXPECT_EQ(mood().valence, before.valence);
  world.clock.ns = UINT64_MAX;
  EXPECT_EQ(mood().label, SOTTO_NONE);
  EXPECT_EQ(mood().evidence, 0.0f);
}

TEST_F(SessionMood, OneEventNeverMakesItNegativeTwoDo) {
  for (const uint32_t a : {SOTTO_MOOD_REPHRASE, SOTTO_MOOD_CANCEL, SOTTO_MOOD_FAILED_CALL})
    for (const uint32_t b : {SOTTO_MOOD_REPHRASE, SOTTO_MOOD_CANCEL, SOTTO_MOOD_FAILED_CALL}) {
      ASSERT_EQ(world.api().reset(reader.get(), nullptr), SOTTO_OK);
      note(a);
      EXPECT_EQ(mood().label, SOTTO_SENTIMENT_NEUTRAL) << a;
      EXPECT_EQ(mood().reason, SOTTO_MOOD_REASON_NONE);
      note(b);
      EXPECT_EQ(mood().label, SOTTO_SENTIMENT_NEGATIVE) << a << b;
      EXPECT_EQ(mood().reason, a == SOTTO_MOOD_FAILED_CALL || b == SOTTO_MOOD_FAILED_CALL ? SOTTO_MOOD_FAILED_CALL
                               : a == b                                                   ? a
                                                                                          : SOTTO_MOOD_REPHRASE);
      EXPECT_EQ(mood().events, 2u);
      EXPECT_EQ(mood().emotion, SOTTO_NONE);
    }
}

TEST_F(SessionMood, TheReasonIsWhatMovedItMost) {
  note(SOTTO_MOOD_CANCEL);
  note(SOTTO_MOOD_CANCEL);
  EXPECT_EQ(reason(), "An answer or an action was stopped.");
  EXPECT_EQ(reason(kZh), "回答或操作被中途叫停。");
  note(turn(0.95f, 0, 0.9f));
  EXPECT_EQ(mood().reason, SOTTO_MOOD_REASON_WORDS);
  EXPECT_EQ(reason(), "The last words sounded displeased.");
  for (int i = 0; i < 5; ++i) note(turn(0, 0.95f, 1));
  EXPECT_EQ(mood().label, SOTTO_SENTIMENT_POSITIVE);
  EXPECT_EQ(reason(), "The last words sounded pleased.");
  for (int i = 0; i < 9; ++i) note(turn(0.02f, 0.02f, 0));
  for (int i = 0; i < 4; ++i) note(SOTTO_MOOD_REPHRASE);
  EXPECT_EQ(mood().label, SOTTO_SENTIMENT_NEUTRAL);
  EXPECT_EQ(reason(), "");
}

TEST_F(SessionMood, ATurnWithoutALabelIsNotCounted) {
  auto unsure = turn(0.45f, 0.35f, 0.5f);
  unsure.label = SOTTO_NONE;
  note(unsure);
  EXPECT_EQ(mood().turns, 0u);
  EXPECT_EQ(mood().evidence, 0.0f);
}

TEST_F(SessionMood, WithoutConsentNothingIsKept) {
  use(SOTTO_SENTIMENT_HINTS);
  note(turn(0.9f, 0, 1, SOTTO_EMOTION_ANGER));
  note(SOTTO_MOOD_CANCEL);
  note(SOTTO_MOOD_CANCEL);
  for (const bool is_given_later : {false, true}) {
    ASSERT_EQ(world.api().set_consent(reader.get(), is_given_later ? 1 : 0, nullptr), SOTTO_OK);
    const auto now = mood();
    EXPECT_EQ(now.label, SOTTO_NONE);
    EXPECT_EQ(now.emotion, SOTTO_NONE);
    EXPECT_EQ(now.evidence, 0.0f);
    EXPECT_EQ(now.turns + now.events, 0u);
    EXPECT_EQ(hint() + reason(), "");
    EXPECT_EQ(now.flags, SOTTO_SENTIMENT_HINTS | (is_given_later ? SOTTO_SENTIMENT_CONSENT : 0u));
  }
  note(turn(0.9f, 0, 1));
  EXPECT_EQ(mood().label, SOTTO_SENTIMENT_NEGATIVE);
  ASSERT_EQ(world.api().set_consent(reader.get(), 0, nullptr), SOTTO_OK);
  ASSERT_EQ(world.api().set_consent(reader.get(), 1, nullptr), SOTTO_OK);
  EXPECT_EQ(mood().label, SOTTO_NONE);
}

TEST_F(SessionMood, ReadingAloneKeepsNothingEvenWithConsent) {
  world.read(reader, "it broke!!");
  EXPECT_EQ(mood().turns, 0u);
}

TEST_F(SessionMood, HintsAreOffUnlessAskedForAndFitTheMood) {
  note(turn(0.9f, 0, 1, SOTTO_EMOTION_ANGER));
  EXPECT_EQ(mood().label, SOTTO_SENTIMENT_NEGATIVE);
  EXPECT_EQ(hint(), "");
  use(SOTTO_SENTIMENT_HINTS | SOTTO_SENTIMENT_CONSENT);
  EXPECT_EQ(hint(), "");
  EXPECT_EQ(mood().flags, SOTTO_SENTIMENT_HINTS | SOTTO_SENTIMENT_CONSENT);
  note(turn(0.9f, 0, 1, SOTTO_EMOTION_ANGER));
  EXPECT_EQ(hint(), "Answer briefly and calmly. Say plainly what did not work and offer one way to put it right.");
  EXPECT_EQ(hint(kZh), "回答要简短平和；直说哪里没做好，并提出一个解决办法。");
  EXPECT_EQ(hint(SOTTO_SENTIMENT_LANGUAGE_MIXED), hint(kZh));
  EXPECT_EQ(hint(SOTTO_SENTIMENT_LANGUAGE_UNKNOWN), hint(kEn));
  ASSERT_EQ(world.api().reset(reader.get(), nullptr), SOTTO_OK);
  note(turn(0.9f, 0, 1, SOTTO_EMOTION_SADNESS));
  EXPECT_EQ(hint(), "Answer briefly and gently, without lecturing. Offer one thing that you can do to help.");
  ASSERT_EQ(world.api().reset(reader.get(), nullptr), SOTTO_OK);
  note(turn(0, 0.05f, 0.1f));
  EXPECT_EQ(mood().label, SOTTO_SENTIMENT_NEUTRAL);
  EXPECT_EQ(hint(), "");
}

TEST_F(SessionMood, AWrongCallIsASentence) {
  Error error;
  for (const uint32_t event : {0u, 4u, SOTTO_NONE}) {
    EXPECT_EQ(world.api().note_event(reader.get(), event, &error), SOTTO_INVALID_ARGUMENT);
    EXPECT_TRUE(error.says("SOTTO_MOOD_REPHRASE")) << error.text;
  }
  const float nan = std::nanf("");
  for (const auto& bad :
       {turn(nan, 0, 0), turn(0.9f, 0, nan), turn(0.9f, 0, 1.5f), turn(2, 0, 0), sized<sotto_sentiment_result>()})
    EXPECT_EQ(world.api().note_turn(reader.get(), &bad, &error), SOTTO_INVALID_ARGUMENT);
  auto label = turn(0.9f, 0, 1);
  label.label = 3;
  EXPECT_EQ(world.api().note_turn(reader.get(), &label, &error), SOTTO_INVALID_ARGUMENT);
  auto emotion = turn(0.9f, 0, 1);
  emotion.emotion = 8;
  EXPECT_EQ(world.api().note_turn(reader.get(), &emotion, &error), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(world.api().set_consent(reader.get(), 2, &error), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(mood().evidence, 0.0f);
  char buffer[4] = "abc";
  uint64_t size = 0;
  note(turn(0.9f, 0, 1));
  EXPECT_EQ(world.api().reason(reader.get(), kEn, buffer, 3, &size, nullptr), SOTTO_OK);
  EXPECT_STREQ(buffer, "abc");
  EXPECT_GT(size, 3u);
}

TEST(Wording, NoSentenceSoundsLikeADiagnosis) {
  size_t sentences = 0;
  for (const uint32_t label : {0u, 1u, 2u, SOTTO_NONE})
    for (uint32_t reason = 0; reason <= 4; ++reason)
      for (uint32_t emotion = 0; emotion <= 8; ++emotion)
        for (const uint32_t language : {0u, 1u, 2u, 3u}) {
          auto mood = sized<sotto_mood>();
          mood.label = label;
          mood.reason = reason;
          mood.emotion = emotion == 8 ? SOTTO_NONE : emotion;
          for (const std::string& said :
               {std::string(sentiment::reason_text(mood, language)), std::string(sentiment::hint_text(mood, language))}) {
            sentences += said.empty() ? 0 : 1;
            EXPECT_LE(said.size(), 120u);
            for (const char* word :
                 {"depress", "disorder", "diagnos", "anxi", "patient", "ill",  "symptom", "mental", "suffer", "sad", "angry",
                  "抑郁",    "焦虑",     "症",      "病",   "诊断",    "心理", "患",      "治疗",   "悲伤",   "生气"})
              EXPECT_EQ(said.find(word), std::string::npos) << said << " says " << word;
          }
          const bool has_nothing_to_say = label == SOTTO_SENTIMENT_NEUTRAL || label == SOTTO_NONE;
          EXPECT_TRUE(!has_nothing_to_say || sentiment::hint_text(mood, language).empty());
        }
  EXPECT_GT(sentences, 100u);
}

}  // namespace
}  // namespace sotto::sentiment_test

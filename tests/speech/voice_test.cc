// The voice through the C ABI: it sounds, in both languages, with its settings; it stops when told; it waits for its turn.
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <cstring>
#include <thread>

#include "sound.h"
#include "world.h"

namespace sotto::speech_test {
namespace {

class VoiceTest : public testing::Test {
 protected:
  double seconds(const VoicePtr& voice, const std::string& text) {
    return static_cast<double>(world.speak(voice, text).size()) / world.rate(voice);
  }
  World world;
  Error error;
};

// The engine draws its flutter by lot: no two times are the same.
bool is_near(uint64_t a, uint64_t b) {
  return std::abs(static_cast<double>(a) - static_cast<double>(b)) < 0.05 * static_cast<double>(b);
}

// Of a voiced sound, by the lag at which it is most like itself.
double pitch(const Samples& s, uint32_t rate) {
  double best = 0, most = 0;
  for (uint32_t lag = rate / 400; lag < rate / 60; ++lag) {
    double like = 0;
    for (size_t i = s.size() / 3; i < s.size() / 3 + rate / 4 && i + lag < s.size(); ++i)
      like += static_cast<double>(s[i]) * s[i + lag];
    if (like > most) most = like, best = static_cast<double>(rate) / lag;
  }
  return best;
}

int32_t drop(void*, const int16_t*, uint64_t) { return 0; }

TEST_F(VoiceTest, ItSoundsInBothLanguages) {
  const VoicePtr voice = world.voice();
  EXPECT_EQ(world.rate(voice), 22050u);
  const struct {
    const char* text;
    uint32_t languages;
  } kCases[] = {{"turn on the kitchen light", SOTTO_SPEECH_EN},
                {"今天天气怎么样", SOTTO_SPEECH_ZH},
                {"打开TV", SOTTO_SPEECH_ZH | SOTTO_SPEECH_EN},
                {"好的，timer 定好了，20 minutes。", SOTTO_SPEECH_ZH | SOTTO_SPEECH_EN}};
  for (const auto& c : kCases) {
    const Samples samples = world.speak(voice, c.text);
    EXPECT_GT(samples.size(), world.rate(voice) / 2) << c.text;
    EXPECT_LT(samples.size(), world.rate(voice) * 10) << c.text;
    EXPECT_GT(loudness(samples), 300) << c.text;
    auto spoken = sized<sotto_spoken>();
    ASSERT_EQ(world.api().speak(voice.get(), sotto_cstr(c.text), drop, nullptr, &spoken, &error), SOTTO_OK) << error.text;
    EXPECT_EQ(spoken.languages, c.languages) << c.text;
    EXPECT_TRUE(is_near(spoken.samples, samples.size())) << c.text;
    EXPECT_EQ(spoken.text_bytes, std::strlen(c.text)) << c.text;
  }
}

TEST_F(VoiceTest, TheSameWordsInTwoLanguagesSoundDifferent) {
  auto options = sized<sotto_voice_options>();
  options.language = SOTTO_SPEECH_ZH;
  const VoicePtr zh = world.voice(options);
  options.language = SOTTO_SPEECH_EN;
  const VoicePtr en = world.voice(options);
  EXPECT_NE(world.speak(zh, "20"), world.speak(en, "20"));
}

TEST_F(VoiceTest, RatePitchAndVolumeDoWhatTheySay) {
  const std::string text = "what is the weather tomorrow";
  const VoicePtr usual = world.voice();
  auto options = sized<sotto_voice_options>();
  options.rate = 2;
  EXPECT_LT(seconds(world.voice(options), text), 0.7 * seconds(usual, text));
  options.rate = 0.6f;
  EXPECT_GT(seconds(world.voice(options), text), 1.3 * seconds(usual, text));
  options = sized<sotto_voice_options>();
  options.volume = 0.3f;
  EXPECT_LT(loudness(world.speak(world.voice(options), text)), 0.5 * loudness(world.speak(usual, text)));
  options = sized<sotto_voice_options>();
  options.pitch = 2;
  const double low = pitch(world.speak(usual, "aaaaah"), world.rate(usual)),
               high = pitch(world.speak(world.voice(options), "aaaaah"), world.rate(usual));
  EXPECT_GT(low, 60);
  EXPECT_NEAR(high / low, 2, 0.4);
}

TEST_F(VoiceTest, ACallbackEndsItInMidSentence) {
  const VoicePtr voice = world.voice();
  const std::string text = "This is a long sentence that nobody wants to hear to its end. And another one.";
  const size_t whole = world.speak(voice, text).size();
  struct Count {
    uint64_t samples, most;
    int calls_after;
  } count{0, 5000, 0};
  const auto stop = [](void* user, const int16_t*, uint64_t n) -> int32_t {
    auto* c = static_cast<Count*>(user);
    c->calls_after += c->samples >= c->most ? 1 : 0;
    c->samples += n;
    return c->samples >= c->most;
  };
  auto spoken = sized<sotto_spoken>();
  EXPECT_EQ(world.api().speak(voice.get(), str(text), stop, &count, &spoken, &error), SOTTO_CANCELLED);
  EXPECT_EQ(count.calls_after, 0);
  EXPECT_EQ(spoken.samples, count.samples);
  EXPECT_LT(spoken.samples, whole / 4);
  EXPECT_EQ(spoken.text_bytes, 0u);                              // the first sentence was not spoken whole
  EXPECT_TRUE(is_near(world.speak(voice, text).size(), whole));  // and it is as it was
}

TEST_F(VoiceTest, AnotherThreadCancelsAndOnlyWhatIsInProgress) {
  const VoicePtr voice = world.voice();
  world.api().voice_cancel(voice.get());  // nothing is in progress
  const size_t whole = world.speak(voice, "hello").size();
  EXPECT_GT(whole, 0u);
  struct Shared {
    const World* world;
    sotto_voice* voice;
    std::atomic<int> calls{0};
    std::atomic<bool> is_cancelled{false};
  } shared{&world, voice.get()};
  const auto wait = [](void* user, const int16_t*, uint64_t) -> int32_t {
    auto* s = static_cast<Shared*>(user);
    if (++s->calls == 2)
      while (!s->is_cancelled) std::this_thread::yield();
    return 0;
  };
  std::thread other([&] {
    while (shared.calls < 2) std::this_thread::yield();
    world.api().voice_cancel(voice.get());
    shared.is_cancelled = true;
  });
  EXPECT_EQ(world.api().speak(voice.get(), sotto_cstr("one two three four five six"), wait, &shared, nullptr, &error),
            SOTTO_CANCELLED);
  other.join();
  EXPECT_EQ(shared.calls, 2);
  EXPECT_TRUE(is_near(world.speak(voice, "hello").size(), whole));
}

TEST_F(VoiceTest, OneThreadAtATimeAndNotFromItsOwnCallback) {
  const VoicePtr voice = world.voice(), second = world.voice();
  struct Shared {
    const World* world;
    sotto_voice *voice, *second;
    sotto_status again = -1, other_voice = -1, other_thread = -1;
  } shared{&world, voice.get(), second.get()};
  const auto call = [](void* user, const int16_t*, uint64_t) -> int32_t {
    auto* s = static_cast<Shared*>(user);
    const auto speak = [s](sotto_voice* v) {
      return s->world->api().speak(v, sotto_cstr("no"), drop, nullptr, nullptr, nullptr);
    };
    s->again = speak(s->voice);
    s->other_voice = speak(s->second);  // no lock is held while a callback runs
    std::thread([&] { s->other_thread = speak(s->voice); }).join();
    return 1;
  };
  world.api().speak(voice.get(), sotto_cstr("hello"), call, &shared, nullptr, nullptr);
  EXPECT_EQ(shared.again, SOTTO_REENTRANT);
  EXPECT_EQ(shared.other_voice, SOTTO_OK);
  EXPECT_EQ(shared.other_thread, SOTTO_BUSY);
}

TEST_F(VoiceTest, VoicesInManyThreadsSayWhatTheyWouldAlone) {
  auto options = sized<sotto_voice_options>();
  std::vector<std::thread> threads;
  std::vector<std::vector<size_t>> sizes(4);
  const char* const texts[] = {"turn on the light", "今天天气怎么样", "五点叫我", "good night"};
  for (size_t i = 0; i < 4; ++i)
    threads.emplace_back([&, i] {
      auto own = sized<sotto_voice_options>();
      own.rate = 1 + 0.25f * static_cast<float>(i);
      const VoicePtr voice = world.voice(own);
      for (int round = 0; round < 8; ++round) sizes[i].push_back(world.speak(voice, texts[i]).size());
    });
  for (std::thread& thread : threads) thread.join();
  for (size_t i = 0; i < 4; ++i) {
    options.rate = 1 + 0.25f * static_cast<float>(i);
    const size_t alone = world.speak(world.voice(options), texts[i]).size();
    for (const size_t size : sizes[i]) EXPECT_TRUE(is_near(size, alone)) << texts[i] << ": " << size << ", alone " << alone;
  }
}

}  // namespace
}  // namespace sotto::speech_test

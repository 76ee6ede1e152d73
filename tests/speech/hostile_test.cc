// What callers get wrong and what hostile text and sound do: a status with a sentence, or nothing out of the way.
#include <gtest/gtest.h>

#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>

#include "sound.h"
#include "world.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/lsan_interface.h>
using NoLeakCheck = __lsan::ScopedDisabler;
#else
struct NoLeakCheck {
  NoLeakCheck() {}  // has something to do elsewhere
};
#endif

namespace sotto::speech_test {
namespace {

namespace fs = std::filesystem;

class Hostile : public testing::Test {
 protected:
  sotto_status make_voice(const sotto_voice_options& options) {
    sotto_voice* made = nullptr;
    const sotto_status status = world.api().voice_create(world.self(), &options, &made, &error);
    EXPECT_EQ(made != nullptr, status == SOTTO_OK);
    world.api().voice_destroy(made);
    return status;
  }
  sotto_status make_recogniser(const sotto_recogniser_options& options) {
    sotto_recogniser* made = nullptr;
    const sotto_status status = world.api().recogniser_create(world.self(), &options, &made, &error);
    EXPECT_EQ(made != nullptr, status == SOTTO_OK);
    world.api().recogniser_destroy(made);
    return status;
  }
  World world;
  Error error;
};

int32_t drop(void*, const int16_t*, uint64_t) { return 0; }
int32_t drop_line(void*, const sotto_hypothesis*) { return 0; }

TEST_F(Hostile, TheFactsSayWhatThereIs) {
  auto facts = sized<sotto_speech_facts>();
  ASSERT_EQ(world.api().facts(world.self(), &facts, &error), SOTTO_OK);
  EXPECT_EQ(facts.voice_languages, SOTTO_SPEECH_ZH | SOTTO_SPEECH_EN);
  EXPECT_EQ(facts.recogniser_languages, SOTTO_SPEECH_EN);
  EXPECT_EQ(std::string(facts.voice).rfind("eSpeak NG 1.", 0), 0u) << facts.voice;
  EXPECT_STRNE(facts.recogniser, "");
}

TEST_F(Hostile, OptionsOutOfRangeAreNamed) {
  const struct {
    float sotto_voice_options::*field;
    float value;
    const char* words;
  } kCases[] = {{&sotto_voice_options::rate, 9, "rate is 9"},
                {&sotto_voice_options::rate, -1, "rate"},
                {&sotto_voice_options::pitch, NAN, "pitch"},
                {&sotto_voice_options::volume, INFINITY, "volume"},
                {&sotto_voice_options::volume, 0.001f, "volume"}};
  for (const auto& c : kCases) {
    auto options = sized<sotto_voice_options>();
    options.*c.field = c.value;
    EXPECT_EQ(make_voice(options), SOTTO_INVALID_ARGUMENT) << c.words;
    EXPECT_TRUE(error.says(c.words)) << error.text;
  }
  const struct {
    uint32_t sotto_recogniser_options::*field;
    uint32_t value;
  } kOthers[] = {{&sotto_recogniser_options::end_silence_ms, 5},
                 {&sotto_recogniser_options::longest_ms, UINT32_MAX},
                 {&sotto_recogniser_options::hypotheses, 65}};
  for (const auto& c : kOthers) {
    auto options = sized<sotto_recogniser_options>();
    options.*c.field = c.value;
    EXPECT_EQ(make_recogniser(options), SOTTO_INVALID_ARGUMENT);
    EXPECT_TRUE(error.says(std::to_string(c.value))) << error.text;
  }
}

TEST_F(Hostile, ALanguageThatIsNotThereIsASentenceThatHelps) {
  auto voice = sized<sotto_voice_options>();
  voice.language = 4;
  EXPECT_EQ(make_voice(voice), SOTTO_UNSUPPORTED);
  auto recogniser = sized<sotto_recogniser_options>();
  recogniser.language = SOTTO_SPEECH_ZH;
  EXPECT_EQ(make_recogniser(recogniser), SOTTO_UNSUPPORTED);
  EXPECT_TRUE(error.says("plug in one of your own")) << error.text;
  EXPECT_TRUE(error.says("typed input works")) << error.text;
  recogniser.language = 77;
  EXPECT_EQ(make_recogniser(recogniser), SOTTO_UNSUPPORTED);
}

TEST_F(Hostile, WhatCallersGetWrongIsASentence) {
  const auto& api = world.api();
  const VoicePtr voice = world.voice();
  const RecogniserPtr recogniser = world.recogniser({"good night"});
  auto hearing = sized<sotto_hearing>();
  auto spoken = sized<sotto_spoken>();
  auto facts = sized<sotto_recogniser_facts>();
  const int16_t sample = 0;
  uint64_t size = 0;
  uint32_t rate = 0;
  EXPECT_EQ(api.facts(world.self(), nullptr, &error), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(api.voice_create(world.self(), nullptr, nullptr, &error), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(api.recogniser_create(world.self(), nullptr, nullptr, &error), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(api.voice_rate(nullptr, &rate, &error), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(api.voice_rate(voice.get(), nullptr, &error), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(api.speak(nullptr, sotto_cstr("a"), drop, nullptr, nullptr, &error), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(api.speak(voice.get(), sotto_cstr("a"), nullptr, nullptr, nullptr, &error), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(api.speak(voice.get(), {nullptr, 5}, drop, nullptr, nullptr, nullptr), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(api.speak(voice.get(), {nullptr, 0}, drop, nullptr, &spoken, &error), SOTTO_OK);
  EXPECT_EQ(spoken.samples, 0u);
  spoken.struct_size = 0;
  EXPECT_EQ(api.speak(voice.get(), sotto_cstr("a"), drop, nullptr, &spoken, &error), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(api.feed(nullptr, &sample, 1, &hearing, &error), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(api.feed(recogniser.get(), nullptr, 1, &hearing, &error), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(api.feed(recogniser.get(), &sample, 1, nullptr, &error), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(api.feed(recogniser.get(), nullptr, 0, &hearing, &error), SOTTO_OK);
  EXPECT_EQ(api.partial(recogniser.get(), nullptr, 0, nullptr, &error), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(api.partial(nullptr, nullptr, 0, &size, &error), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(api.finish(recogniser.get(), nullptr, nullptr, &error), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(api.recogniser_facts(nullptr, &facts, &error), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(api.reset(nullptr, &error), SOTTO_INVALID_ARGUMENT);
  api.voice_destroy(nullptr);
  api.voice_cancel(nullptr);
  api.recogniser_destroy(nullptr);
}

TEST_F(Hostile, StructsOfAnotherAgeAreRespected) {
  struct Newer {
    sotto_voice_options options;
    uint32_t more;
  } newer{sized<sotto_voice_options>(), 1};
  newer.options.struct_size = sizeof newer;
  EXPECT_EQ(make_voice(newer.options), SOTTO_UNSUPPORTED);
  newer.more = 0;
  EXPECT_EQ(make_voice(newer.options), SOTTO_OK) << error.text;
  const VoicePtr voice = world.voice();
  char older[20] = "###################";  // knows struct_size and languages
  const uint32_t size = 8;
  std::memcpy(older, &size, sizeof size);
  ASSERT_EQ(world.api().speak(voice.get(), sotto_cstr("a"), drop, nullptr, reinterpret_cast<sotto_spoken*>(older), &error),
            SOTTO_OK);
  EXPECT_STREQ(older + 8, "###########");
}

TEST_F(Hostile, TextIsAnyBytes) {
  const VoicePtr voice = world.voice();
  std::string large(10 << 20, 'a');
  EXPECT_EQ(world.api().speak(voice.get(), str(large), drop, nullptr, nullptr, &error), SOTTO_INVALID_ARGUMENT);
  EXPECT_TRUE(error.says("at most 1 MiB")) << error.text;
  const std::string plain = "hello there";
  const size_t usual = world.speak(voice, plain).size();
  const std::string cases[] = {std::string("hello\0there", 11), "hello\xFF\xFE there", "hello\n\n\nthere",
                               "\xEF\xBB\xBFhello there"};
  for (const std::string& text : cases) EXPECT_GT(world.speak(voice, text).size(), usual / 2);
  for (const std::string text :
       {"[[h@l'oU]]", "<speak><audio src=\"/etc/passwd\"/></speak>", "%s%n%x", "![](../..)", "\x1b[2J"})
    (void)world.speak(voice, text);
  std::mt19937 random(3);
  for (int round = 0; round < 30; ++round) {
    std::string noise(400, ' ');
    for (char& c : noise) c = static_cast<char>(random() % 256);
    (void)world.speak(voice, noise);
  }
  EXPECT_NEAR(static_cast<double>(world.speak(voice, plain).size()), static_cast<double>(usual),
              0.1 * static_cast<double>(usual));
}

// A megabyte would be hours: the samples come while it is made, and it ends when told.
TEST_F(Hostile, AVeryLongTextBeginsAtOnce) {
  const VoicePtr voice = world.voice();
  for (const char* piece : {"a", "长", "1", "word ", "!a"}) {
    std::string text;
    while (text.size() + 8 < (1u << 20)) text += piece;
    int calls = 0;
    const auto stop = [](void* user, const int16_t*, uint64_t) -> int32_t { return ++*static_cast<int*>(user) == 40; };
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(world.api().speak(voice.get(), str(text), stop, &calls, nullptr, &error), SOTTO_CANCELLED) << piece;
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(60)) << piece;
  }
}

TEST_F(Hostile, SoundIsAnySamples) {
  const RecogniserPtr recogniser = world.recogniser({"good night", "turn on the light"});
  std::mt19937 random(5);
  Samples noise(SOTTO_RECOGNISER_RATE * 3), extremes(noise.size()), flat(noise.size(), 32767);
  for (int16_t& s : noise) s = static_cast<int16_t>(random());
  for (size_t i = 0; i < extremes.size(); ++i) extremes[i] = i % 2 == 0 ? int16_t{-32768} : int16_t{32767};
  for (const Samples& samples : {noise, extremes, flat, Samples(noise.size(), 0)}) {
    (void)world.hear(recogniser, samples);
    EXPECT_EQ(world.api().finish(recogniser.get(), drop_line, nullptr, &error), SOTTO_OK) << error.text;
  }
}

TEST_F(Hostile, PhrasesAreAnyText) {
  const auto create = [&](const std::vector<std::string>& phrases, uint32_t count) {
    std::vector<sotto_str> views;
    for (const std::string& phrase : phrases) views.push_back(str(phrase));
    auto options = sized<sotto_recogniser_options>();
    options.phrases = views.data();
    options.phrase_count = count;
    return make_recogniser(options);
  };
  EXPECT_EQ(create({"good night"}, 0), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(create({"good night"}, 70000), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(create({std::string(2000, 'a')}, 1), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(create({"晚安"}, 1), SOTTO_UNSUPPORTED);
  EXPECT_TRUE(error.says("晚安")) << error.text;
  EXPECT_EQ(create({"", "?!"}, 2), SOTTO_UNSUPPORTED);
  EXPECT_EQ(create({"\\end\\ ngram 1=5", "<s> </s>", "good night", std::string("a\0b", 3), "\xFF\xC3", "%s"}, 6), SOTTO_OK)
      << error.text;
  std::vector<std::string> many;
  for (int i = 0; i < 20000; ++i)
    many.push_back("turn on the light in the kitchen at " + std::string(i % 2 == 0 ? "night" : "noon"));
  EXPECT_EQ(create(many, 20000), SOTTO_OK) << error.text;
}

TEST_F(Hostile, AModelThatIsMissingOrDamagedIsAStatus) {
  auto options = sized<sotto_recogniser_options>();
  options.model_folder = sotto_cstr("/nowhere");
  EXPECT_EQ(make_recogniser(options), SOTTO_NOT_FOUND);
  EXPECT_TRUE(error.says("/nowhere")) << error.text;
  options.model_folder = {"/no\0where", 9};
  EXPECT_EQ(make_recogniser(options), SOTTO_NOT_FOUND);
  const std::string folder = fs::temp_directory_path() / ("sotto-speech-" + std::to_string(getpid()));
  options.model_folder = str(folder);
  for (const char* damaged : {"mdef", "means", "variances", "transition_matrices", "feat.params", "sendump"}) {
    fs::remove_all(folder);
    fs::copy("/usr/share/pocketsphinx/model/en-us", folder, fs::copy_options::recursive);
    std::ofstream(folder + "/en-us/" + damaged, std::ios::trunc) << "s3\nversion 1.0\nendhdr\ndamaged";
    const NoLeakCheck what_the_library_held_is_lost;
    const sotto_status status = make_recogniser(options);
    if (std::string(damaged) == "feat.params") continue;  // an unknown parameter is passed over
    EXPECT_TRUE(status == SOTTO_BAD_FILE || status == SOTTO_INTERNAL) << damaged << ": " << status;
    EXPECT_TRUE(error.says("PocketSphinx")) << error.text;
  }
  fs::remove_all(folder);
  EXPECT_EQ(make_recogniser(sized<sotto_recogniser_options>()), SOTTO_OK) << error.text;
}

// In a process of its own: the engine opens its data once.
TEST_F(Hostile, AVoiceWithoutItsDataIsAStatusAndTheNextHasIt) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  const auto live = [&] {
    auto voice = sized<sotto_voice_options>();
    voice.data_folder = sotto_cstr("/nowhere");
    bool is_right = make_voice(voice) == SOTTO_NOT_FOUND && error.says("/nowhere");
    is_right = is_right && make_voice(sized<sotto_voice_options>()) == SOTTO_OK;
    is_right = is_right && make_voice(voice) == SOTTO_MISMATCH && error.says("/nowhere");
    std::_Exit(is_right ? 0 : 1);
  };
  EXPECT_EXIT(live(), testing::ExitedWithCode(0), "");
}

TEST_F(Hostile, NothingIsPrinted) {
  testing::internal::CaptureStderr();
  testing::internal::CaptureStdout();
  {
    const RecogniserPtr recogniser = world.recogniser({"good night", "qwrtzk"});
    const VoicePtr voice = world.voice();
    (void)world.hear(recogniser, resampled(world.speak(voice, "good night 你好"), world.rate(voice), SOTTO_RECOGNISER_RATE));
    (void)world.finish(recogniser);
  }
  std::fflush(stdout);
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace sotto::speech_test

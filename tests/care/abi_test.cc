// The interface as an application calls it: answers, fixed texts, streams, heads, and what callers may get wrong.
#include <cmath>
#include <cstring>

#include "sentiment/tiny_model.h"
#include "world.h"

namespace sotto::care_test {
namespace {

class Abi : public testing::Test {
 protected:
  std::string text_of(uint32_t category, uint32_t language) {
    char buffer[4096];
    uint64_t size = 0;
    EXPECT_EQ(world.api().text(care.get(), category, language, buffer, sizeof buffer, &size, &error), SOTTO_OK) << error.text;
    return std::string(buffer, size);
  }
  // What of the pieces is said.
  std::string say(const std::vector<std::string>& pieces, sotto_care_result* result) {
    sotto_care_stream* stream = nullptr;
    EXPECT_EQ(world.api().stream_create(care.get(), &stream, &error), SOTTO_OK);
    std::string said;
    const auto take = [](void* user, sotto_str t) -> int32_t {
      static_cast<std::string*>(user)->append(t.data, t.size);
      return 0;
    };
    for (const std::string& piece : pieces)
      EXPECT_EQ(world.api().stream_feed(stream, {piece.data(), piece.size()}, take, &said, result, &error), SOTTO_OK);
    EXPECT_EQ(world.api().stream_finish(stream, take, &said, result, &error), SOTTO_OK);
    world.api().stream_destroy(stream);
    return said;
  }

  World world;
  CarePtr care = world.care();
  Error error;
};

TEST_F(Abi, AnAnswerHasACategoryALanguageAndAPlace) {
  const std::string text = "天气不错。我不想活了。";
  auto r = world.check(care, text);
  EXPECT_EQ(r.answer, SOTTO_CARE_SELF_HARM);
  EXPECT_EQ(r.language, SOTTO_CARE_ZH);
  EXPECT_EQ(r.severities[SOTTO_CARE_SELF_HARM], SOTTO_CARE_CONCERN);
  EXPECT_EQ(text.substr(r.begin, r.end - r.begin), "不想活");
  r = world.check(care, "turn on the light");
  EXPECT_EQ(r.answer, SOTTO_NONE);
  EXPECT_EQ(r.categories, 0u);
  EXPECT_EQ(r.language, SOTTO_CARE_EN);
  r = world.check(care, "are you a robot? call 13812345678");
  EXPECT_EQ(r.answer, SOTTO_CARE_MACHINE);
  EXPECT_EQ(r.categories, 1u << SOTTO_CARE_MACHINE | 1u << SOTTO_CARE_PERSONAL);
}

TEST_F(Abi, TheMakerDecidesWhatIsAnswered) {
  sotto_care_options options{};
  options.answer_from[SOTTO_CARE_SELF_HARM] = SOTTO_CARE_URGENT;
  options.answer_from[SOTTO_CARE_PERSONAL] = SOTTO_CARE_MENTION;
  const CarePtr strict = world.care(options);
  EXPECT_EQ(world.check(strict, "I want to die").answer, SOTTO_NONE);
  EXPECT_EQ(world.check(strict, "I wrote my suicide note").answer, SOTTO_CARE_SELF_HARM);
  EXPECT_EQ(world.check(strict, "call 13812345678").answer, SOTTO_CARE_PERSONAL);
}

TEST_F(Abi, FixedTextsAreTheMakersAndHaveNoInventedNumber) {
  for (uint32_t category = 0; category < SOTTO_CARE_CATEGORIES; ++category)
    for (const uint32_t language : {SOTTO_CARE_ZH, SOTTO_CARE_EN}) {
      const std::string text = text_of(category, language);
      EXPECT_GT(text.size(), 20u);
      EXPECT_EQ(text.find_first_of("0123456789"), std::string::npos) << text;
      EXPECT_EQ(world.check(care, text, SOTTO_CARE_FROM_MODEL).answer, SOTTO_NONE) << text;
    }
  EXPECT_NE(text_of(SOTTO_CARE_SELF_HARM, SOTTO_CARE_EN).find("{HELP}"), std::string::npos);
  EXPECT_NE(text_of(SOTTO_CARE_MACHINE, SOTTO_CARE_EN).find("machine"), std::string::npos);
  EXPECT_NE(text_of(SOTTO_CARE_MACHINE, SOTTO_CARE_ZH).find("机器"), std::string::npos);
  const std::string before = text_of(SOTTO_CARE_ADULT, SOTTO_CARE_ZH);
  const auto set = [&](sotto_str text) {
    return world.api().set_text(care.get(), SOTTO_CARE_ADULT, SOTTO_CARE_ZH, text, &error);
  };
  EXPECT_EQ(set(sotto_cstr("换一个吧")), SOTTO_OK);
  EXPECT_EQ(text_of(SOTTO_CARE_ADULT, SOTTO_CARE_ZH), "换一个吧");
  EXPECT_EQ(set(sotto_cstr("")), SOTTO_OK);
  EXPECT_EQ(text_of(SOTTO_CARE_ADULT, SOTTO_CARE_ZH), "");
  EXPECT_EQ(set({nullptr, 0}), SOTTO_OK);
  EXPECT_EQ(text_of(SOTTO_CARE_ADULT, SOTTO_CARE_ZH), before);
  EXPECT_EQ(set(sotto_cstr("\xFF")), SOTTO_INVALID_ARGUMENT);
  const std::string large(4097, 'a');
  EXPECT_EQ(set({large.data(), large.size()}), SOTTO_INVALID_ARGUMENT);
}

TEST_F(Abi, AStreamGivesEverythingThatIsHarmless) {
  const std::string text = "It will rain. 明天要下雨，记得带伞。The number 12 bus (s u n) is on time; kill the lights at 10.5!";
  for (size_t size = 1; size < 9; ++size) {
    std::vector<std::string> pieces;
    for (size_t at = 0; at < text.size(); at += size) pieces.push_back(text.substr(at, size));
    auto r = sized<sotto_care_result>();
    EXPECT_EQ(say(pieces, &r), text);
    EXPECT_EQ(r.answer, SOTTO_NONE);
  }
}

TEST_F(Abi, AMatchOverTheBorderOfPiecesIsStopped) {
  const std::string harmless = "Well, listen: ", harm = "you should kill yourself", rest = " tonight. Bye.";
  for (size_t size = 1; size < 20; ++size) {
    const std::string text = harmless + harm + rest;
    std::vector<std::string> pieces;
    for (size_t at = 0; at < text.size(); at += size) pieces.push_back(text.substr(at, size));
    auto r = sized<sotto_care_result>();
    const std::string said = say(pieces, &r);
    EXPECT_EQ(r.answer, SOTTO_CARE_SELF_HARM) << size;
    EXPECT_EQ(said.find("kill"), std::string::npos) << said;
    EXPECT_EQ(text.compare(0, said.size(), said), 0);
  }
  auto r = sized<sotto_care_result>();
  const std::string said = say({"我当然", "是真", "人啊"}, &r);
  EXPECT_EQ(r.answer, SOTTO_CARE_MACHINE);
  EXPECT_EQ(said.find("人"), std::string::npos);
}

TEST_F(Abi, AStreamHoldsBackNoMoreThanItsLimit) {
  sotto_care_options options{};
  options.hold_bytes = 64;
  care = world.care(options);
  sotto_care_stream* stream = nullptr;
  ASSERT_EQ(world.api().stream_create(care.get(), &stream, &error), SOTTO_OK);
  std::string said;
  const auto take = [](void* user, sotto_str t) -> int32_t {
    static_cast<std::string*>(user)->append(t.data, t.size);
    return 0;
  };
  for (size_t i = 1; i <= 300; ++i) {
    ASSERT_EQ(world.api().stream_feed(stream, sotto_cstr("4"), take, &said, nullptr, &error), SOTTO_OK);
    EXPECT_LE(i - said.size(), 64u);
  }
  const auto refuse = [](void*, sotto_str) -> int32_t { return 1; };
  EXPECT_EQ(world.api().stream_finish(stream, refuse, nullptr, nullptr, &error), SOTTO_CANCELLED);
  EXPECT_EQ(world.api().stream_feed(stream, sotto_cstr("ok now "), take, &said, nullptr, &error), SOTTO_OK);
  world.api().stream_destroy(stream);
}

TEST_F(Abi, WhatCallersGetWrongIsASentence) {
  const auto& api = world.api();
  auto r = sized<sotto_care_result>();
  sotto_care* made = nullptr;
  EXPECT_EQ(api.check(nullptr, sotto_cstr("a"), 0, nullptr, nullptr, &r, &error), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(api.check(care.get(), sotto_cstr("a"), 2, nullptr, nullptr, &r, &error), SOTTO_INVALID_ARGUMENT);
  r.struct_size = 0;
  EXPECT_EQ(api.check(care.get(), sotto_cstr("a"), 0, nullptr, nullptr, &r, &error), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(api.check(care.get(), {nullptr, 0}, 0, nullptr, nullptr, nullptr, nullptr), SOTTO_OK);
  EXPECT_EQ(api.create(world.self(), nullptr, nullptr, &error), SOTTO_INVALID_ARGUMENT);
  auto options = sized<sotto_care_options>();
  options.answer_from[1] = 9;
  EXPECT_EQ(api.create(world.self(), &options, &made, &error), SOTTO_INVALID_ARGUMENT);
  EXPECT_TRUE(error.says("answer_from[1] is 9")) << error.text;
  options = sized<sotto_care_options>();
  options.hold_bytes = 5;
  EXPECT_EQ(api.create(world.self(), &options, &made, &error), SOTTO_INVALID_ARGUMENT);
  options.hold_bytes = 0;
  options.head_confidence = NAN;
  EXPECT_EQ(api.create(world.self(), &options, &made, &error), SOTTO_INVALID_ARGUMENT);
  options.head_confidence = 0;
  options.rules = sotto_cstr("2 a");
  EXPECT_EQ(api.create(world.self(), &options, &made, &error), SOTTO_BAD_FILE);
  EXPECT_TRUE(error.says("before its category")) << error.text;
  EXPECT_EQ(made, nullptr);
  EXPECT_EQ(api.set_text(care.get(), 5, 1, {nullptr, 0}, &error), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(api.text(care.get(), 0, 3, nullptr, 0, nullptr, &error), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(api.stream_feed(nullptr, sotto_cstr("a"), nullptr, nullptr, nullptr, &error), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(api.stream_create(care.get(), nullptr, &error), SOTTO_INVALID_ARGUMENT);
  api.destroy(nullptr);
  api.stream_destroy(nullptr);
  char small[12] = "###########";
  uint32_t size = 8;  // an older caller knows struct_size and answer
  std::memcpy(small, &size, 4);
  EXPECT_EQ(
      api.check(care.get(), sotto_cstr("我想死"), 0, nullptr, nullptr, reinterpret_cast<sotto_care_result*>(small), &error),
      SOTTO_OK);
  EXPECT_STREQ(small + 8, "###");
}

TEST_F(Abi, ACallbackEndsTheList) {
  int calls = 0;
  const auto stop = [](void* user, const sotto_care_finding*) -> int32_t { return ++*static_cast<int*>(user); };
  std::string text;
  for (int i = 0; i < 50; ++i) text += "call 13812345678 now. ";
  EXPECT_EQ(world.api().check(care.get(), {text.data(), text.size()}, 0, stop, &calls, nullptr, &error), SOTTO_OK);
  EXPECT_EQ(calls, 1);
}

TEST_F(Abi, ACallbackMayCallBackIn) {
  struct Inside {
    World* world;
    const CarePtr* care;
    int calls;
  } inside = {&world, &care, 0};
  const auto again = [](void* user, const sotto_care_finding*) -> int32_t {
    auto* in = static_cast<Inside*>(user);
    ++in->calls;
    EXPECT_EQ(in->world->check(*in->care, "我不想活了").answer, SOTTO_CARE_SELF_HARM);
    return 0;
  };
  EXPECT_EQ(world.api().check(care.get(), sotto_cstr("call 13812345678"), 0, again, &inside, nullptr, &error), SOTTO_OK);
  EXPECT_EQ(inside.calls, 1);
}

TEST_F(Abi, TenMegabytesAreReadAndAStreamOfThemToo) {
  std::string text;
  while (text.size() < 10u << 20) text += "the lamp in the kitchen is on, 灯亮了。 ";
  text += "我不想活了";
  EXPECT_EQ(world.check(care, text).answer, SOTTO_CARE_SELF_HARM);
  auto r = sized<sotto_care_result>();
  std::vector<std::string> pieces;
  for (size_t at = 0; at < text.size(); at += 65536) pieces.push_back(text.substr(at, 65536));
  EXPECT_GT(say(pieces, &r).size(), 9u << 20);
  EXPECT_EQ(r.answer, SOTTO_CARE_SELF_HARM);
}

class Head : public Abi {
 protected:
  sotto_status open(const sentiment_test::HeadSpec& head, float confidence) {
    bytes = sentiment_test::model_bytes({head});
    auto source = sized<sotto_model_source>();
    source.kind = SOTTO_SOURCE_MEMORY;
    source.data = bytes.data();
    source.size = bytes.size();
    sotto_model* made = nullptr;
    EXPECT_EQ(sotto_model_open(world.runtime(), &source, nullptr, &made, &error), SOTTO_OK) << error.text;
    model.reset(made);
    auto options = sized<sotto_care_options>();
    options.model = made;
    options.head_confidence = confidence;
    sotto_care* object = nullptr;
    const sotto_status status = world.api().create(world.self(), &options, &object, &error);
    with_head = CarePtr(object, CareDeleter{&world.api()});
    return status;
  }
  struct ModelDeleter {
    void operator()(sotto_model* m) const { sotto_model_destroy(m); }
  };
  std::string bytes;
  std::unique_ptr<sotto_model, ModelDeleter> model;
  CarePtr with_head{nullptr, CareDeleter{nullptr}};
};

TEST_F(Head, ItsLabelsCountFromTheirConfidenceOn) {
  const sentiment_test::HeadSpec head{"care", {"violence", "none", "adult"}, 100, {}};
  ASSERT_EQ(open(head, 1e-6f), SOTTO_OK) << error.text;
  std::vector<sotto_care_finding> found;
  world.check(with_head, "what a day", SOTTO_CARE_FROM_USER, &found);
  ASSERT_EQ(found.size(), 2u);  // "none" is no finding
  EXPECT_EQ(found[0].category, SOTTO_CARE_VIOLENCE);
  EXPECT_EQ(found[1].category, SOTTO_CARE_ADULT);
  EXPECT_EQ(found[0].source, SOTTO_CARE_BY_HEAD);
  EXPECT_LT(found[0].probability + found[1].probability, 1.0f);
  EXPECT_EQ(found[0].end, 10u);
  found.clear();
  world.check(with_head, "what a day", SOTTO_CARE_FROM_MODEL, &found);
  EXPECT_TRUE(found.empty());
  with_head.reset();
  ASSERT_EQ(open(head, 1), SOTTO_OK);
  EXPECT_EQ(world.check(with_head, "what a day").categories, 0u);
  EXPECT_EQ(world.check(with_head, std::string(9000, 'a')).categories, 0u);  // longer than the context
  with_head.reset();
}

TEST_F(Head, AnUnknownLabelIsNamed) {
  EXPECT_EQ(open({"care", {"none", "weather"}, 1, {}}, 0), SOTTO_UNSUPPORTED);
  EXPECT_TRUE(error.says("\"weather\"")) << error.text;
}

TEST_F(Head, AModelWithoutOneIsReadByRules) {
  ASSERT_EQ(open({"other", {"a", "b"}, 1, {}}, 0), SOTTO_OK) << error.text;
  EXPECT_EQ(world.check(with_head, "I want to die").answer, SOTTO_CARE_SELF_HARM);
  with_head.reset();
}

}  // namespace
}  // namespace sotto::care_test

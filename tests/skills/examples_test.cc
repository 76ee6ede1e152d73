// The assistant on a model without heads: likeness to examples decides, typed values fill the arguments, a manual is quoted.
#include <gtest/gtest.h>

#include <array>

#include "world.h"

namespace sotto::skills_test {
namespace {

constexpr const char* kTimer =
    R"({"type": "object", "properties": {"duration": {"type": "number"}}, "required": ["duration"]})";
constexpr const char* kNothing = R"({"type": "object", "properties": {}})";

struct Plain : World {
  Plain() : World(model_bytes({}), kBareDomain) {
    add("timer.start", kTimer, {"{duration}倒计时", "定时{duration}", "set a timer for {duration}", "timer {duration}"});
    add("light.on", kNothing, {"开灯", "把灯打开", "turn on the light", "light on please"});
  }
  sotto_status set_manual(uint32_t language, const std::string& text, sotto_error* err = nullptr) {
    return api().set_manual(assistant(), language, str(text), err);
  }
};

TEST(WithoutHeads, ExamplesChooseTheFunction) {
  Plain world;
  for (const auto& [words, name, arguments] :
       std::vector<std::array<std::string, 3>>{{"set a timer for five minutes", "timer.start", R"({"duration":300})"},
                                               {"定时十分钟", "timer.start", R"({"duration":600})"},
                                               {"turn on the light", "light.on", "{}"},
                                               {"把灯打开", "light.on", "{}"}}) {
    (void)world.say(words);
    const auto calls = world.take_calls();
    ASSERT_EQ(calls.size(), 1u) << words;
    EXPECT_EQ(calls[0].first, name) << words;
    EXPECT_EQ(calls[0].second, arguments) << words;
  }
}

TEST(WithoutHeads, WhatNoExampleIsLikeIsNotUnderstood) {
  Plain world;
  for (const char* words : {"my grandmother paints boats", "昨天的球赛真精彩"}) {
    const Said said = world.say(words);
    EXPECT_TRUE(world.take_calls().empty()) << words;
    EXPECT_NE(said.result.flags & (SOTTO_ASSISTANT_UNCLEAR | SOTTO_ASSISTANT_NO_SCOPE), 0u) << words;
  }
}

TEST(WithoutHeads, SmallTalkIsRetrieved) {
  Plain world;
  const Said said = world.say("hello there");
  EXPECT_EQ(said.text, "Hello!");
  EXPECT_EQ(said.result.source, SOTTO_ANSWER_RETRIEVED);
}

constexpr const char* kEnglish =
    "# Lamp\nTurn the knob to the left until it clicks.\n\n# Water\nThe speaker withstands rain,\nnot a bath.\n\n"
    "# Reset\nHold the button for ten seconds to set the speaker back to how it came.\n";
constexpr const char* kChinese = "# 重置\n按住按键十秒，音箱会恢复出厂设置。\n\n# 防水\n音箱可以淋雨，不能泡水。\n";

TEST(Manual, APassageIsQuotedWithItsTitle) {
  Plain world;
  ASSERT_EQ(world.set_manual(SOTTO_ASSISTANT_EN, kEnglish), SOTTO_OK);
  ASSERT_EQ(world.set_manual(SOTTO_ASSISTANT_ZH, kChinese), SOTTO_OK);
  for (const auto& [words, quote] : std::vector<std::pair<std::string, std::string>>{
           {"how do I reset the speaker?", "Hold the button for ten seconds to set the speaker back to how it came."},
           {"what happens if it gets into water or rain?", "The speaker withstands rain, not a bath."},
           {"怎么恢复出厂设置", "按住按键十秒，音箱会恢复出厂设置。"},
           {"为什么不能泡水", "音箱可以淋雨，不能泡水。"}}) {
    const Said said = world.say(words);
    EXPECT_NE(said.text.find(quote), std::string::npos) << words << ": " << said.text;
    EXPECT_EQ(said.result.source, SOTTO_ANSWER_RETRIEVED) << words;
    EXPECT_STREQ(said.result.intent, "manual") << words;
  }
}

TEST(Manual, OrdersAndOtherQuestionsAreNotAnsweredFromIt) {
  Plain world;
  ASSERT_EQ(world.set_manual(SOTTO_ASSISTANT_EN, kEnglish), SOTTO_OK);
  (void)world.say("turn on the light");
  EXPECT_EQ(world.take_calls().size(), 1u);
  for (const char* words : {"how do I bake bread", "who won the match", "如何学游泳"})
    EXPECT_STRNE(world.say(words).result.intent, "manual") << words;
}

TEST(Manual, BrokenOnesAreRefusedAndTheOldOneStays) {
  Plain world;
  ASSERT_EQ(world.set_manual(SOTTO_ASSISTANT_EN, kEnglish), SOTTO_OK);
  auto err = sized<sotto_error>();
  EXPECT_EQ(world.set_manual(SOTTO_ASSISTANT_EN, "# Long\n" + std::string(1001, 'x'), &err), SOTTO_INVALID_ARGUMENT);
  EXPECT_NE(std::string(err.text).find("1001"), std::string::npos) << err.text;
  EXPECT_EQ(world.set_manual(SOTTO_ASSISTANT_EN, std::string((1 << 20) + 1, ' ')), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(world.set_manual(7, kEnglish), SOTTO_INVALID_ARGUMENT);
  EXPECT_STREQ(world.say("how do I reset the speaker?").result.intent, "manual");
  ASSERT_EQ(world.set_manual(SOTTO_ASSISTANT_EN, ""), SOTTO_OK);
  EXPECT_STRNE(world.say("how do I reset the speaker?").result.intent, "manual");
}

TEST(Manual, BracesInItAreData) {
  Plain world;
  ASSERT_EQ(world.set_manual(SOTTO_ASSISTANT_EN, "# Codes\nThe code {name} opens the {title} menu.\n"), SOTTO_OK);
  EXPECT_NE(world.say("how do I open the codes menu").text.find("The code {name} opens the {title} menu."), std::string::npos);
}

}  // namespace
}  // namespace sotto::skills_test

// What was misheard: mended by what is usually said here, left alone where it may be a name, and harmless whatever it is.
#include "assistant/mishearing.h"

#include <gtest/gtest.h>

#include <chrono>

#include "rig.h"

namespace sotto::assistant {
namespace {

using assistant_test::fixture_path;
using assistant_test::read_text;

struct Mishearing : testing::Test {
  const Domain domain = Domain::read(read_text(fixture_path("assistant.json")));
  const Home home = Home::read(read_text(fixture_path("home.json")));
  const Functions functions;
  const Phrases zh{domain, home, functions, Language::kZh}, en{domain, home, functions, Language::kEn};
};

TEST_F(Mishearing, IsMendedByWhatIsUsuallySaid) {
  const std::pair<const char*, const char*> kCases[] = {{"turn on thekitchen lighr", "turn on the kitchen light"},
                                                        {"tur noff the hall light", "turn off the hall light"},
                                                        {"set a timrr for ten minutes", "set a timer for ten minutes"},
                                                        {"open the livingroom curtains", "open the living room curtains"}};
  for (const auto& [heard, meant] : kCases) {
    const Repair repair = repaired(en, heard);
    EXPECT_EQ(repair.text, meant);
    EXPECT_GT(repair.gain, 0) << heard;
    EXPECT_GT(repair.errors, 0u) << heard;
  }
  const std::pair<const char*, const char*> kChinese[] = {
      {"打开厨样的灯", "打开厨房的灯"}, {"把卧室天调设为27度", "把卧室空调设为27度"}, {"继帮续播放", "继续播放"}};
  for (const auto& [heard, meant] : kChinese) EXPECT_EQ(repaired(zh, heard).text, meant);
}

TEST_F(Mishearing, WhatIsRightStays) {
  for (const char* text : {"turn on the kitchen light", "Set a timer for 10 minutes!", "call Marina",
                           "play Yesterday by the Beatles", "remind me to phone Siobhan tomorrow"}) {
    const Repair repair = repaired(en, text);
    EXPECT_EQ(repair.text, text);
    EXPECT_EQ(repair.gain, 0) << text;
  }
  for (const char* text : {"打开客厅的灯", "定一个十分钟的计时器", "不是客厅，是卧室"})
    EXPECT_EQ(repaired(zh, text).text, text);
}

// What was made likelier counts its errors: nothing is mended that costs more than it brings.
TEST_F(Mishearing, AnyTextIsReadInTime) {
  std::string all;
  for (int i = 0; i < 4000; ++i) all += "灯light ";
  const auto start = std::chrono::steady_clock::now();
  for (const std::string& text : {std::string(), std::string("\xff\xfe\x80"), std::string(" ' . , "), all,
                                  std::string(119, 'a'), std::string("\xE7\x81"), std::string("0123456789:%")})
    for (const Phrases* phrases : {&zh, &en}) {
      const Repair repair = repaired(*phrases, text);
      EXPECT_TRUE(repair.gain > 0 || repair.text == text);
    }
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

TEST(Phrases, OfNothingAreNone) {
  const Domain domain = Domain::read(R"({"format": "sotto.assistant", "version": 1})");
  const Phrases phrases(domain, Home(), Functions(), Language::kZh);
  EXPECT_EQ(repaired(phrases, "打开灯").text, "打开灯");
}

}  // namespace
}  // namespace sotto::assistant

// What a text says about itself without a model.
#include "text_signs.h"

#include <gtest/gtest.h>

#include <string>

#include "sotto/sentiment.h"

namespace sotto::sentiment {
namespace {

TEST(TextSigns, TheLanguageIsThatOfTheWords) {
  const struct {
    const char* text;
    uint32_t language;
    bool is_chinese;
  } cases[] = {
      {"turn off the light", SOTTO_SENTIMENT_LANGUAGE_EN, false},
      {"把灯关了", SOTTO_SENTIMENT_LANGUAGE_ZH, true},
      {"把meeting改到下午三点", SOTTO_SENTIMENT_LANGUAGE_MIXED, true},
      {"play 稻香 in the kitchen", SOTTO_SENTIMENT_LANGUAGE_MIXED, false},
      {"今天的会议改到下午三点了，地点还是二楼会议室 ok", SOTTO_SENTIMENT_LANGUAGE_ZH, true},
      {"café déjà vu", SOTTO_SENTIMENT_LANGUAGE_EN, false},
      {"😡😡 12:30", SOTTO_SENTIMENT_LANGUAGE_UNKNOWN, false},
      {"", SOTTO_SENTIMENT_LANGUAGE_UNKNOWN, false},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(look_at(c.text).language, c.language) << c.text;
    EXPECT_EQ(look_at(c.text).is_chinese, c.is_chinese) << c.text;
  }
}

TEST(TextSigns, DegreeRisesAndFallsWithItsSigns) {
  const float plain = look_at("I am tired").degree;
  EXPECT_FLOAT_EQ(plain, 0.6f);
  for (const char* stronger : {"I am very tired", "I am tired!", "I am TIRED", "I am tiiired", "I am tired 😪😪", "我太累了",
                               "so, tired", "非常累", "Really tired"})
    EXPECT_FLOAT_EQ(look_at(stronger).degree, 0.75f) << stronger;
  for (const char* weaker : {"I am a bit tired", "slightly tired", "有点累", "略累"})
    EXPECT_FLOAT_EQ(look_at(weaker).degree, 0.45f) << weaker;
  EXPECT_FLOAT_EQ(look_at("I am SO VERY tired!!!!!!!!!!!!!").degree, 1.0f);
  for (const char* same : {"every sofa is soft", "I am OK", "book 111 rooms", "😪", "大大 小小"})
    EXPECT_FLOAT_EQ(look_at(same).degree, plain) << same;
}

TEST(TextSigns, BytesThatAreNoTextArePassedOver) {
  for (const std::string& text : {std::string("\xff\xfe\xe4\xbd"), std::string("\xf0\x9f"), std::string("a\0b", 3),
                                  std::string("\xe4"), std::string("\xed\xa0\x80"), std::string("\xc0\xaf")}) {
    const TextSigns signs = look_at(text);
    EXPECT_FALSE(signs.is_blank);
    EXPECT_GE(signs.degree, 0.2f);
    EXPECT_LE(signs.degree, 1.0f);
  }
  for (const char* blank : {"", "  \t\n", "　"}) EXPECT_TRUE(look_at(blank).is_blank);
}

TEST(TextSigns, ATailBeginsWithAWholeCharacter) {
  EXPECT_EQ(tail("abc", 5), "abc");
  EXPECT_EQ(tail("abc", 2), "bc");
  EXPECT_EQ(tail("好的", 3), "的");
  EXPECT_EQ(tail("好的", 4), "的");
  EXPECT_EQ(tail("好的", 5), "的");
  EXPECT_EQ(tail("好的", 2), "");
  EXPECT_EQ(tail("abc", 0), "");
}

}  // namespace
}  // namespace sotto::sentiment

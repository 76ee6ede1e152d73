// What the plugin makes of text and of phrases before an engine has them.
#include "phrase_model.h"
#include "sotto/speech.h"
#include "text_parts.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <map>
#include <random>
#include <sstream>

namespace sotto::speech {
namespace {

// "zh:你好 en:hello": the parts, languages before their texts.
std::vector<std::string> parts_of(const std::string& text, uint32_t language = 0) {
  std::vector<std::string> parts;
  TextParts reader(text, language);
  uint64_t before = 0;
  for (TextPart part; reader.next(&part); before = part.end) {
    EXPECT_GT(part.end, before);
    EXPECT_LE(part.end, text.size());
    EXPECT_LE(part.text.size(), 304u);
    parts.push_back((part.language == SOTTO_SPEECH_ZH ? "zh:" : "en:") + part.text);
  }
  return parts;
}

using Parts = std::vector<std::string>;

TEST(TextParts, EachRunHasItsLanguage) {
  const struct {
    const char* text;
    Parts parts;
  } kCases[] = {
      {"", {}},
      {"...，。 \n", {}},
      {"hello", {"en:hello"}},
      {"打开灯", {"zh:打开灯"}},
      {"打开TV吧", {"zh:打开", "en:TV", "zh:吧"}},
      {"Hello你好world", {"en:Hello", "zh:你好", "en:world"}},
      {"20度", {"zh:20度"}},  // numbers in the language of the words before, else behind
      {"现在20点", {"zh:现在20点"}},
      {"set 20 点", {"en:set 20 ", "zh:点"}},
      {"1 2 3", {"en:1 2 3"}},
      {"One. Two! Three?", {"en:One.", "en: Two!", "en: Three?"}},
      {"好的。再见！", {"zh:好的。", "zh:再见！"}},
      {"3.5 degrees", {"en:3.5 degrees"}},  // no end of a sentence
      {"café naïve", {"en:café naïve"}},
  };
  for (const auto& c : kCases) EXPECT_EQ(parts_of(c.text), c.parts) << c.text;
}

TEST(TextParts, AGivenLanguageHoldsForAll) {
  EXPECT_EQ(parts_of("打开TV吧", SOTTO_SPEECH_ZH), (Parts{"zh:打开TV吧"}));
  EXPECT_EQ(parts_of("打开TV", SOTTO_SPEECH_EN), (Parts{"en:打开TV"}));
}

TEST(TextParts, WhatIsNoTextIsDropped) {
  EXPECT_EQ(parts_of(std::string("a\0b\x01\x7F"
                                 "c\td\re",
                                 10)),
            (Parts{"en:a b c d e"}));
  EXPECT_EQ(parts_of("a\xFF\xC0\x80"
                     "b\xE4\xBD"),
            (Parts{"en:ab"}));
  EXPECT_EQ(parts_of("\xED\xA0\x80\xF4\x90\x80\x80"), Parts{});  // a surrogate, beyond the last character
  EXPECT_EQ(parts_of("a\xE2\x80\x8B\xEF\xBB\xBF"
                     "b"),
            (Parts{"en:ab"}));  // zero-width space, byte order mark
}

TEST(TextParts, ALongSentenceIsCutBetweenWordsAndNothingIsLost) {
  std::string text, joined;
  for (int i = 0; i < 500; ++i) text += "word" + std::to_string(i) + " ";
  for (const std::string& part : parts_of(text)) {
    EXPECT_EQ(part.back(), ' ');
    joined += part.substr(3);
  }
  EXPECT_EQ(joined, text);
  std::string one;
  for (int i = 0; i < 1000; ++i) one += "长";
  joined.clear();
  for (const std::string& part : parts_of(one)) joined += part.substr(3);
  EXPECT_EQ(joined, one);
}

TEST(TextParts, AnyBytesComeToAnEnd) {
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    std::string text(random() % 700, '\0');
    for (char& c : text)
      c = static_cast<char>(random() % 3 == 0 ? "\xE4\xBD\xA0 a.\n"[random() % 7] : static_cast<char>(random() % 256));
    SCOPED_TRACE(round);
    for (const std::string& part : parts_of(text)) EXPECT_EQ(part.find('\0'), std::string::npos);
  }
}

TEST(Phrases, WordsAreSmallAndPartedBySigns) {
  EXPECT_EQ(words_of("Turn on the TV, please! What's up? 5-minute 'x'"),
            (Parts{"turn", "on", "the", "tv", "please", "what's", "up", "5", "minute", "x'"}));
  EXPECT_EQ(words_of("\\data\\ <s> </s> \n"), (Parts{"data", "s", "s"}));
}

// Each history's words and what backs off sum to 1, which every use of the model rests on.
TEST(Phrases, TheModelIsADistribution) {
  const std::vector<std::string> phrases = {
      "turn on the light", "turn on the lamp", "turn off the light", "stop", "turn on", "", "!"};
  const PhraseModel model = model_of(phrases, [](const std::string& word) { return word != "lamp"; });
  EXPECT_EQ(model.phrases, 4u);
  EXPECT_EQ(model.skipped, 1u);
  EXPECT_EQ(model.unknown, "lamp");
  std::istringstream in(model.arpa);
  std::map<std::string, double> probability, back_off;
  size_t order = 0;
  for (std::string line; std::getline(in, line);) {
    if (line.size() > 7 && line.substr(2) == "-grams:") order = static_cast<size_t>(line[1] - '0');
    std::istringstream cells(line);
    double value = 0;
    if (order == 0 || !(cells >> value)) continue;
    std::string gram, word;
    for (size_t i = 0; i < order && cells >> word; ++i) gram += (i == 0 ? "" : " ") + word;
    probability[gram] = std::pow(10, value);
    if (order < 3 && cells >> value) back_off[gram] = std::pow(10, value);
  }
  std::vector<std::string> words;
  for (const auto& [gram, p] : probability)
    if (gram.find(' ') == std::string::npos && gram != "<s>") words.push_back(gram);
  ASSERT_EQ(words.size(), 7u);  // turn on the light off stop </s>
  const std::function<double(std::string, const std::string&)> p_of = [&](std::string history,
                                                                          const std::string& word) -> double {
    if (history.empty()) return probability.at(word);
    if (const auto at = probability.find(history + " " + word); at != probability.end()) return at->second;
    const auto weight = back_off.find(history);
    const size_t space = history.find(' ');
    return (weight == back_off.end() ? 1 : weight->second) *
           p_of(space == std::string::npos ? "" : history.substr(space + 1), word);
  };
  for (const char* history : {"", "<s>", "turn", "<s> turn", "turn on", "on the", "stop", "off the"}) {
    double sum = 0;
    for (const std::string& word : words) sum += p_of(history, word);
    EXPECT_NEAR(sum, 1, 2e-3) << history;  // four digits of logarithms
  }
  EXPECT_GT(p_of("turn on", "the"), p_of("turn off", "on"));
}

TEST(Phrases, NoneIsNoModel) {
  EXPECT_EQ(model_of({"", "lamp"}, [](const std::string&) { return false; }).arpa, "");
}

}  // namespace
}  // namespace sotto::speech

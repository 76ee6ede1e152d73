// The challenge sets are what they promise: enough cases of every kind in both languages, none twice.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>
#include <sstream>

namespace sotto::sentiment_test {
namespace {

TEST(Challenge, FortyCasesAndMoreALanguageOfEveryKind) {
  const std::set<std::string> labels = {"negative", "neutral", "positive"};
  for (const char* language : {"zh", "en"}) {
    std::ifstream in(std::string(SOTTO_SOURCE_DIR) + "/tests/sentiment/challenge/" + language + ".tsv");
    std::map<std::string, size_t> kinds;
    std::set<std::string> texts;
    size_t cases = 0;
    for (std::string line; std::getline(in, line);) {
      if (line[0] == '#') continue;
      std::istringstream fields(line);
      std::string kind, label, emotion, degree, text;
      for (std::string* field : {&kind, &label, &emotion, &degree, &text})
        ASSERT_TRUE(std::getline(fields, *field, '\t')) << line;
      EXPECT_EQ(labels.count(label), 1u) << line;
      EXPECT_TRUE(texts.insert(text).second) << text;
      ++kinds[kind];
      ++cases;
    }
    EXPECT_GE(cases, 40u) << language;
    for (const char* kind : {"negation", "sarcasm", "emoji", "mixed", "intensity", "device", "life"})
      EXPECT_GE(kinds[kind], 8u) << language << " " << kind;
  }
}

}  // namespace
}  // namespace sotto::sentiment_test

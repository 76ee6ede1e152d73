// The hand-written cases: how many there are, how many are found, what must not alarm.
#include <gtest/gtest.h>

#include <set>

#include "cases.h"

namespace sotto::care_test {
namespace {

std::string file(const std::string& name) { return std::string(SOTTO_SOURCE_DIR) + "/tests/care/" + name + ".tsv"; }

class Cases : public testing::Test {
 protected:
  // Of the cases that expect `only`, or all.
  Score score(const std::string& name, bool is_unseen, const std::string& only) {
    Score all;
    for (const Case& c : read_cases(file(name))) {
      if (c.is_unseen != is_unseen || (!only.empty() && c.expected != only)) continue;
      if (!judge(*care, c, &all)) missed += c.text + " -> " + names_of(found_in(*care, c.text)) + "\n";
    }
    return all;
  }
  void expect_share(const std::string& name, double least, const std::string& only = "") {
    for (const bool is_unseen : {false, true}) {
      missed.clear();
      const Score s = score(name, is_unseen, only);
      EXPECT_GE(static_cast<double>(s.right), least * static_cast<double>(s.cases)) << name << "\n" << missed;
    }
  }

  const care::Services services = no_services();
  const std::unique_ptr<care::Care> care = make_care(services);
  std::string missed;
};

TEST_F(Cases, TwoHundredALanguageAndNoneTwice) {
  for (const auto& [name, least] :
       {std::pair{"self_harm.zh", 200u}, {"self_harm.en", 200u}, {"near.zh", 100u}, {"near.en", 100u}}) {
    const std::vector<Case> cases = read_cases(file(name));
    std::set<std::string> texts;
    for (const Case& c : cases) EXPECT_TRUE(texts.insert(c.text).second) << c.text;
    EXPECT_GE(cases.size(), least) << name;
  }
}

TEST_F(Cases, SelfHarmIsFoundInNinetyFiveOfAHundred) {
  expect_share("self_harm.zh", 0.95);
  expect_share("self_harm.en", 0.95);
}

TEST_F(Cases, IdiomsSongsGamesNewsAndCommandsDoNotAlarm) {
  expect_share("near.zh", 0.97);
  expect_share("near.en", 0.97);
}

// By a writer who had seen nothing of what finds them.
TEST_F(Cases, SelfHarmInAnothersWordsIsFoundInNinetyFiveOfAHundred) {
  expect_share("second_writer.zh", 0.95, "self_harm");
  expect_share("second_writer.en", 0.95, "self_harm");
}

// Rules and weights were made with these: that they are still found says that nothing was lost, not how well others are.
TEST_F(Cases, WhatRulesAndWeightsWereMadeWithIsFound) {
  for (const char* name : {"fresh.zh", "fresh.en", "last.zh", "last.en", "tune.zh", "tune.en"}) expect_share(name, 0.95);
}

TEST_F(Cases, TheOtherCategoriesAreFound) {
  expect_share("other.zh", 0.95);
  expect_share("other.en", 0.95);
}

// Sentences that other tests use: commands with values and moods. None is of self-harm.
TEST_F(Cases, SentencesOfOtherTestsDoNotAlarm) {
  size_t texts = 0, alarms = 0;
  for (const char* name : {"values/zh.tsv", "values/en.tsv"}) {
    std::ifstream in(std::string(SOTTO_SOURCE_DIR) + "/tests/unit/" + name);
    for (std::string line; std::getline(in, line);) {
      if (line.empty() || line[0] == '#') continue;
      ++texts;
      const uint32_t found = found_in(*care, line.substr(0, line.find('\t')));
      alarms += (found & ~(1u << SOTTO_CARE_PERSONAL)) != 0 ? 1 : 0;
    }
  }
  EXPECT_GT(texts, 500u);
  EXPECT_LE(alarms * 100, texts);
}

}  // namespace
}  // namespace sotto::care_test

// What the drafter guesses, when it stays silent, and that nothing it is told makes it read outside of the text.
#include "run/drafter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace sotto {
namespace {

using std::chrono::microseconds;

constexpr uint32_t kContext = 4096;

class Drafting : public testing::Test {
 protected:
  // The text goes on with `token`.
  void say(uint32_t token) {
    tokens.push_back(token);
    drafter.follow(Span<const uint32_t>(tokens));
  }
  void read(const std::vector<uint32_t>& text) {
    tokens = text;
    drafter.read(Span<const uint32_t>(tokens), kContext);
  }
  std::vector<uint32_t> draft(uint32_t most = Drafter::kMost) {
    const auto d = drafter.draft(Span<const uint32_t>(tokens), most);
    return {d.begin(), d.end()};
  }
  // A step of `rows` rows takes 1 ms and `extra` of it for each further row.
  void cost(double extra) {
    for (int i = 0; i < 50; ++i) {
      drafter.took(1, microseconds(1000));
      drafter.took(5, microseconds(static_cast<int>(1000 * (1 + 4 * extra))));
    }
  }

  Drafter drafter;
  std::vector<uint32_t> tokens;
};

TEST_F(Drafting, WhatStoodBehindTheSameWordsOnceTheFirstGuessWasRight) {
  read({1, 2, 3, 4, 5, 6, 7, 8, 9, 50, 1, 2});
  cost(0.1);
  EXPECT_TRUE(draft().empty());  // nothing is known of its guesses yet
  say(3);                        // as guessed
  EXPECT_EQ(draft(4).at(0), 4u);
  say(4);
  EXPECT_EQ(draft(3), (std::vector<uint32_t>{5, 6, 7}));
}

TEST_F(Drafting, ALoopGoesOnWithItself) {
  read({7, 8, 9, 7, 8, 9, 7, 8});
  cost(0.05);
  draft();
  say(9), draft(), say(7), draft(), say(8);
  const auto d = draft(7);
  ASSERT_GE(d.size(), 4u);
  for (size_t i = 0; i < d.size(); ++i) EXPECT_EQ(d[i], (std::vector<uint32_t>{9, 7, 8}[i % 3])) << i;
}

TEST_F(Drafting, SilentWhereGuessesAreWrong) {
  // The pair 1 2 comes back all the time, each time with something else behind it.
  read({});
  cost(0.1);
  uint32_t guessed = 0;
  for (uint32_t i = 0; i < 300; ++i) {
    for (const uint32_t t : {1u, 2u, 1000 + i}) {
      guessed += !draft().empty();
      say(t);
    }
  }
  EXPECT_LE(guessed, 3u);
}

TEST_F(Drafting, SilentWhereRowsAreDear) {
  read({7, 8, 9, 7, 8, 9, 7, 8});
  cost(1.5);
  for (const uint32_t t : {9u, 7u, 8u, 9u, 7u, 8u, 9u}) {
    EXPECT_TRUE(draft().empty());
    say(t);
  }
}

TEST_F(Drafting, NothingOfWhatWasTakenBack) {
  read({1, 2, 3, 4, 5, 6, 1, 2});
  cost(0.1);
  draft(), say(3), draft(), say(4);
  ASSERT_FALSE(draft().empty());
  tokens.resize(3);
  drafter.rewind(3);
  for (const uint32_t t : {60u, 61u, 62u, 1u, 2u}) say(t);
  const auto d = draft(2);
  EXPECT_TRUE(d.empty() || d == (std::vector<uint32_t>{3, 60}));
}

// Texts, rewinds and prompts as they come: what is guessed always stood behind the same last tokens.
TEST_F(Drafting, EveryGuessStoodThere) {
  std::mt19937 generator(1);
  const auto random = [&](size_t below) { return static_cast<uint32_t>(generator() % below); };
  read({});
  cost(0.02);
  uint32_t guesses = 0;
  for (int i = 0; i < 20000; ++i) {
    if (random(50) == 0) {
      tokens.resize(random(tokens.size() + 1));
      drafter.rewind(static_cast<uint32_t>(tokens.size()));
    } else if (random(50) == 0) {
      for (uint32_t n = random(20); n > 0; --n) tokens.push_back(random(5));
      drafter.read(Span<const uint32_t>(tokens), kContext);
    } else {
      say(random(5));
    }
    const auto d = draft(3);
    if (d.empty()) continue;
    ++guesses;
    std::vector<uint32_t> wanted(tokens.end() - 2, tokens.end());
    wanted.push_back(d[0]);
    ASSERT_NE(std::search(tokens.begin(), tokens.end(), wanted.begin(), wanted.end()), tokens.end()) << i;
  }
  EXPECT_GT(guesses, 100u);
}

}  // namespace
}  // namespace sotto

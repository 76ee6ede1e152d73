#include "run/stop_rules.h"

#include <gtest/gtest.h>

#include <random>

namespace sotto {
namespace {

// Everything shown for pieces of text, with "|" behind each piece's part.
std::string shown(StopRules& rules, const std::vector<std::string>& pieces) {
  std::string out;
  for (const auto& p : pieces) out += std::string(rules.add(p)) + "|";
  if (!rules.stopped()) out += std::string(rules.finish());
  return out;
}

TEST(StopRules, HoldsBackWhatMayBecomeAStop) {
  const struct {
    std::vector<std::string> stops, pieces;
    const char* expected;
    bool stopped;
  } cases[] = {
      {{}, {"ab", "c"}, "ab|c|", false},
      {{"END"}, {"a E", "N", "D b"}, "a |||", true},
      {{"END"}, {"a E", "N", "O"}, "a ||ENO|", false},
      {{"END"}, {"a E"}, "a |E", false},
      {{"aab"}, {"aa", "a", "b"}, "|a||", true},
      {{"xy", "y"}, {"xy"}, "|", true},
      {{"</s>", "<"}, {"a</s>"}, "a|", true},
      {{"。完"}, {"好。", "完了"}, "好||", true},
      {{""}, {"a"}, "a|", false},
  };
  for (const auto& c : cases) {
    StopRules rules(c.stops);
    EXPECT_EQ(shown(rules, c.pieces), c.expected);
    EXPECT_EQ(rules.stopped(), c.stopped);
  }
}

TEST(StopRules, AgreesWithASearchInTheWholeText) {
  std::mt19937 random(20261124);
  const auto letters = [&](size_t most) {
    std::string s;
    for (size_t n = random() % most + 1; n > 0; --n) s += "ab"[random() % 2];
    return s;
  };
  for (int round = 0; round < 20000; ++round) {
    std::vector<std::string> stops, pieces;
    for (size_t n = random() % 3; n > 0; --n) stops.push_back(letters(5));
    std::string all;
    for (size_t n = random() % 8; n > 0; --n) all += pieces.emplace_back(letters(4));
    StopRules rules(stops);
    std::string out;
    for (const auto& p : pieces) out += rules.add(p);
    if (!rules.stopped()) out += rules.finish();
    // What is complete first ends the text, the longest of those.
    size_t first = all.size(), end = std::string::npos;
    for (const auto& s : stops) {
      const size_t at = all.find(s);
      if (at == std::string::npos || at + s.size() > end || (at + s.size() == end && at >= first)) continue;
      first = at;
      end = at + s.size();
    }
    EXPECT_EQ(out, all.substr(0, first)) << "text " << all << ", round " << round;
  }
}

}  // namespace
}  // namespace sotto

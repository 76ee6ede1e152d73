// Automata: characters cut into bytes, complements, spans of a text.
#include "text/grammar/automaton.h"

#include <gtest/gtest.h>

#include <random>

#include "text/grammar/spans.h"
#include "text/unicode.h"

namespace sotto::grammar {
namespace {

std::vector<uint32_t> bytes_of(std::string_view text) {
  std::vector<uint32_t> out;
  for (const char c : text) out.push_back(static_cast<uint8_t>(c));
  return out;
}

std::vector<uint32_t> code_points_of(std::string_view text) {
  std::vector<uint32_t> out;
  for (size_t at = 0; at < text.size();) {
    const Character c = decode_character(text, at);
    out.push_back(c.code_point);
    at += c.bytes;
  }
  return out;
}

TEST(Automaton, ReadsExactlyTheCharactersOfARange) {
  constexpr uint32_t kEdges[] = {0,       1,       0x7E,    0x7F,    0x80,    0x81,     0xBF,     0xC0,    0x7FE,
                                 0x7FF,   0x800,   0x801,   0xFFF,   0x1000,  0xD7FF,   0xE000,   0xFFFE,  0xFFFF,
                                 0x10000, 0x10001, 0x3FFFF, 0x40000, 0xFFFFF, 0x100000, 0x10FFFE, 0x10FFFF};
  std::mt19937 random(3);
  std::vector<uint32_t> points(std::begin(kEdges), std::end(kEdges));
  for (int i = 0; i < 60; ++i) points.push_back(static_cast<uint32_t>(random() % 0x10FFFF));
  for (int i = 0; i < 150; ++i) {
    uint32_t first = points[random() % points.size()], last = points[random() % points.size()];
    if (first > last) std::swap(first, last);
    Syntax syntax;
    const auto a = build(syntax, syntax.chars({{first, last}}), Symbols::kBytes, {});
    ASSERT_TRUE(a);
    for (const uint32_t p : points) {
      for (const uint32_t c : {p, p ? p - 1 : 0, std::min(p + 1, kLastCodePoint)}) {
        if (c >= 0xD800 && c <= 0xDFFF) continue;
        std::string text;
        append_utf8(c, &text);
        EXPECT_EQ(reads(*a, bytes_of(text)), first <= c && c <= last) << first << " " << last << " " << c;
      }
    }
    EXPECT_FALSE(reads(*a, bytes_of("\xED\xA0\x80"))) << "a surrogate";
  }
}

TEST(Automaton, ComplementsAndIntersects) {
  Syntax s;
  const auto words = build(s, s.choice({s.literal("ab"), s.literal("abc"), s.literal("x")}), Symbols::kCodePoints, {});
  const auto others = complement(*words);
  ASSERT_TRUE(others);
  for (const char* text : {"", "a", "abcd", "y", "xx", "\xE4\xB8\xAD"})
    EXPECT_TRUE(reads(*others, code_points_of(text))) << text;
  for (const char* text : {"ab", "abc", "x"}) EXPECT_FALSE(reads(*others, code_points_of(text))) << text;
  const auto none = intersect(*words, *others);
  ASSERT_TRUE(none);
  EXPECT_TRUE(reads_nothing_at_all(*none));
}

TEST(Spans, AreRunsOfWholeWords) {
  const Automaton a = spans_of(
      "Turn on the kitchen light, then the hall light. "
      "\xE6\x89\x93\xE5\xBC\x80\xE5\x8E\xA8\xE6\x88\xBF\xE7\x9A\x84\xE7\x81\xAF\xE3\x80\x82");
  for (const char* span :
       {"kitchen", "the kitchen light", "light, then", "Turn", "light", "the hall", "then the hall light",
        "\xE5\x8E\xA8\xE6\x88\xBF", "\xE7\x81\xAF", "\xE6\x89\x93\xE5\xBC\x80\xE5\x8E\xA8", "light. \xE6\x89\x93"})
    EXPECT_TRUE(reads(a, code_points_of(span))) << span;
  for (const char* other : {"", "kit", "itchen", "the light", " kitchen", "kitchen ", "light,", "kitchen hall", "turn",
                            "\xE7\x81\xAF\xE3\x80\x82", "\xE5\x8E\xA8\xE7\x81\xAF"})
    EXPECT_FALSE(reads(a, code_points_of(other))) << other;
}

// Against the definition: every pair of word borders, and nothing else of the same letters.
TEST(Spans, EqualBruteForce) {
  std::mt19937 random(11);
  for (int round = 0; round < 200; ++round) {
    std::string text;
    for (size_t n = random() % 12; n > 0; --n) text += "ab ,"[random() % 4];
    const Automaton a = spans_of(text);
    const auto is_letter = [&](size_t i) { return i < text.size() && (text[i] == 'a' || text[i] == 'b'); };
    std::vector<std::string> spans;
    for (size_t from = 0; from < text.size(); ++from)
      for (size_t to = from + 1; to <= text.size(); ++to)
        if (is_letter(from) && (from == 0 || !is_letter(from - 1)) && is_letter(to - 1) && !is_letter(to))
          spans.push_back(text.substr(from, to - from));
    for (int probe = 0; probe < 60; ++probe) {
      std::string s;
      for (size_t n = random() % 6; n > 0; --n) s += "ab ,"[random() % 4];
      if (probe < 20 && !text.empty()) s = text.substr(random() % text.size(), random() % 6);
      EXPECT_EQ(reads(a, code_points_of(s)), std::find(spans.begin(), spans.end(), s) != spans.end()) << text << "|" << s;
    }
    for (const std::string& s : spans) EXPECT_TRUE(reads(a, code_points_of(s))) << text << "|" << s;
  }
}

}  // namespace
}  // namespace sotto::grammar

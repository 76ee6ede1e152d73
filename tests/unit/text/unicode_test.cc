#include "text/unicode.h"

#include <gtest/gtest.h>

namespace sotto {
namespace {

TEST(Utf8, BadSequencesAreReplacedByMaximalSubparts) {
  struct Case {
    std::string_view in, out;
  };
  // Table 3-8 of the Unicode standard and its neighbours.
  for (const auto& [in, out] :
       {Case{"\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41", "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFDA"},
        Case{"\xED\xA0\x80\xED\xBF\xBF\xED\xAF\x41", "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFDA"},
        Case{"\xF4\x91\x92\x93\xFF\x41\x80\xBF\x42", "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFDA\uFFFD\uFFFDB"},
        Case{"\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41", "\uFFFD\uFFFD\uFFFD\uFFFDA"}, Case{"\xF4\x8F\xBF\xBF", "\U0010FFFF"},
        Case{"", ""}, Case{"\xEF\xBF\xBD", "\uFFFD"}}) {
    EXPECT_EQ(replace_invalid_utf8(in), out);
    EXPECT_EQ(is_valid_utf8(in), in == out);
  }
}

TEST(Utf8, EveryCodePointComesBack) {
  for (uint32_t cp = 0; cp < 0x110000; ++cp) {
    if (cp >= 0xD800 && cp < 0xE000) continue;
    std::string text;
    append_utf8(cp, &text);
    const Character c = decode_character(text, 0);
    ASSERT_TRUE(c.is_valid && c.code_point == cp && c.bytes == text.size()) << cp;
  }
}

TEST(Utf8, OnlyTheBeginningOfACharacterIsHeldBack) {
  struct Case {
    std::string_view text;
    size_t tail;
  };
  for (const auto& [text, tail] :
       {Case{"", 0}, Case{"a", 0}, Case{"\xE4", 1}, Case{"a\xE4\xBD", 2}, Case{"\xE4\xBD\xA0", 0}, Case{"\xF0\x9F\x98", 3},
        Case{"\xF0\x8F", 0}, Case{"\xED\xA0", 0}, Case{"\x80\x80", 0}, Case{"\xC3", 1}, Case{"\xC0", 0}, Case{"\xF5\x80", 0}})
    EXPECT_EQ(incomplete_tail(text), tail) << testing::PrintToString(text);
}

TEST(Unicode, CharactersHaveTheirCategories) {
  struct Case {
    uint32_t code_point;
    int classes;
  };
  for (const auto& [cp, classes] :
       {Case{'a', kLetter},    Case{'7', kNumber},    Case{' ', kSpace},       Case{'\n', kSpace},     Case{0x85, kSpace},
        Case{0x3000, kSpace},  Case{0x200B, 0},       Case{'!', kPunctuation}, Case{'+', kSymbol},     Case{0x301, kMark},
        Case{0x4E2D, kLetter}, Case{0xBD, kNumber},   Case{0x2167, kNumber},   Case{0x1F600, kSymbol}, Case{0xD7FF, 0},
        Case{0xE000, 0},       Case{0x1C89, kLetter}, Case{0x31EF, kSymbol},   Case{0x10FFFF, 0},      Case{0, 0}})
    EXPECT_EQ(classify(cp), classes) << std::hex << cp;
}

TEST(Unicode, TextIsComposedAsFormCSays) {
  struct Case {
    std::string_view in, out;
  };
  for (const auto& [in, out] :
       {Case{"plain", "plain"}, Case{"e\u0301", "\u00E9"}, Case{"\u212B", "\u00C5"}, Case{"q\u0307\u0323", "q\u0323\u0307"},
        Case{"\u1100\u1161\u11A8", "\uAC01"}, Case{"\u0958", "\u0915\u093C"}, Case{"\u1E0B\u0323", "\u1E0D\u0307"},
        Case{"a\u0301\u0301", "\u00E1\u0301"}, Case{"\u0301a", "\u0301a"}, Case{"\uFB01", "\uFB01"},
        Case{"\u0344", "\u0308\u0301"}})
    EXPECT_EQ(to_nfc(in), out) << in;
}

}  // namespace
}  // namespace sotto

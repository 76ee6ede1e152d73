// unicode.h: UTF-8, general categories and NFC, as far as tokenizers need them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sotto {

constexpr uint32_t kReplacement = 0xFFFD;

// One decoded character: its code point and how many bytes it took. A bad sequence is U+FFFD over its maximal subpart (Unicode
// 15, table 3-8), with is_valid false. REQUIRES: at < text.size().
struct Character {
  uint32_t code_point;
  uint8_t bytes;
  bool is_valid;
};
Character decode_character(std::string_view text, size_t at);
void append_utf8(uint32_t code_point, std::string* out);
bool is_valid_utf8(std::string_view text);
// The text with every bad sequence replaced by U+FFFD.
std::string replace_invalid_utf8(std::string_view text);
// Bytes at the end of `text` that begin a character which is not complete yet: 0 to 3.
size_t incomplete_tail(std::string_view text);

enum CharacterClass : uint8_t { kLetter = 1, kNumber = 2, kPunctuation = 4, kSymbol = 8, kMark = 16, kSpace = 32 };
// Bits of CharacterClass.
uint8_t classify(uint32_t code_point);

// Normalisation form C. REQUIRES: valid UTF-8.
std::string to_nfc(std::string_view text);

}  // namespace sotto

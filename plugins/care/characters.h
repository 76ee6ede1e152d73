// characters.h: the characters of a text as rules see them: one writing for all that look or mean the same.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sotto::care {

struct Character {
  uint32_t code = 0;  // folded; 0: nothing to see (zero width, marks, bytes that are no UTF-8)
  uint32_t bytes = 1;
};

// The character at text[at]. Full width, capitals, accents, letters of other scripts that look Latin, mathematical letters and
// traditional characters that the rules use are folded. Bytes that are no UTF-8 are one character each.
Character character_at(std::string_view text, size_t at);

// Whether a character begins at text[at] whose bytes end behind the text.
bool is_cut(std::string_view text, size_t at);

constexpr bool is_letter(uint32_t c) { return c >= 'a' && c <= 'z'; }
constexpr bool is_digit(uint32_t c) { return c >= '0' && c <= '9'; }
constexpr bool is_han(uint32_t c) {
  return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) || (c >= 0x20000 && c <= 0x3FFFF) || c == 0x3007;
}
// Pictures that rules speak of, each a word of its own: pistol, knife, axe, drop of blood, pill, skulls, coffin, gravestone.
constexpr bool is_picture(uint32_t c) {
  return c == 0x1F52B || c == 0x1F52A || c == 0x1FA93 || c == 0x1FA78 || c == 0x1F48A || c == 0x1F480 || c == 0x2620 ||
         c == 0x26B0 || c == 0x1FAA6;
}
constexpr bool is_space(uint32_t c) { return c == ' ' || c == '\t' || c == 0xA0; }
// What ends a sentence. A point inside of a word does not; see Tokenizer.
constexpr bool is_end(uint32_t c) {
  return c == '.' || c == '!' || c == '?' || c == ';' || c == '\n' || c == '\r' || c == 0x3002 || c == 0x2026;
}

constexpr bool is_pause(uint32_t c) { return c == ',' || c == ':' || c == 0x3001; }

}  // namespace sotto::care

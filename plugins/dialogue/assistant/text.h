// text.h: what the assistant does with words before it means anything by them: languages, normal forms, likeness, patterns.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sotto::assistant {

enum class Language : uint8_t { kZh, kEn };
constexpr size_t kLanguages = 2;
using Texts = std::array<std::string, kLanguages>;  // one a language
constexpr size_t index_of(Language language) { return static_cast<size_t>(language); }
const char* name_of(Language language);  // "zh"

// Chinese where it has any Han character among few Latin words, English where it has letters, else `otherwise`.
Language language_of(std::string_view text, Language otherwise);

// Code points; bytes that are no UTF-8 read as U+FFFD.
std::u32string code_points(std::string_view text);
std::string utf8(std::u32string_view text);

// For comparing: ASCII in lower case, full-width forms as ASCII, punctuation gone but inside of numbers ("7:15", "2.5", "30%"),
// one space between words of letters and none beside Han characters.
std::string normal_form(std::string_view text);

// Without what would break a line or drive a terminal, at most `most` bytes of whole characters: names that come from outside.
std::string plain_text(std::string_view text, size_t most);
std::string_view trimmed(std::string_view text);
bool starts_with(std::string_view text, std::string_view head);
bool ends_with(std::string_view text, std::string_view tail);
bool is_han(char32_t c);

// Whether the normal form `part` stands in the normal form `whole`, in English at borders of words.
// Where the words stand, between borders of words; npos: nowhere.
size_t find_words(std::string_view whole, std::string_view part);
bool contains(std::string_view whole, std::string_view part);

// The pieces that likeness counts: single and paired Han characters, words and their pairs, letters of words in threes. Sorted,
// each once.
using Grams = std::vector<uint64_t>;
Grams grams_of(std::string_view normal);
// Dice's coefficient: 1 is equal, 0 nothing in common.
double likeness(const Grams& a, const Grams& b);
// 1 - edit distance / longer length, over code points.
double edit_likeness(std::string_view a, std::string_view b);

// A pattern in normal form with holes: "不是{w}是{v}". Fills holes with what stands there, never empty; the shortest hole
// first.
using Holes = std::vector<std::pair<std::string, std::string>>;  // name, words
bool match_pattern(std::string_view pattern, std::string_view normal, Holes* holes);

}  // namespace sotto::assistant

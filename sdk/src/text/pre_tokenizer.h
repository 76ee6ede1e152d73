// pre_tokenizer.h: how text is cut into words before byte-level BPE: the regular expressions of the known tokenizers as
// scanners.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sotto {

// Code points of a text with their classes; the scanners' input.
struct Characters {
  std::vector<uint32_t> code_points;
  std::vector<uint8_t> classes;
  std::vector<uint32_t> offsets;  // in bytes, one more than code points

  explicit Characters(std::string_view valid_utf8);
  size_t size() const { return code_points.size(); }
};

// Length of the match of an expression that starts exactly at `at`, within [at, end); 0: none. The expression sees nothing past
// `end`.
using Matcher = size_t (*)(const Characters& text, size_t at, size_t end);

// The expressions are applied one after another: each cuts the pieces left by those before it into matches and what lies
// between.
struct PreTokenizer {
  const char* names;       // values of tokenizer.ggml.pre, separated by spaces
  Matcher steps[6];        // ends with nullptr
  bool whole_words_first;  // a word that is a token is taken without merging (tokenizers' ignore_merges)
};

// nullptr for a name that is not known.
const PreTokenizer* find_pre_tokenizer(std::string_view name);
std::string known_pre_tokenizers();

// The ends of the words, in code points, ascending; the last is text.size().
std::vector<size_t> cut_words(const PreTokenizer& rules, const Characters& text);

}  // namespace sotto

// reader.h: a text as the rules see it: which words stand where, and which numbers. Remembers the last places, because many
// rules look at the same ones.
#pragma once

#include "text/values/lexicon.h"

namespace sotto::values {

enum class Form : uint8_t { kDigits, kZh, kEn };

// A number that was said or written.
struct Number {
  size_t end = 0;  // 0: there is none
  double value = 0;
  double to = 0;  // the upper end of "two or three", else as value
  Form form = Form::kDigits;
  uint8_t length = 0;  // characters or words; of digits their count
  bool is_approximate = false;
  bool is_whole = true;  // no decimals, no half
  bool is_signed = false;
  bool is_spelled = false;  // digit by digit: 二零二六
  bool has_zero = false;    // a leading zero was written or said: 07, 零五

  explicit operator bool() const { return end != 0; }
};

// One thread. The text is borrowed.
class Reader {
 public:
  Reader(std::string_view text, uint32_t languages);

  std::string_view text() const { return text_; }
  // The end of the longest word of that meaning, at `at` or behind blanks or a hyphen; 0: there is none.
  size_t word(size_t at, Word word, int32_t* value = nullptr);
  // Whether a word of that meaning ends at `at` or before the blanks there.
  bool word_before(size_t at, Word word, int32_t* value = nullptr);
  // A number at `at` or behind blanks: with sign, decimals and "and a half", or only a whole one.
  const Number& number(size_t at);
  const Number& whole(size_t at);
  // Whether nothing of a sentence comes behind (before) `at`: an end, or punctuation.
  bool clause_ends(size_t at) const;
  bool clause_begins(size_t at) const;
  // Every word that begins exactly at `at`.
  const Lexemes& lexemes(size_t at);
  // Behind blanks, or a hyphen inside of a compound.
  size_t skip(size_t at) const;

 private:
  static constexpr size_t kSlots = 128;
  template <class T>
  struct Slot {
    size_t at = SIZE_MAX;
    T value;
  };

  std::string_view text_;
  const Lexicon& lexicon_;
  Slot<Lexemes> words_[kSlots];
  Slot<Number> numbers_[kSlots], wholes_[kSlots];
};

// The parts of Reader::number that have no memory: numbers.cc.
Number read_whole(Reader& reader, size_t at);
Number read_number(Reader& reader, size_t at);
// The end of the digit there (ASCII or full width), with its value; 0: there is none.
size_t digit_at(std::string_view text, size_t at, int* value);

}  // namespace sotto::values

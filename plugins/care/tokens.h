// tokens.h: a text as a row of tokens: Han characters, words, numbers, pauses and the ends of sentences. What stands between
// them (spaces, emoji) is passed over, so that "自 杀" is "自杀"; letters apart ("s u i c i d e") are a word when a rule knows
// it.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

#include "characters.h"

namespace sotto::care {

constexpr uint32_t kUnknown = 0;  // a word that no rule names
constexpr uint32_t kEnd = 1;      // of a sentence, or of the text
constexpr uint32_t kNumber = 2;   // digits that no rule names
constexpr uint32_t kPause = 3;    // a comma or colon: rules reach over it, exceptions do not
constexpr uint32_t kFirstWord = 4;

// The words that rules name. const after the rules are read, any thread.
class Vocabulary {
 public:
  uint32_t intern(std::string_view word);  // letters and digits, or one Han character in UTF-8
  uint32_t find(const std::string& word) const;
  uint32_t find_han(uint32_t code) const;
  uint32_t size() const { return next_; }

 private:
  std::unordered_map<std::string, uint32_t> words_;
  std::unordered_map<uint32_t, uint32_t> han_;
  uint32_t next_ = kFirstWord;
};

struct Token {
  uint32_t id;
  size_t begin, end;  // bytes of the text
};

// Reads a text from the front. Time and memory: linear, a token looks at most 64 characters ahead.
class Tokenizer {
 public:
  // Not final: more may follow the text, and what that could change is left (`rest`).
  Tokenizer(const Vocabulary& words, std::string_view text, bool is_final) : words_(words), text_(text), is_final_(is_final) {}
  bool next(Token* token);
  size_t rest() const { return rest_; }  // where the first byte lies that no token was made of for sure; after `next` said no

 private:
  struct Word {
    std::string letters;  // with look-alikes as they were written
    size_t begin = 0, end = 0;
    bool has_letter = false, has_digit = false, is_open = false;
  };

  bool skip_to_word(Token* mark);
  bool goes_on(size_t at) const;
  Word read_word(size_t at) const;
  bool take_word();
  uint32_t look_up(const Word& word) const;
  void take_letters_apart(const Word& first);

  const Vocabulary& words_;
  std::string_view text_;
  bool is_final_;
  size_t at_ = 0, rest_ = 0;
  bool is_stopped_ = false;
  std::deque<Token> ready_;
};

}  // namespace sotto::care

#include "tokens.h"

#include <algorithm>
#include <vector>

namespace sotto::care {
namespace {

constexpr size_t kLongestWord = 64;  // bytes; a longer one is unknown
constexpr size_t kMostApart = 40;    // letters
constexpr size_t kApartBytes = 3;    // between two of them

struct Look {
  char from;
  char to;
};
constexpr Look kLookAlikes[] = {{'0', 'o'}, {'1', 'i'}, {'3', 'e'}, {'4', 'a'}, {'5', 's'},
                                {'7', 't'}, {'8', 'b'}, {'@', 'a'}, {'$', 's'}, {'!', 'i'}};

char look_alike(char c) {
  const auto* const row =
      std::find_if(std::begin(kLookAlikes), std::end(kLookAlikes), [&](const Look& l) { return l.from == c; });
  return row == std::end(kLookAlikes) ? c : row->to;
}

bool is_sign(uint32_t c) { return c == '@' || c == '$' || c == '!' || c == '*' || c == '\''; }
bool begins_word(uint32_t c) { return is_letter(c) || is_digit(c) || c == '@' || c == '$'; }
bool is_gap(uint32_t c) { return is_space(c) || c == '.' || c == '-' || c == '_' || c == '*' || c == 0xB7 || c == 0; }

// Runs of three and more of a letter become `keep` of them.
std::string squeezed(const std::string& word, size_t keep) {
  std::string out;
  for (size_t i = 0; i < word.size();) {
    size_t end = i;
    while (end < word.size() && word[end] == word[i]) ++end;
    out.append(end - i >= 3 ? keep : end - i, word[i]);
    i = end;
  }
  return out;
}

}  // namespace

uint32_t Vocabulary::intern(std::string_view word) {
  const Character c = character_at(word, 0);
  if (c.bytes == word.size() && c.code >= 0x80) {
    const auto [at, is_new] = han_.try_emplace(c.code, next_);
    next_ += is_new ? 1 : 0;
    return at->second;
  }
  const auto [at, is_new] = words_.try_emplace(std::string(word), next_);
  next_ += is_new ? 1 : 0;
  return at->second;
}

uint32_t Vocabulary::find(const std::string& word) const {
  const auto at = words_.find(word);
  return at == words_.end() ? kUnknown : at->second;
}

uint32_t Vocabulary::find_han(uint32_t code) const {
  const auto at = han_.find(code);
  return at == han_.end() ? kUnknown : at->second;
}

bool Tokenizer::next(Token* token) {
  if (ready_.empty() && !is_stopped_) {
    Token mark{};
    if (skip_to_word(&mark))
      ready_.push_back(mark);
    else if (!is_stopped_ && !take_word())
      is_stopped_ = true;
  }
  if (ready_.empty()) return false;
  *token = ready_.front();
  ready_.pop_front();
  return true;
}

// Whether the sign at `at` stands inside of a word: a letter, digit or Han character follows at once.
bool Tokenizer::goes_on(size_t at) const {
  const size_t behind = at + character_at(text_, at).bytes;
  if (behind >= text_.size()) return false;
  const uint32_t c = character_at(text_, behind).code;
  return is_letter(c) || is_digit(c) || is_han(c);
}

// Passes over what is no token; true at a pause and where a sentence ends. Stops the reading at the text's end.
bool Tokenizer::skip_to_word(Token* mark) {
  while (at_ < text_.size()) {
    if (!is_final_ && is_cut(text_, at_)) break;
    const Character c = character_at(text_, at_);
    if (begins_word(c.code) || is_han(c.code) || is_picture(c.code)) return false;
    const bool may_join = c.code == '.' && c.bytes == 1;
    if (may_join && !is_final_ && (at_ + 1 >= text_.size() || is_cut(text_, at_ + 1))) break;
    const bool is_mark = is_pause(c.code) || (is_end(c.code) && (!may_join || !goes_on(at_)));
    if (is_mark) {
      *mark = {is_pause(c.code) ? kPause : kEnd, at_, at_ + c.bytes};
      at_ += c.bytes;
      return true;
    }
    at_ += c.bytes;
  }
  rest_ = at_;
  is_stopped_ = true;
  return false;
}

Tokenizer::Word Tokenizer::read_word(size_t at) const {
  Word word;
  word.begin = word.end = at;
  while (at < text_.size() && at - word.begin < kLongestWord) {
    if (!is_final_ && is_cut(text_, at)) break;
    const Character c = character_at(text_, at);
    const bool is_inner = is_sign(c.code) && (goes_on(at) || (!is_final_ && at + 1 >= text_.size()));
    if (!is_letter(c.code) && !is_digit(c.code) && !is_inner && c.code != 0) break;
    at += c.bytes;
    if (c.code == 0) continue;
    if (c.code != '\'' && c.code != '*') word.letters += static_cast<char>(c.code);
    word.has_letter = word.has_letter || is_letter(c.code);
    word.has_digit = word.has_digit || is_digit(c.code) || is_sign(c.code);
    word.end = at;
  }
  word.is_open = !is_final_ && at - word.begin < kLongestWord && (at >= text_.size() || is_cut(text_, at));
  if (word.end == word.begin) word.end = word.begin + 1;  // a lone sign
  return word;
}

uint32_t Tokenizer::look_up(const Word& word) const {
  if (word.letters.size() >= kLongestWord - 4) return kUnknown;
  uint32_t id = words_.find(word.letters);
  if (id != kUnknown) return id;
  if (!word.has_letter) return word.has_digit && !word.letters.empty() ? kNumber : kUnknown;
  std::string plain = word.letters;
  if (word.has_digit) {
    std::transform(plain.begin(), plain.end(), plain.begin(), look_alike);
    if ((id = words_.find(plain)) != kUnknown) return id;
  }
  for (const size_t keep : {size_t{2}, size_t{1}})
    if ((id = words_.find(squeezed(plain, keep))) != kUnknown) return id;
  return kUnknown;
}

// False: what stands at the end of an unfinished text could still become another word.
bool Tokenizer::take_word() {
  const Character c = character_at(text_, at_);
  if (is_han(c.code) || is_picture(c.code)) {
    ready_.push_back({words_.find_han(c.code), at_, at_ + c.bytes});
    at_ += c.bytes;
    return true;
  }
  const Word word = read_word(at_);
  rest_ = at_;
  if (word.is_open) return false;
  if (word.letters.size() == 1 && word.has_letter) {
    take_letters_apart(word);
    return !ready_.empty();
  }
  ready_.push_back({look_up(word), word.begin, word.end});
  at_ = word.end;
  return true;
}

// A row of single letters: one word if a rule knows it, with or without an "I" before it, else each for itself.
void Tokenizer::take_letters_apart(const Word& first) {
  std::vector<Word> row = {first};
  bool is_open = false;
  while (row.size() < kMostApart) {
    size_t at = row.back().end;
    while (at < text_.size() && at - row.back().end < kApartBytes && is_gap(character_at(text_, at).code))
      at += character_at(text_, at).bytes;
    is_open = !is_final_ && (at >= text_.size() || is_cut(text_, at));
    if (is_open || at >= text_.size() || !begins_word(character_at(text_, at).code)) break;
    Word word = read_word(at);
    is_open = word.is_open;
    if (is_open || word.letters.size() != 1) break;
    row.push_back(std::move(word));
  }
  if (is_open) return;
  Word whole;
  for (const Word& w : row) whole.letters += w.letters, whole.has_digit = whole.has_digit || w.has_digit;
  whole.has_letter = true;
  for (size_t skip = 0; skip < 2 && row.size() - skip >= 3 && (skip == 0 || row[0].letters == "i"); ++skip) {
    Word part = whole;
    part.letters.erase(0, skip);
    const uint32_t id = look_up(part);
    if (id == kUnknown) continue;
    if (skip == 1) ready_.push_back({look_up(row[0]), row[0].begin, row[0].end});
    ready_.push_back({id, row[skip].begin, row.back().end});
    at_ = row.back().end;
    return;
  }
  for (const Word& w : row) ready_.push_back({look_up(w), w.begin, w.end});
  at_ = row.back().end;
}

}  // namespace sotto::care

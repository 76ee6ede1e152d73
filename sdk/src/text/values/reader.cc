#include "text/values/reader.h"

#include <algorithm>

namespace sotto::values {
namespace {

// How far words are looked for backwards: the longest that matter there are short.
constexpr size_t kLongestBefore = 18;

bool is_pause(std::string_view text, size_t at) {
  const auto c = static_cast<unsigned char>(text[at]);
  if (c < 0x80) return !is_letter(c) && !is_digit(c) && std::string_view("%-+'$#@/&*").find(text[at]) == std::string_view::npos;
  // CJK punctuation and its full-width forms.
  const std::string_view three = text.substr(at, 3);
  for (const std::string_view mark : {"，", "。", "！", "？", "；", "：", "、", "…", "“", "”", "）", "（", "」", "「"})
    if (three == mark) return true;
  return false;
}

}  // namespace

Reader::Reader(std::string_view text, uint32_t languages) : text_(text), lexicon_(lexicon_of(languages)) {}

const Lexemes& Reader::lexemes(size_t at) {
  auto& slot = words_[at % kSlots];
  if (slot.at != at) {
    lexicon_.find(text_, at, &slot.value);
    slot.at = at;
  }
  return slot.value;
}

size_t Reader::skip(size_t at) const {
  const size_t behind = skip_blanks(text_, at);
  if (behind != at || at == 0 || at + 1 >= text_.size() || text_[at] != '-') return behind;
  const auto before = static_cast<unsigned char>(text_[at - 1]), next = static_cast<unsigned char>(text_[at + 1]);
  return (is_letter(before) || is_digit(before)) && is_letter(next) ? at + 1 : at;
}

size_t Reader::word(size_t at, Word word, int32_t* value) {
  const Lexemes& found = lexemes(skip(at));
  for (size_t i = 0; i < found.count; ++i) {
    if (found.items[i].entry->word != word) continue;
    if (value != nullptr) *value = found.items[i].entry->value;
    return found.items[i].end;
  }
  return 0;
}

bool Reader::word_before(size_t at, Word wanted, int32_t* value) {
  while (at > 0 && (text_[at - 1] == ' ' || text_[at - 1] == '\t')) --at;
  const size_t first = at > kLongestBefore ? at - kLongestBefore : 0;
  for (size_t begin = first; begin < at; ++begin) {
    const Lexemes& found = lexemes(begin);
    for (size_t i = 0; i < found.count; ++i) {
      if (found.items[i].entry->word != wanted || found.items[i].end != at) continue;
      if (value != nullptr) *value = found.items[i].entry->value;
      return true;
    }
  }
  return false;
}

const Number& Reader::number(size_t at) {
  at = skip(at);
  auto& slot = numbers_[at % kSlots];
  if (slot.at != at) {
    slot.value = read_number(*this, at);
    slot.at = at;
  }
  return slot.value;
}

const Number& Reader::whole(size_t at) {
  at = skip(at);
  auto& slot = wholes_[at % kSlots];
  if (slot.at != at) {
    slot.value = read_whole(*this, at);
    slot.at = at;
  }
  return slot.value;
}

bool Reader::clause_ends(size_t at) const {
  at = skip_blanks(text_, at);
  return at >= text_.size() || is_pause(text_, at);
}

bool Reader::clause_begins(size_t at) const {
  while (at > 0 && (text_[at - 1] == ' ' || text_[at - 1] == '\t')) --at;
  return at == 0 || is_pause(text_, at - 1) || (at >= 3 && is_pause(text_, at - 3) && !ideograph_at(text_, at - 3));
}

}  // namespace sotto::values

#include "text/values/lexicon.h"

#include <algorithm>

namespace sotto::values {
namespace {

constexpr size_t kMostBlanks = 3;

unsigned char byte_at(std::string_view text, size_t at) { return at < text.size() ? static_cast<unsigned char>(text[at]) : 0; }

size_t blank_size(std::string_view text, size_t at) {
  const unsigned char c = byte_at(text, at);
  if (c == ' ' || c == '\t') return 1;
  if (c == 0xC2 && byte_at(text, at + 1) == 0xA0) return 2;                                   // no-break space
  if (c == 0xE3 && byte_at(text, at + 1) == 0x80 && byte_at(text, at + 2) == 0x80) return 3;  // ideographic space
  return 0;
}

// The end of `entry` in the text at `at`, or 0.
size_t match(std::string_view entry, std::string_view text, size_t at) {
  for (const char c : entry) {
    if (c == ' ') {
      size_t blanks = 0;
      for (size_t size = 0; blanks < kMostBlanks && (size = blank_size(text, at)) != 0; ++blanks) at += size;
      if (blanks == 0 && byte_at(text, at) == '-') ++at, ++blanks;
      if (blanks == 0) return 0;
    } else {
      if (at >= text.size() || lower(byte_at(text, at)) != static_cast<unsigned char>(c)) return 0;
      ++at;
    }
  }
  if (is_letter(byte_at(entry, entry.size() - 1)) && letter_at(text, at)) return 0;
  return at;
}

}  // namespace

bool is_letter(unsigned char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(unsigned char c) { return c >= '0' && c <= '9'; }
unsigned char lower(unsigned char c) { return c >= 'A' && c <= 'Z' ? static_cast<unsigned char>(c + 32) : c; }

size_t character_size(std::string_view text, size_t at) {
  const unsigned char c = byte_at(text, at);
  const size_t size = c < 0xC2 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : c < 0xF5 ? 4 : 1;
  for (size_t i = 1; i < size; ++i)
    if ((byte_at(text, at + i) & 0xC0) != 0x80) return 1;
  return size;
}

bool letter_at(std::string_view text, size_t at) {
  const unsigned char c = byte_at(text, at);
  return is_letter(c) || (c >= 0xC3 && c < 0xE0 && character_size(text, at) == 2);
}

bool letter_before(std::string_view text, size_t at) {
  if (at == 0) return false;
  if (is_letter(byte_at(text, at - 1))) return true;
  return at >= 2 && letter_at(text, at - 2) && character_size(text, at - 2) == 2;
}

bool ideograph_at(std::string_view text, size_t at) {
  const unsigned char c = byte_at(text, at);
  return c >= 0xE4 && c <= 0xE9 && character_size(text, at) == 3;
}

bool ideograph_before(std::string_view text, size_t at) { return at >= 3 && ideograph_at(text, at - 3); }

size_t skip_blanks(std::string_view text, size_t at) {
  for (size_t i = 0; i < kMostBlanks; ++i) {
    const size_t size = blank_size(text, at);
    if (size == 0) break;
    at += size;
  }
  return at;
}

Lexicon::Lexicon(uint32_t languages) {
  const auto add = [this](Span<const Entry> rows) { entries_.insert(entries_.end(), rows.begin(), rows.end()); };
  add(common_entries());
  if ((languages & kZh) != 0) add(zh_entries()), add(zh_times()), add(zh_colors());
  if ((languages & kEn) != 0) add(en_entries()), add(en_colors());
  std::stable_sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) { return a.text < b.text; });
  size_t i = 0;
  for (uint32_t b = 0; b <= 256; ++b) {
    while (i < entries_.size() && byte_at(entries_[i].text, 0) < b) ++i;
    first_[b] = static_cast<uint32_t>(i);
  }
}

void Lexicon::find(std::string_view text, size_t at, Lexemes* out) const {
  out->count = 0;
  if (at >= text.size()) return;
  const unsigned char first = lower(byte_at(text, at));
  if (is_letter(first) && letter_before(text, at)) return;
  uint32_t low = first_[first], high = first_[first + 1];
  // Narrowed by the second byte too: a first byte alone is that of most Chinese words.
  if (first >= 0x80) {
    for (size_t depth = 1; depth < 3 && byte_at(text, at + depth) >= 0x80; ++depth) {
      const auto wanted = byte_at(text, at + depth);
      const auto less = [depth](const Entry& e, unsigned char b) { return byte_at(e.text, depth) < b; };
      const auto more = [depth](unsigned char b, const Entry& e) { return b < byte_at(e.text, depth); };
      const auto begin = entries_.begin() + low, end = entries_.begin() + high;
      const auto lower_end = std::lower_bound(begin, end, wanted, less);
      high = static_cast<uint32_t>(std::upper_bound(lower_end, end, wanted, more) - entries_.begin());
      low = static_cast<uint32_t>(lower_end - entries_.begin());
    }
  }
  // Sorted texts: what is longer stands behind its own beginnings.
  for (uint32_t i = high; i-- > low && out->count < Lexemes::kMost;) {
    const size_t end = match(entries_[i].text, text, at);
    if (end != 0) out->items[out->count++] = {&entries_[i], end};
  }
}

const Lexicon& lexicon_of(uint32_t languages) {
  static const Lexicon kLexicons[] = {Lexicon(kZh | kEn), Lexicon(kZh), Lexicon(kEn)};
  return kLexicons[languages < 3 ? languages : 0];
}

}  // namespace sotto::values

#include "text_parts.h"

#include <algorithm>

#include "sotto/speech.h"

namespace sotto::speech {
namespace {

constexpr size_t kMostBytes = 300;     // of a part: half a minute of speech at most, a few milliseconds of work
constexpr size_t kLookAhead = 4096;    // for the first word behind numbers and signs
constexpr uint32_t kBad = 0xFFFFFFFF;  // bytes that are no character

struct Character {
  uint32_t code;
  size_t bytes;
};

Character character_at(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[at + i]); };
  const uint8_t first = byte(0);
  if (first < 0x80) return {first, 1};
  const size_t bytes = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || at + bytes > text.size()) return {kBad, 1};
  uint32_t code = first & (0x7Fu >> bytes);
  for (size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0u) != 0x80u) return {kBad, 1};
    code = code << 6 | (byte(i) & 0x3Fu);
  }
  constexpr uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool is_bad = code < kLeast[bytes] || (code >= 0xD800 && code < 0xE000) || code > 0x10FFFF;
  return is_bad ? Character{kBad, 1} : Character{code, bytes};
}

struct Range {
  uint32_t from, to, language;
};
constexpr Range kLetters[] = {
    {'A', 'Z', SOTTO_SPEECH_EN},       {'a', 'z', SOTTO_SPEECH_EN},        {0xC0, 0x24F, SOTTO_SPEECH_EN},
    {0xFF21, 0xFF3A, SOTTO_SPEECH_EN}, {0xFF41, 0xFF5A, SOTTO_SPEECH_EN},  {0x3007, 0x3007, SOTTO_SPEECH_ZH},
    {0x3105, 0x312F, SOTTO_SPEECH_ZH}, {0x3400, 0x4DBF, SOTTO_SPEECH_ZH},  {0x4E00, 0x9FFF, SOTTO_SPEECH_ZH},
    {0xF900, 0xFAFF, SOTTO_SPEECH_ZH}, {0x20000, 0x323AF, SOTTO_SPEECH_ZH}};

// 0: of no language.
uint32_t language_of(uint32_t code) {
  for (const Range& r : kLetters)
    if (code >= r.from && code <= r.to && code != 0xD7 && code != 0xF7) return r.language;
  return 0;
}

// Characters of no language that are heard: digits, signs that are read, letters of other scripts.
bool is_heard(uint32_t code) {
  if (code < 0x80)
    return (code >= '0' && code <= '9') || code == '%' || code == '$' || code == '&' || code == '+' || code == '=';
  return code == 0xB0 || code == 0x2103 || code == 0xA5 || code == 0xFFE5 || (code >= 0xFF10 && code <= 0xFF19) ||
         (code >= 0x250 && code < 0x2000);
}

// No sound, and nothing that a voice should be given: control characters, zero-width and private ones, variation selectors.
bool is_dropped(uint32_t code) {
  return code == kBad || (code >= 0x7F && code < 0xA0) || (code >= 0x200B && code <= 0x200F) ||
         (code >= 0x202A && code <= 0x202E) || (code >= 0x2060 && code <= 0x206F) || (code >= 0xE000 && code <= 0xF8FF) ||
         (code >= 0xFE00 && code <= 0xFE0F) || code == 0xFEFF || (code >= 0xFFF0 && code <= 0xFFFF) || code >= 0xE0000;
}

constexpr uint32_t kSentenceEnds[] = {'!', '?', ';', '\n', 0x3002, 0xFF01, 0xFF1F, 0xFF1B};
bool ends_sentence(uint32_t code, std::string_view text, size_t behind) {
  if (code == '.' || code == 0x2026) return behind >= text.size() || text[behind] == ' ' || text[behind] == '\n';
  return std::find(std::begin(kSentenceEnds), std::end(kSentenceEnds), code) != std::end(kSentenceEnds);
}

// Where a part that grew too long is cut: behind its last comma or space, if it has one in its second half.
size_t place_to_cut(const std::string& text) {
  const size_t at = text.find_last_of(" ,");
  return at != std::string::npos && at > text.size() / 2 ? at + 1 : text.size();
}

}  // namespace

uint32_t TextParts::language_ahead(size_t at) const {
  for (const size_t end = std::min(text_.size(), at + kLookAhead); at < end;) {
    const Character c = character_at(text_, at);
    if (const uint32_t language = c.code == kBad ? 0 : language_of(c.code); language != 0) return language;
    at += c.bytes;
  }
  return SOTTO_SPEECH_EN;
}

bool TextParts::next(TextPart* part) {
  while (at_ < text_.size()) {
    part->text.clear();
    bool is_heard_at_all = false, is_cut = false;
    if (last_ == 0) last_ = language_ahead(at_);
    part->language = last_;
    std::vector<uint64_t> ends;  // in the whole text, of each byte of the part: to cut it
    while (at_ < text_.size()) {
      const Character c = character_at(text_, at_);
      const uint32_t own = c.code == kBad ? 0 : language_of(c.code);
      if (language_ == 0 && own != 0 && own != part->language) {
        last_ = own;
        if (is_heard_at_all) break;
        part->language = own;
      }
      const bool is_space = c.code < 0x20 || c.code == 0x20;
      if (is_space || !is_dropped(c.code)) {
        part->text.append(is_space ? std::string_view(" ") : text_.substr(at_, c.bytes));
        ends.resize(part->text.size(), at_ + c.bytes);
      }
      is_heard_at_all = is_heard_at_all || own != 0 || (c.code != kBad && is_heard(c.code));
      at_ += c.bytes;
      if (ends_sentence(c.code, text_, at_)) break;
      if (part->text.size() >= kMostBytes) {
        is_cut = true;
        break;
      }
    }
    if (is_cut) {
      part->text.resize(place_to_cut(part->text));
      at_ = static_cast<size_t>(ends[part->text.size() - 1]);
    }
    part->end = at_;
    if (is_heard_at_all) return true;
  }
  return false;
}

}  // namespace sotto::speech

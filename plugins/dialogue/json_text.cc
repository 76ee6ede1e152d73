#include "json_text.h"

#include <cstdint>

namespace sotto::dialogue {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// The character that the text begins with (Unicode, table 3-7), or the longest part of one: what U+FFFD stands for.
struct Begin {
  size_t size;
  bool is_whole;
};

Begin begin_of(std::string_view text) {
  const auto first = static_cast<uint8_t>(text[0]);
  if (first < 0x80) return {1, true};
  if (first < 0xC2 || first > 0xF4) return {1, false};
  const size_t size = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  uint8_t least = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80, most = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  for (size_t i = 1; i < size; ++i) {
    if (i == text.size() || static_cast<uint8_t>(text[i]) < least || static_cast<uint8_t>(text[i]) > most) return {i, false};
    least = 0x80;
    most = 0xBF;
  }
  return {size, true};
}

void append_escaped(char c, std::string* out) {
  constexpr std::string_view kPlain = "\"\\\b\f\n\r\t", kLetters = "\"\\bfnrt";
  constexpr char kDigits[] = "0123456789abcdef";
  if (const size_t i = kPlain.find(c); i != std::string_view::npos) {
    out->append({'\\', kLetters[i]});
  } else if (static_cast<uint8_t>(c) < 0x20) {
    out->append("\\u00");
    out->push_back(kDigits[c >> 4]);
    out->push_back(kDigits[c & 15]);
  } else {
    out->push_back(c);
  }
}

}  // namespace

void append_json(std::string_view text, std::string* out) {
  out->push_back('"');
  while (!text.empty()) {
    const Begin begin = begin_of(text);
    if (!begin.is_whole)
      out->append(kReplacement);
    else if (begin.size == 1)
      append_escaped(text[0], out);
    else
      out->append(text.substr(0, begin.size));
    text.remove_prefix(begin.size);
  }
  out->push_back('"');
}

}  // namespace sotto::dialogue

#include "base/printable.h"

#include <cstdint>

namespace sotto {
namespace {

// Bytes of the UTF-8 character that the text begins with; 0: it begins with none.
size_t character_bytes(std::string_view text) {
  const auto byte = [&](size_t i) { return i < text.size() ? static_cast<uint8_t>(text[i]) : uint8_t{0}; };
  const uint8_t first = byte(0);
  if (first < 0x80) return 1;
  const size_t count = first >= 0xC2 && first <= 0xDF ? 2 : (first & 0xF0) == 0xE0 ? 3 : first >= 0xF0 && first <= 0xF4 ? 4 : 0;
  for (size_t i = 1; i < count; ++i)
    if ((byte(i) & 0xC0) != 0x80) return 0;
  const uint8_t second = byte(1);
  const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool beyond = (first == 0xED && second > 0x9F) || (first == 0xF4 && second > 0x8F);  // surrogates, above U+10FFFF
  return overlong || beyond ? 0 : count;
}

}  // namespace

std::string printable(std::string_view name) {
  constexpr size_t kMost = 80;
  std::string text(name.substr(0, kMost));
  for (char& c : text)
    if (c < ' ' || c > '~') c = '?';
  return name.size() > kMost ? text + "..." : text;
}

std::string printable_text(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const size_t count = character_bytes(text);
    const bool is_control = count == 1 && (text[0] < ' ' || text[0] == '\x7f');
    if (count == 0 || is_control)
      out += '?';
    else
      out += text.substr(0, count);
    text.remove_prefix(count == 0 ? 1 : count);
  }
  return out;
}

}  // namespace sotto

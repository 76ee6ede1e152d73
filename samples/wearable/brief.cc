#include "brief.h"

#include <string_view>

namespace {

constexpr std::string_view kStops[] = {"。", "！", "？", ". ", "! ", "? "}, kClauses[] = {"，", "；", "、", ", ", "; ", ": "};

size_t character_size(unsigned char first) { return first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4; }
bool is_counted_alone(unsigned char first) { return first >= 0xE4; }  // Han characters and emoji begin so in UTF-8

// Bytes of the longest beginning of at most `most` words that ends behind one of the marks; 0: none.
template <size_t count>
size_t cut_at(const std::string& text, const std::string_view (&marks)[count], size_t most) {
  size_t best = 0;
  for (const std::string_view mark : marks)
    for (size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at + 1)) {
      const size_t end = at + mark.size();
      if (word_count(text.substr(0, end)) <= most && end > best) best = end;
    }
  return best;
}

}  // namespace

size_t word_count(const std::string& text) {
  size_t words = 0, characters = 0;
  bool is_inside = false;
  for (size_t at = 0; at < text.size();) {
    const auto first = static_cast<unsigned char>(text[at]);
    const bool is_alone = is_counted_alone(first), is_mark = first == 0xE3 || first == 0xEF || first == ' ';
    if (is_alone) ++characters;
    if (!is_alone && !is_mark && !is_inside) ++words;
    is_inside = !is_alone && !is_mark;
    at += character_size(first);
  }
  return words + (characters + 1) / 2;
}

std::string brief(const std::string& text, size_t most) {
  if (word_count(text) <= most) return text;
  if (const size_t end = cut_at(text, kStops, most); end != 0) return text.substr(0, text.find_last_not_of(' ', end - 1) + 1);
  size_t end = cut_at(text, kClauses, most - 1);
  if (end == 0)
    for (size_t at = 0; at < text.size(); at += character_size(static_cast<unsigned char>(text[at])))
      if (word_count(text.substr(0, at)) < most) end = at;
  return text.substr(0, text.find_last_not_of(" ,;:", end == 0 ? 0 : end - 1) + 1) + "…";
}

#include "frames.h"

#include <algorithm>

namespace sotto::assistant {
namespace {

constexpr size_t kOtherHole = 9;   // counts as much as three Han characters
constexpr size_t kMostPlaces = 8;  // of an example's first words in a text
// What may stand behind a wish.
constexpr std::string_view kTails[] = {" please", " thanks", " thank you", " now", "吧", "谢谢", "一下", "好吗"};

std::string_view without_tails(std::string_view normal) {
  for (bool goes_on = true; goes_on;) {
    goes_on = false;
    for (const std::string_view tail : kTails)
      if (normal.size() > tail.size() && ends_with(normal, tail)) normal.remove_suffix(tail.size()), goes_on = true;
  }
  return normal;
}

// How much an example says by itself: its words, and the holes besides the one that is looked for.
size_t own_size(std::string_view example) {
  size_t size = 0;
  bool is_inside = false, is_first = true;
  for (const char32_t c : code_points(example)) {
    if (c == '{') {
      is_inside = true;
      size += is_first ? 0 : kOtherHole;
      is_first = false;
    }
    if (!is_inside && c != ' ') size += is_han(c) ? 3 : 1;  // a Han character says as much as a short word
    if (c == '}') is_inside = false;
  }
  return size;
}

bool is_border(std::string_view text, size_t at) {
  if (at == 0 || at >= text.size()) return true;
  const auto before = static_cast<unsigned char>(text[at - 1]), after = static_cast<unsigned char>(text[at]);
  return before == ' ' || after == ' ' || before >= 0x80 || after >= 0x80;
}

// Where the example may begin in the text.
std::vector<size_t> beginnings(std::string_view example, std::string_view text) {
  const std::string_view first = example.substr(0, example.find('{'));
  if (first.empty()) return {0};
  std::vector<size_t> all;
  for (size_t at = text.find(first); at != std::string_view::npos && all.size() < kMostPlaces; at = text.find(first, at + 1))
    if (is_border(text, at)) all.push_back(at);
  return all;
}

// Up to the example's last words, where it ends with any.
std::string_view up_to_last_words(std::string_view example, std::string_view text) {
  const size_t close = example.rfind('}');
  const std::string_view last = close == std::string_view::npos ? example : example.substr(close + 1);
  const size_t at = last.empty() ? std::string_view::npos : text.rfind(last);
  return at == std::string_view::npos || !is_border(text, at + last.size()) ? text : text.substr(0, at + last.size());
}

bool fits(std::string_view example, std::string_view text, const IsValue& is_value, Holes* holes) {
  return match_pattern(example, text, holes) &&
         std::all_of(holes->begin(), holes->end(), [&](const auto& hole) { return is_value(hole.first, hole.second); });
}

}  // namespace

std::optional<std::string> words_at_hole(const std::vector<std::string>& examples, const std::string& name,
                                         std::string_view normal, const IsValue& is_value) {
  const std::string_view text = without_tails(normal);
  std::optional<std::string> best;
  size_t most = 0;
  for (const std::string& example : examples) {
    const size_t size = own_size(example);
    if (size <= most || example.find("{" + name + "}") == std::string::npos) continue;
    for (const size_t at : beginnings(example, text)) {
      Holes holes;
      if (!fits(example, text.substr(at), is_value, &holes) &&
          !fits(example, up_to_last_words(example, text.substr(at)), is_value, &holes))
        continue;
      for (const auto& [hole, words] : holes)
        if (hole == name) best = words, most = size;
      break;
    }
  }
  return best;
}

std::vector<std::string> words_before_tail(const std::vector<std::string>& examples, const std::string& name,
                                           std::string_view normal) {
  constexpr size_t kMostHan = 6, kMostLetters = 24;
  std::vector<std::string> all;
  const std::u32string text = code_points(normal);
  for (const std::string& example : examples) {
    const size_t hole = example.find("{" + name + "}");
    if (hole == std::string::npos) continue;
    const std::u32string tail = code_points(trimmed(std::string_view(example).substr(hole + name.size() + 2)));
    if (tail.empty() || tail[0] == '{') continue;
    const std::u32string word = is_han(tail[0]) ? tail.substr(0, 1) : tail.substr(0, tail.find(U' '));
    for (size_t at = text.find(word); at != std::u32string::npos; at = text.find(word, at + 1)) {
      const size_t most = is_han(word[0]) ? kMostHan : kMostLetters, begin = at > most ? at - most : 0;
      const std::string before(trimmed(utf8(text.substr(begin, at - begin))));
      if (!before.empty() && std::find(all.begin(), all.end(), before) == all.end()) all.push_back(before);
    }
  }
  return all;
}

std::string as_written(std::string_view text, const std::string& words) {
  const auto small = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  const auto at =
      std::search(text.begin(), text.end(), words.begin(), words.end(), [&](char a, char b) { return small(a) == small(b); });
  if (at == text.end()) return words;
  return std::string(text.substr(static_cast<size_t>(at - text.begin()), words.size()));
}

}  // namespace sotto::assistant

#include "text_signs.h"

#include <algorithm>
#include <string>

#include "sotto/sentiment.h"

namespace sotto::sentiment {
namespace {

constexpr float kPlain = 0.6f, kLeast = 0.2f, kMost = 1.0f;
constexpr float kStep = 0.15f;      // a sign that raises or lowers
constexpr uint32_t kMostMarks = 3;  // more exclamation marks say nothing more

// English ones stand between spaces or marks.
constexpr std::string_view kRaising[] = {" very ",   " so ",         " really ",     " extremely ", " absolutely ", " totally ",
                                         " such ",   " completely ", " incredibly ", " utterly ",   " super ",      " damn ",
                                         " deeply ", " hate ",       " love ",       "非常",        "特别",         "太",
                                         "超级",     "极",           "死了",         "透了",        "得要命",       "简直",
                                         "十分",     "完全",         "实在",         "真的",        "很",           "彻底"};
constexpr std::string_view kLowering[] = {" a bit ",   " a little ", " slightly ", " somewhat ", " kind of ",
                                          " sort of ", " mildly ",   " fairly ",   "有点",       "有一点",
                                          "稍微",      "略",         "还算",       "还行",       "一般"};

struct Character {
  uint32_t code;  // 0: not UTF-8
  size_t bytes;
};

Character character_at(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(at);
  if (first < 0x80) return {first, 1};
  const size_t bytes = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || at + bytes > text.size()) return {0, 1};
  uint32_t code = first & (0x7Fu >> bytes);
  for (size_t i = 1; i < bytes; ++i) {
    if ((byte(at + i) & 0xC0) != 0x80) return {0, 1};
    code = code << 6 | (byte(at + i) & 0x3Fu);
  }
  return {code, bytes};
}

bool is_han(uint32_t c) {
  return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) || (c >= 0x20000 && c <= 0x3FFFF);
}
bool is_emoji(uint32_t c) { return (c >= 0x1F300 && c <= 0x1FAFF) || (c >= 0x2600 && c <= 0x27BF); }
bool is_upper(uint32_t c) { return c >= 'A' && c <= 'Z'; }
bool is_letter(uint32_t c) { return is_upper(c) || (c >= 'a' && c <= 'z') || (c >= 0xC0 && c <= 0x24F); }
bool is_space(uint32_t c) { return c == ' ' || (c >= '\t' && c <= '\r') || c == 0xA0 || c == 0x3000; }

// What one pass over the characters finds.
struct Tally {
  uint32_t han = 0, words = 0, marks = 0, shouted = 0, drawn_out = 0, emoji_rows = 0;
  bool is_blank = true;
  std::string folded = " ";  // small letters, single spaces for what is no letter: for the words of degree

  void take(Character c, std::string_view bytes) {
    if (!is_space(c.code)) is_blank = false;
    const bool letter = is_letter(c.code);
    if (is_han(c.code)) ++han;
    if (c.code == '!' || c.code == 0xFF01) ++marks;
    if (letter && !in_word_) start_word();
    if (!letter && in_word_) end_word();
    if (letter) ++letters_, capitals_ += is_upper(c.code) ? 1u : 0u;
    run_ = c.code == last_ ? run_ + 1 : 1;
    if (run_ == 3 && (letter || is_han(c.code))) ++drawn_out;
    if (is_emoji(c.code))
      emoji_rows += ++emoji_ == 2 ? 1u : 0u;
    else if (c.code != 0xFE0F && c.code != 0x200D)
      emoji_ = 0;
    last_ = c.code;
    fold(c, letter, bytes);
  }
  void end_word() {
    if (in_word_ && letters_ >= 3 && capitals_ == letters_) ++shouted;
    in_word_ = false;
  }

 private:
  void start_word() {
    in_word_ = true;
    ++words;
    letters_ = capitals_ = 0;
  }
  void fold(Character c, bool letter, std::string_view bytes) {
    if (c.code >= 0x80)
      folded.append(bytes);
    else if (letter || c.code == '\'')
      folded += static_cast<char>(is_upper(c.code) ? c.code - 'A' + 'a' : c.code);
    else if (folded.back() != ' ')
      folded += ' ';
  }

  bool in_word_ = false;
  uint32_t letters_ = 0, capitals_ = 0, run_ = 0, emoji_ = 0, last_ = 0;
};

template <size_t kCount>
uint32_t found_in(const std::string& text, const std::string_view (&words)[kCount]) {
  return static_cast<uint32_t>(
      std::count_if(std::begin(words), std::end(words), [&](std::string_view w) { return text.find(w) != std::string::npos; }));
}

float degree_of(const Tally& t) {
  const uint32_t raised = found_in(t.folded, kRaising) + std::min(t.marks, kMostMarks) + std::min(t.shouted, 2u) +
                          std::min(t.drawn_out, 2u) + std::min(t.emoji_rows, 2u);
  const uint32_t lowered = found_in(t.folded, kLowering);
  const float degree = kPlain + kStep * (static_cast<float>(raised) - static_cast<float>(lowered));
  return std::clamp(degree, kLeast, kMost);
}

// Two Han characters count as a word. A language with less than a fifth of the words does not make a text mixed.
uint32_t language_of(uint32_t han_words, uint32_t words) {
  const uint32_t all = han_words + words;
  if (all == 0) return SOTTO_SENTIMENT_LANGUAGE_UNKNOWN;
  if (std::min(han_words, words) * 5 >= all) return SOTTO_SENTIMENT_LANGUAGE_MIXED;
  return han_words > words ? SOTTO_SENTIMENT_LANGUAGE_ZH : SOTTO_SENTIMENT_LANGUAGE_EN;
}

}  // namespace

TextSigns look_at(std::string_view text) {
  Tally tally;
  for (size_t at = 0; at < text.size();) {
    const Character c = character_at(text, at);
    tally.take(c, text.substr(at, c.bytes));
    at += c.bytes;
  }
  tally.end_word();
  tally.folded += ' ';
  TextSigns signs;
  const uint32_t han_words = (tally.han + 1) / 2;
  signs.language = language_of(han_words, tally.words);
  signs.is_chinese = han_words > 0 && han_words >= tally.words;
  signs.is_blank = tally.is_blank;
  signs.degree = degree_of(tally);
  return signs;
}

std::string_view tail(std::string_view text, size_t bytes) {
  if (text.size() <= bytes) return text;
  size_t first = text.size() - bytes;
  for (size_t i = 0; i < 3 && first < text.size() && (static_cast<unsigned char>(text[first]) & 0xC0u) == 0x80u; ++i) ++first;
  return text.substr(first);
}

}  // namespace sotto::sentiment

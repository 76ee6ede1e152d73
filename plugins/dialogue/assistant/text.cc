#include "text.h"

#include <algorithm>

namespace sotto::assistant {
namespace {

constexpr char32_t kReplacement = 0xFFFD;
constexpr size_t kLongestMatched = 400;  // bytes: several holes in a long text are tried in very many ways
constexpr size_t kMostEdit = 256;        // code points beyond which two texts are not compared letter by letter

// Bytes of the character at the front and its code point (Unicode, table 3-7); damaged bytes one at a time.
size_t decode(std::string_view text, char32_t* out) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return *out = first, 1;
  const size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  *out = kReplacement;
  if (first < 0xC2 || first > 0xF4 || text.size() < size) return 1;
  char32_t c = first & (0xFFu >> (size + 1));
  for (size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0u) != 0x80u) return 1;
    c = (c << 6) | (byte(i) & 0x3Fu);
  }
  constexpr char32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  if (c < kLeast[size] || c > 0x10FFFF || (c >= 0xD800 && c < 0xE000)) return 1;
  return *out = c, size;
}

void encode(char32_t c, std::string* out) {
  const auto put = [&](char32_t byte) { out->push_back(static_cast<char>(static_cast<unsigned char>(byte))); };
  if (c < 0x80) return put(c);
  if (c < 0x800) return put(0xC0 | c >> 6), put(0x80 | (c & 0x3F));
  if (c < 0x10000) return put(0xE0 | c >> 12), put(0x80 | (c >> 6 & 0x3F)), put(0x80 | (c & 0x3F));
  put(0xF0 | c >> 18), put(0x80 | (c >> 12 & 0x3F)), put(0x80 | (c >> 6 & 0x3F)), put(0x80 | (c & 0x3F));
}

bool is_digit(char32_t c) { return c >= '0' && c <= '9'; }
bool is_letter(char32_t c) { return (c >= 'a' && c <= 'z') || (c >= 0xC0 && c < 0x2000 && c != 0xD7 && c != 0xF7); }
bool is_word(char32_t c) { return is_digit(c) || is_letter(c) || c == '\'' || c == '%' || c == ':' || c == '.' || c == '-'; }

char32_t folded(char32_t c) {
  if (c >= 0xFF01 && c <= 0xFF5E) c -= 0xFEE0;
  if (c == 0x2019) return '\'';
  return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

// Whether a sign belongs to the number or word around it.
bool is_kept(const std::u32string& text, size_t i) {
  const char32_t c = text[i], before = i > 0 ? text[i - 1] : 0, after = i + 1 < text.size() ? text[i + 1] : 0;
  if (is_han(c) || is_digit(c) || is_letter(c) || c == '{' || c == '}') return true;
  if (c == '%' || c == '+') return is_digit(before) || is_digit(after);
  if (c == '\'') return is_letter(before) && is_letter(after);
  if (c == '-') return is_digit(after) && !is_digit(before) && !is_letter(before);
  if (c == ':' || c == '.') return is_digit(before) && is_digit(after);
  return c >= 0x2000 && c != kReplacement && !(c >= 0x2000 && c < 0x2070) && !(c >= 0x3000 && c < 0x3040) &&
         !(c >= 0xFE10 && c < 0xFF70) && c != 0xFFFC;
}

uint64_t mixed(uint64_t hash, char32_t c) {
  hash = (hash ^ c) * 0x100000001b3u;
  return hash ^ hash >> 29;
}

uint64_t hash_of(std::u32string_view text, uint64_t kind) {
  uint64_t hash = 0xcbf29ce484222325u + kind;
  for (const char32_t c : text) hash = mixed(hash, c);
  return hash;
}

bool match_from(std::string_view pattern, std::string_view text, Holes* holes) {
  const size_t open = pattern.find('{');
  const std::string_view literal = pattern.substr(0, open);
  if (text.substr(0, literal.size()) != literal) return false;
  text.remove_prefix(literal.size());
  if (open == std::string_view::npos) return text.empty();
  const size_t close = pattern.find('}', open);
  if (close == std::string_view::npos) return false;
  const std::string_view rest = pattern.substr(close + 1), next = rest.substr(0, rest.find('{'));
  holes->emplace_back(std::string(pattern.substr(open + 1, close - open - 1)), std::string());
  const size_t mine = holes->size() - 1;
  for (size_t size = rest.empty() ? text.size() : text.find(next, 1); size != std::string_view::npos && size <= text.size();
       size = rest.empty() ? std::string_view::npos : text.find(next, size + 1)) {
    if (size == 0) return holes->pop_back(), false;
    (*holes)[mine].second = std::string(trimmed(text.substr(0, size)));
    if (!(*holes)[mine].second.empty() && (rest.empty() || match_from(rest, text.substr(size), holes))) return true;
    holes->resize(mine + 1);
    if (next.empty()) break;
  }
  return holes->pop_back(), false;
}

}  // namespace

const char* name_of(Language language) { return language == Language::kZh ? "zh" : "en"; }

bool is_han(char32_t c) { return (c >= 0x3400 && c < 0xA000) || (c >= 0xF900 && c < 0xFB00) || (c >= 0x20000 && c < 0x32000); }

std::u32string code_points(std::string_view text) {
  std::u32string out;
  while (!text.empty()) {
    char32_t c = 0;
    text.remove_prefix(decode(text, &c));
    out.push_back(c);
  }
  return out;
}

std::string utf8(std::u32string_view text) {
  std::string out;
  for (const char32_t c : text) encode(c, &out);
  return out;
}

Language language_of(std::string_view text, Language otherwise) {
  size_t han = 0, words = 0;
  bool in_word = false;
  for (const char32_t raw : code_points(text)) {
    const bool is_part = is_letter(folded(raw));
    if (is_part && !in_word) ++words;
    in_word = is_part;
    if (is_han(raw)) ++han;
  }
  if (han == 0 && words == 0) return otherwise;
  return 2 * han >= words && han > 0 ? Language::kZh : Language::kEn;
}

std::string normal_form(std::string_view text) {
  std::u32string all = code_points(text), out;
  for (char32_t& c : all) c = folded(c);
  bool is_apart = false;
  for (size_t i = 0; i < all.size(); ++i) {
    if (!is_kept(all, i)) {
      is_apart = true;
      continue;
    }
    if (is_apart && !out.empty() && !is_han(out.back()) && !is_han(all[i])) out.push_back(' ');
    is_apart = false;
    out.push_back(all[i]);
  }
  return utf8(out);
}

std::string plain_text(std::string_view text, size_t most) {
  std::string out;
  for (const char32_t c : code_points(text)) {
    const bool is_control = c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x2028 || c == 0x2029 || (c >= 0x202A && c < 0x202F) ||
                            (c >= 0x2066 && c < 0x206A) || c == 0x200B || c == 0xFEFF;
    std::string one;
    encode(is_control ? U' ' : c, &one);
    if (out.size() + one.size() > most) break;
    out += one;
  }
  return std::string(trimmed(out));
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\n' || text.front() == '\t' || text.front() == '\r'))
    text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\n' || text.back() == '\t' || text.back() == '\r'))
    text.remove_suffix(1);
  return text;
}

bool starts_with(std::string_view text, std::string_view head) { return text.substr(0, head.size()) == head; }
bool ends_with(std::string_view text, std::string_view tail) {
  return text.size() >= tail.size() && text.substr(text.size() - tail.size()) == tail;
}

size_t find_words(std::string_view whole, std::string_view part) {
  if (part.empty()) return std::string_view::npos;
  const auto is_border = [&](size_t at) {
    if (at == 0 || at == whole.size()) return true;
    const auto a = static_cast<unsigned char>(whole[at - 1]), b = static_cast<unsigned char>(whole[at]);
    return a == ' ' || b == ' ' || a >= 0x80 || b >= 0x80;
  };
  for (size_t at = whole.find(part); at != std::string_view::npos; at = whole.find(part, at + 1))
    if (is_border(at) && is_border(at + part.size())) return at;
  return std::string_view::npos;
}

bool contains(std::string_view whole, std::string_view part) { return find_words(whole, part) != std::string_view::npos; }

Grams grams_of(std::string_view normal) {
  const std::u32string text = code_points(normal);
  Grams grams;
  std::u32string_view before;
  for (size_t i = 0; i < text.size();) {
    if (text[i] == ' ') {
      ++i;
      continue;
    }
    size_t end = i + 1;
    if (is_word(text[i]))
      while (end < text.size() && is_word(text[end])) ++end;
    const std::u32string_view word = std::u32string_view(text).substr(i, end - i);
    grams.push_back(hash_of(word, 1));
    if (!before.empty()) grams.push_back(mixed(hash_of(before, 2), U'|') ^ hash_of(word, 3));
    for (size_t k = 0; word.size() > 3 && k + 3 <= word.size(); ++k) grams.push_back(hash_of(word.substr(k, 3), 4));
    before = word;
    i = end;
  }
  std::sort(grams.begin(), grams.end());
  grams.erase(std::unique(grams.begin(), grams.end()), grams.end());
  return grams;
}

double likeness(const Grams& a, const Grams& b) {
  if (a.empty() || b.empty()) return 0;
  size_t common = 0;
  for (size_t i = 0, k = 0; i < a.size() && k < b.size();) {
    if (a[i] == b[k])
      ++common, ++i, ++k;
    else if (a[i] < b[k])
      ++i;
    else
      ++k;
  }
  return 2.0 * static_cast<double>(common) / static_cast<double>(a.size() + b.size());
}

double edit_likeness(std::string_view first, std::string_view second) {
  const std::u32string a = code_points(first), b = code_points(second);
  if (a.size() > kMostEdit || b.size() > kMostEdit) return first == second ? 1 : 0;
  if (a.empty() || b.empty()) return a.size() == b.size() ? 1 : 0;
  std::vector<size_t> row(b.size() + 1);
  for (size_t k = 0; k <= b.size(); ++k) row[k] = k;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t k = 1; k <= b.size(); ++k) {
      const size_t kept = diagonal + (a[i - 1] == b[k - 1] ? 0 : 1);
      diagonal = row[k];
      row[k] = std::min({kept, row[k] + 1, row[k - 1] + 1});
    }
  }
  return 1.0 - static_cast<double>(row[b.size()]) / static_cast<double>(std::max(a.size(), b.size()));
}

bool match_pattern(std::string_view pattern, std::string_view normal, Holes* holes) {
  holes->clear();
  if (normal.size() > kLongestMatched) return false;
  return match_from(pattern, normal, holes);
}

}  // namespace sotto::assistant

#include "text/pre_tokenizer.h"

#include <algorithm>

#include "text/unicode.h"

namespace sotto {
namespace {

// A cursor over [at, end) with the classes of characters.
class Scan {
 public:
  Scan(const Characters& text, size_t at, size_t end) : text_(text), at_(at), end_(end) {}

  bool has(size_t i) const { return i < end_; }
  uint32_t cp(size_t i) const { return has(i) ? text_.code_points[i] : 0; }
  bool is(size_t i, int classes) const { return has(i) && (text_.classes[i] & classes) != 0; }
  bool none_of(size_t i, int classes) const { return has(i) && (text_.classes[i] & classes) == 0; }
  bool line_end(size_t i) const { return has(i) && (cp(i) == '\n' || cp(i) == '\r'); }
  size_t start() const { return at_; }

  // The first index from `i` whose character is not of / is of the classes.
  size_t skip(size_t i, int classes) const {
    while (is(i, classes)) ++i;
    return i;
  }
  size_t skip_none_of(size_t i, int classes) const {
    while (none_of(i, classes)) ++i;
    return i;
  }
  size_t skip_line_ends(size_t i) const {
    while (line_end(i)) ++i;
    return i;
  }

 private:
  const Characters& text_;
  size_t at_, end_;
};

// 's 't 're 've 'm 'll 'd; length or 0. The case-insensitive form folds ASCII and U+017F, which folds to s.
size_t contraction(const Scan& s, size_t at, bool any_case) {
  if (s.cp(at) != '\'') return 0;
  const auto letter = [&](size_t i) -> uint32_t {
    const uint32_t cp = s.cp(i);
    if (!any_case) return cp;
    return cp >= 'A' && cp <= 'Z' ? cp + 32 : cp == 0x17F ? uint32_t{'s'} : cp;
  };
  const uint32_t a = letter(at + 1), b = letter(at + 2);
  if (a == 's' || a == 't') return 2;
  if ((a == 'r' || a == 'v') && b == 'e') return 3;
  if (a == 'm') return 2;
  if (a == 'l' && b == 'l') return 3;
  return a == 'd' ? 2 : 0;
}

// \s+(?!\S)|\s+ : white space up to the last one before a word, which keeps its own; all of it at the end.
size_t white_space(const Scan& s, size_t at) {
  const size_t end = s.skip(at, kSpace);
  if (end == at) return 0;
  if (!s.has(end) || end - at == 1) return end - at;
  return end - 1 - at;
}

// \s*[\r\n]+ : white space up to and with the last line end in it.
size_t white_space_with_line_end(const Scan& s, size_t at) {
  size_t last = 0;
  for (size_t i = at; s.is(i, kSpace); ++i)
    if (s.line_end(i)) last = i + 1;
  return last ? last - at : 0;
}

// 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
size_t match_gpt2(const Characters& text, size_t at, size_t end) {
  const Scan s(text, at, end);
  if (const size_t n = contraction(s, at, false)) return n;
  const size_t from = at + (s.cp(at) == ' ' ? 1 : 0);
  if (s.is(from, kLetter)) return s.skip(from, kLetter) - at;
  if (s.is(from, kNumber)) return s.skip(from, kNumber) - at;
  if (s.none_of(from, kSpace | kLetter | kNumber)) return s.skip_none_of(from, kSpace | kLetter | kNumber) - at;
  return white_space(s, at);
}

// [\p{P}$+<=>^~|]+
size_t match_marks(const Characters& text, size_t at, size_t end) {
  constexpr std::string_view kSymbols = "$+<=>^~|";
  const Scan s(text, at, end);
  size_t i = at;
  while (s.is(i, kPunctuation) || (s.has(i) && s.cp(i) < 0x80 && kSymbols.find(static_cast<char>(s.cp(i))) != kSymbols.npos))
    ++i;
  return i - at;
}

// (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,digits}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
size_t match_llama3_family(const Characters& text, size_t at, size_t end, size_t digits) {
  const Scan s(text, at, end);
  if (const size_t n = contraction(s, at, true)) return n;
  if (s.is(at, kLetter)) return s.skip(at, kLetter) - at;
  if (s.none_of(at, kLetter | kNumber) && !s.line_end(at) && s.is(at + 1, kLetter)) return s.skip(at + 1, kLetter) - at;
  if (s.is(at, kNumber)) return std::min(s.skip(at, kNumber) - at, digits);
  const size_t from = at + (s.cp(at) == ' ' ? 1 : 0);
  if (s.none_of(from, kSpace | kLetter | kNumber))
    return s.skip_line_ends(s.skip_none_of(from, kSpace | kLetter | kNumber)) - at;
  if (const size_t n = white_space_with_line_end(s, at)) return n;
  return white_space(s, at);
}
size_t match_llama3(const Characters& text, size_t at, size_t end) { return match_llama3_family(text, at, end, 3); }
size_t match_qwen2(const Characters& text, size_t at, size_t end) { return match_llama3_family(text, at, end, 1); }

// \p{N}
size_t match_digit(const Characters& text, size_t at, size_t end) { return Scan(text, at, end).is(at, kNumber) ? 1 : 0; }
// \p{N}+
size_t match_digits(const Characters& text, size_t at, size_t end) { return Scan(text, at, end).skip(at, kNumber) - at; }
// \p{N}{1,3}
size_t match_digits_3(const Characters& text, size_t at, size_t end) {
  return std::min<size_t>(match_digits(text, at, end), 3);
}

// [0-9][0-9][0-9]
size_t match_ascii_digits_3(const Characters& text, size_t at, size_t end) {
  const auto digit = [&](size_t i) { return text.code_points[i] >= '0' && text.code_points[i] <= '9'; };
  return end - at >= 3 && digit(at) && digit(at + 1) && digit(at + 2) ? 3 : 0;
}

// [\r\n]
size_t match_line_end(const Characters& text, size_t at, size_t end) { return Scan(text, at, end).line_end(at) ? 1 : 0; }

// \s?[class]+
template <class Test>
size_t match_spaced(const Scan& s, size_t at, Test test) {
  size_t i = at;
  if (s.is(i, kSpace) && !(test(i))) ++i;
  const size_t from = i;
  while (s.has(i) && test(i)) ++i;
  return i > from ? i - at : 0;
}
// \s?[cased letters]+ : the letters that deepseek-llm lists, those of Unicode 11 to 12 but for Georgian and some others
constexpr struct {
  uint32_t first, last;
} kDeepseekLetters[] = {
    {0x41, 0x5A},       {0x61, 0x7A},       {0xB5, 0xB5},       {0xC0, 0xD6},       {0xD8, 0xF6},       {0xF8, 0x1BA},
    {0x1BC, 0x1BF},     {0x1C4, 0x293},     {0x295, 0x2AF},     {0x370, 0x373},     {0x376, 0x376},     {0x377, 0x377},
    {0x37B, 0x37D},     {0x37F, 0x37F},     {0x386, 0x386},     {0x388, 0x38A},     {0x38C, 0x38C},     {0x38E, 0x3A1},
    {0x3A3, 0x3F5},     {0x3F7, 0x481},     {0x48A, 0x52F},     {0x531, 0x556},     {0x10A0, 0x10C5},   {0x13A0, 0x13F5},
    {0x13F8, 0x13FD},   {0x1C90, 0x1CBA},   {0x1CBD, 0x1CBF},   {0x1D00, 0x1D2B},   {0x1D6B, 0x1D77},   {0x1D79, 0x1D9A},
    {0x1E00, 0x1F15},   {0x1F18, 0x1F1D},   {0x1F20, 0x1F45},   {0x1F48, 0x1F4D},   {0x1F50, 0x1F57},   {0x1F59, 0x1F59},
    {0x1F5B, 0x1F5B},   {0x1F5D, 0x1F5D},   {0x1F5F, 0x1F7D},   {0x1F80, 0x1FB4},   {0x1FB6, 0x1FBC},   {0x1FBE, 0x1FBE},
    {0x1FC2, 0x1FC4},   {0x1FC6, 0x1FCC},   {0x1FD0, 0x1FD3},   {0x1FD6, 0x1FDB},   {0x1FE0, 0x1FEC},   {0x1FF2, 0x1FF4},
    {0x1FF6, 0x1FFC},   {0x2102, 0x2102},   {0x2107, 0x2107},   {0x210A, 0x2113},   {0x2115, 0x2115},   {0x2119, 0x211D},
    {0x2124, 0x2124},   {0x2126, 0x2126},   {0x2128, 0x2128},   {0x212A, 0x212D},   {0x212F, 0x2134},   {0x2139, 0x2139},
    {0x213C, 0x213F},   {0x2145, 0x2149},   {0x214E, 0x214E},   {0x2183, 0x2183},   {0x2184, 0x2184},   {0x2C00, 0x2C7B},
    {0x2C7E, 0x2CE4},   {0x2CEB, 0x2CEE},   {0x2CF2, 0x2CF2},   {0x2CF3, 0x2CF3},   {0xA640, 0xA66D},   {0xA680, 0xA69B},
    {0xA722, 0xA76F},   {0xA771, 0xA787},   {0xA78B, 0xA78E},   {0xAB70, 0xABBF},   {0xFB00, 0xFB06},   {0xFB13, 0xFB17},
    {0xFF21, 0xFF3A},   {0xFF41, 0xFF5A},   {0x10400, 0x1044F}, {0x104B0, 0x104D3}, {0x104D8, 0x104FB}, {0x10C80, 0x10CB2},
    {0x10CC0, 0x10CF2}, {0x118A0, 0x118DF}, {0x1E900, 0x1E943},
};
bool is_deepseek_letter(uint32_t cp) {
  const auto* range = std::lower_bound(std::begin(kDeepseekLetters), std::end(kDeepseekLetters), cp,
                                       [](const auto& r, uint32_t x) { return r.last < x; });
  return range != std::end(kDeepseekLetters) && cp >= range->first;
}
size_t match_spaced_deepseek_letters(const Characters& text, size_t at, size_t end) {
  const Scan s(text, at, end);
  return match_spaced(s, at, [&](size_t i) { return is_deepseek_letter(s.cp(i)); });
}
size_t match_spaced_letters(const Characters& text, size_t at, size_t end) {
  const Scan s(text, at, end);
  return match_spaced(s, at, [&](size_t i) { return s.is(i, kLetter); });
}
size_t match_spaced_punctuation(const Characters& text, size_t at, size_t end) {
  const Scan s(text, at, end);
  return match_spaced(s, at, [&](size_t i) { return s.is(i, kPunctuation); });
}
// \s?[!-/:-~！-／：-～‘-‟　-。]+
size_t match_spaced_marks(const Characters& text, size_t at, size_t end) {
  const Scan s(text, at, end);
  const auto in = [](uint32_t cp, uint32_t first, uint32_t last) { return cp >= first && cp <= last; };
  return match_spaced(s, at, [&](size_t i) {
    const uint32_t cp = s.cp(i);
    return in(cp, '!', '/') || in(cp, ':', '~') || in(cp, 0xFF01, 0xFF0F) || in(cp, 0xFF1A, 0xFF5E) || in(cp, 0x2018, 0x201F) ||
           in(cp, 0x3000, 0x3002);
  });
}
// \s+$
size_t match_trailing_space(const Characters& text, size_t at, size_t end) {
  const size_t stop = Scan(text, at, end).skip(at, kSpace);
  return stop == end ? stop - at : 0;
}
// [一-龥ࠀ-一가-퟿]+ : the second range, U+0800 to U+4E00, takes in kana and much else
size_t match_han_and_hangul(const Characters& text, size_t at, size_t end) {
  size_t i = at;
  for (; i < end; ++i) {
    const uint32_t cp = text.code_points[i];
    if (!((cp >= 0x0800 && cp <= 0x9FA5) || (cp >= 0xAC00 && cp <= 0xD7FF))) break;
  }
  return i - at;
}
// [一-龥぀-ゟ゠-ヿ]+
size_t match_han_and_kana(const Characters& text, size_t at, size_t end) {
  size_t i = at;
  for (; i < end; ++i) {
    const uint32_t cp = text.code_points[i];
    if (!((cp >= 0x4E00 && cp <= 0x9FA5) || (cp >= 0x3040 && cp <= 0x30FF))) break;
  }
  return i - at;
}
// [ASCII punctuation][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
size_t match_deepseek3(const Characters& text, size_t at, size_t end) {
  const Scan s(text, at, end);
  const auto ascii_letter = [&](size_t i) {
    const uint32_t cp = s.cp(i) | 0x20;
    return s.has(i) && cp >= 'a' && cp <= 'z';
  };
  const uint32_t first = s.cp(at);
  const bool ascii_mark = first > 0x20 && first < 0x7F && s.is(at, kPunctuation | kSymbol);
  if (ascii_mark && ascii_letter(at + 1)) {
    size_t i = at + 1;
    while (ascii_letter(i)) ++i;
    return i - at;
  }
  const int word = kLetter | kMark;
  if (!s.line_end(at) && s.none_of(at, kLetter | kPunctuation | kSymbol) && s.is(at + 1, word))
    return s.skip(at + 1, word) - at;
  if (s.is(at, word)) return s.skip(at, word) - at;
  const size_t from = at + (first == ' ' ? 1 : 0);
  if (s.is(from, kPunctuation | kSymbol)) return s.skip_line_ends(s.skip(from, kPunctuation | kSymbol)) - at;
  if (const size_t n = white_space_with_line_end(s, at)) return n;
  return white_space(s, at);
}

// Of names that llama.cpp writes, those whose rules are one of the families' above.
constexpr PreTokenizer kPreTokenizers[] = {
    {"gpt-2 gpt2 phi-2 roberta-bpe jina-es jina-de jina-v1-en jina-v2-es jina-v2-de jina-v2-code mpt olmo jais trillion "
     "granite-docling gigachat mellum modern-bert a.x-4.0 exaone4",
     {match_gpt2},
     false},
    // For files that do not say, and those of before there was a name to say.
    {"default", {match_marks, match_gpt2, match_digits, match_ascii_digits_3}, false},
    {"llama-bpe llama3 llama-v3 falcon3 falcon-h1 pixtral midm-2.0 lfm2", {match_llama3}, true},
    {"dbrx smaug-bpe", {match_llama3}, false},
    {"qwen2 deepseek-r1-qwen megrez stablelm2 hunyuan kormo openpangu f2llmv2 solar-open grok-2", {match_qwen2}, false},
    {"smollm codeshell starcoder refact command-r exaone minerva-7b", {match_digit, match_gpt2}, false},
    {"deepseek-llm",
     {match_line_end, match_spaced_deepseek_letters, match_spaced_marks, match_trailing_space, match_han_and_hangul,
      match_digits},
     false},
    {"deepseek-coder",
     {match_line_end, match_spaced_letters, match_spaced_punctuation, match_han_and_hangul, match_digit},
     false},
    {"deepseek-v3 hunyuan-dense joyai-llm", {match_digits_3, match_han_and_kana, match_deepseek3}, false},
};

bool lists(std::string_view names, std::string_view name) {
  for (size_t at = 0; at < names.size();) {
    const size_t end = std::min(names.find(' ', at), names.size());
    if (names.substr(at, end - at) == name) return true;
    at = end + 1;
  }
  return false;
}

}  // namespace

Characters::Characters(std::string_view text) {
  code_points.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const Character c = decode_character(text, at);
    code_points.push_back(c.code_point);
    classes.push_back(classify(c.code_point));
    offsets.push_back(static_cast<uint32_t>(at));
    at += c.bytes;
  }
  offsets.push_back(static_cast<uint32_t>(text.size()));
}

const PreTokenizer* find_pre_tokenizer(std::string_view name) {
  const auto* row = std::find_if(std::begin(kPreTokenizers), std::end(kPreTokenizers),
                                 [&](const PreTokenizer& p) { return lists(p.names, name); });
  return row == std::end(kPreTokenizers) || name.empty() ? nullptr : row;
}

std::string known_pre_tokenizers() {
  std::string list;
  for (const PreTokenizer& p : kPreTokenizers) {
    const std::string_view names = p.names;
    list += (list.empty() ? "" : ", ") + std::string(names.substr(0, names.find(' ')));
  }
  return list;
}

std::vector<size_t> cut_words(const PreTokenizer& rules, const Characters& text) {
  std::vector<size_t> ends;
  if (text.size() > 0) ends.push_back(text.size());
  for (const Matcher match : rules.steps) {
    if (!match) break;
    std::vector<size_t> finer;
    size_t start = 0;
    for (const size_t end : ends) {
      size_t loose = start;  // beginning of what no match has taken yet
      for (size_t at = start; at < end;) {
        const size_t n = match(text, at, end);
        if (n == 0) {
          ++at;
          continue;
        }
        if (at > loose) finer.push_back(at);
        finer.push_back(at + n);
        at += n;
        loose = at;
      }
      if (loose < end) finer.push_back(end);
      start = end;
    }
    ends = std::move(finer);
  }
  return ends;
}

}  // namespace sotto

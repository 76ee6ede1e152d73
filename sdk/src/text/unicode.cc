#include "text/unicode.h"

#include <algorithm>
#include <array>

#include "text/unicode_tables.h"

namespace sotto {
namespace {

constexpr uint32_t kHangulS = 0xAC00, kHangulL = 0x1100, kHangulV = 0x1161, kHangulT = 0x11A7;
constexpr uint32_t kCountL = 19, kCountV = 21, kCountT = 28, kCountS = kCountL * kCountV * kCountT;

uint8_t look_up(const CategoryRun* runs, size_t count, uint32_t code_point) {
  const auto* after =
      std::upper_bound(runs, runs + count, code_point, [](uint32_t cp, const CategoryRun& r) { return cp < r.first; });
  return (after - 1)->value;
}

uint8_t combining_class(uint32_t cp) { return cp < 0x300 ? uint8_t{0} : look_up(kCombiningRuns, kCombiningRunCount, cp); }

void decompose(uint32_t cp, std::vector<uint32_t>* out) {
  if (cp >= kHangulS && cp < kHangulS + kCountS) {
    const uint32_t s = cp - kHangulS;
    out->push_back(kHangulL + s / (kCountV * kCountT));
    out->push_back(kHangulV + s % (kCountV * kCountT) / kCountT);
    if (s % kCountT) out->push_back(kHangulT + s % kCountT);
    return;
  }
  const auto* end = kDecompositions + kDecompositionCount;
  const auto* row = std::lower_bound(kDecompositions, end, cp, [](const Decomposition& d, uint32_t x) { return d.whole < x; });
  if (cp < 0xC0 || row == end || row->whole != cp) {
    out->push_back(cp);
    return;
  }
  decompose(row->first, out);  // at most a few levels deep: the data has no cycles
  if (row->second) out->push_back(row->second);
}

// The primary composite of two characters, or 0.
uint32_t compose(uint32_t a, uint32_t b) {
  if (a >= kHangulL && a < kHangulL + kCountL && b >= kHangulV && b < kHangulV + kCountV)
    return kHangulS + ((a - kHangulL) * kCountV + (b - kHangulV)) * kCountT;
  if (a >= kHangulS && a < kHangulS + kCountS && (a - kHangulS) % kCountT == 0 && b > kHangulT && b < kHangulT + kCountT)
    return a + (b - kHangulT);
  const auto* end = kCompositions + kCompositionCount;
  const auto* row = std::lower_bound(
      kCompositions, end, b, [a](const Decomposition& d, uint32_t x) { return d.first != a ? d.first < a : d.second < x; });
  return row != end && row->first == a && row->second == b ? row->whole : 0;
}

void reorder(std::vector<uint32_t>* text) {
  for (size_t i = 0; i < text->size();) {
    if (combining_class((*text)[i]) == 0) {
      ++i;
      continue;
    }
    size_t end = i;
    while (end < text->size() && combining_class((*text)[end]) != 0) ++end;
    std::stable_sort(text->begin() + static_cast<std::ptrdiff_t>(i), text->begin() + static_cast<std::ptrdiff_t>(end),
                     [](uint32_t x, uint32_t y) { return combining_class(x) < combining_class(y); });
    i = end;
  }
}

}  // namespace

Character decode_character(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[at + i]); };
  const uint8_t lead = byte(0);
  if (lead < 0x80) return {lead, 1, true};
  // Length and the range of the second byte, from the lead (Unicode 15, table 3-7).
  const int length = lead >= 0xC2 && lead <= 0xDF ? 2 : lead >= 0xE0 && lead <= 0xEF ? 3 : lead >= 0xF0 && lead <= 0xF4 ? 4 : 0;
  if (length == 0) return {kReplacement, 1, false};
  const uint8_t low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const uint8_t high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  uint32_t cp = lead & (0x7Fu >> length);
  for (int i = 1; i < length; ++i) {
    const bool fits = at + static_cast<size_t>(i) < text.size() && byte(static_cast<size_t>(i)) >= (i == 1 ? low : 0x80) &&
                      byte(static_cast<size_t>(i)) <= (i == 1 ? high : 0xBF);
    if (!fits) return {kReplacement, static_cast<uint8_t>(i), false};
    cp = cp << 6 | (byte(static_cast<size_t>(i)) & 0x3Fu);
  }
  return {cp, static_cast<uint8_t>(length), true};
}

void append_utf8(uint32_t cp, std::string* out) {
  if (cp < 0x80) {
    *out += static_cast<char>(cp);
  } else if (cp < 0x800) {
    *out += static_cast<char>(0xC0 | cp >> 6);
    *out += static_cast<char>(0x80 | (cp & 0x3F));
  } else if (cp < 0x10000) {
    *out += static_cast<char>(0xE0 | cp >> 12);
    *out += static_cast<char>(0x80 | (cp >> 6 & 0x3F));
    *out += static_cast<char>(0x80 | (cp & 0x3F));
  } else {
    *out += static_cast<char>(0xF0 | cp >> 18);
    *out += static_cast<char>(0x80 | (cp >> 12 & 0x3F));
    *out += static_cast<char>(0x80 | (cp >> 6 & 0x3F));
    *out += static_cast<char>(0x80 | (cp & 0x3F));
  }
}

bool is_valid_utf8(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const Character c = decode_character(text, at);
    if (!c.is_valid) return false;
    at += c.bytes;
  }
  return true;
}

std::string replace_invalid_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const Character c = decode_character(text, at);
    append_utf8(c.code_point, &out);
    at += c.bytes;
  }
  return out;
}

size_t incomplete_tail(std::string_view text) {
  for (size_t back = 1; back <= 3 && back <= text.size(); ++back) {
    const auto lead = static_cast<uint8_t>(text[text.size() - back]);
    if ((lead & 0xC0) == 0x80) continue;
    const size_t length = lead >= 0xF0 && lead <= 0xF4   ? 4
                          : lead >= 0xE0 && lead <= 0xEF ? 3
                          : lead >= 0xC2 && lead <= 0xDF ? 2
                                                         : 1;
    if (length <= back) return 0;
    // Cut short, and so far nothing that can never become a character.
    return decode_character(text, text.size() - back).bytes == back ? back : 0;
  }
  return 0;
}

uint8_t classify(uint32_t cp) {
  static const std::array<uint8_t, 0x3000> kLow = [] {
    std::array<uint8_t, 0x3000> table{};
    for (uint32_t i = 0; i < table.size(); ++i) table[i] = look_up(kCategoryRuns, kCategoryRunCount, i);
    return table;
  }();
  if (cp < kLow.size()) return kLow[cp];
  return look_up(kCategoryRuns, kCategoryRunCount, cp);
}

std::string to_nfc(std::string_view text) {
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) { return static_cast<uint8_t>(c) < 0xCC; });
  if (plain) return std::string(text);  // nothing below U+0300 combines or decomposes when composed already
  std::vector<uint32_t> d;
  for (size_t at = 0; at < text.size();) {
    const Character c = decode_character(text, at);
    decompose(c.code_point, &d);
    at += c.bytes;
  }
  reorder(&d);
  std::vector<uint32_t> out;
  size_t starter = SIZE_MAX;
  for (const uint32_t cp : d) {
    const uint8_t ccc = combining_class(cp);
    // A mark composes with the last starter unless one of the same or a higher class, or another starter, stands between.
    const bool blocked = starter == SIZE_MAX || (starter + 1 != out.size() && (combining_class(out.back()) >= ccc || ccc == 0));
    const uint32_t whole = blocked ? 0 : compose(out[starter], cp);
    if (whole) {
      out[starter] = whole;
      continue;
    }
    if (ccc == 0) starter = out.size();
    out.push_back(cp);
  }
  std::string result;
  for (const uint32_t cp : out) append_utf8(cp, &result);
  return result;
}

}  // namespace sotto

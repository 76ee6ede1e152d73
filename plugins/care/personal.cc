#include "personal.h"

#include <algorithm>

#include "characters.h"
#include "sotto/care.h"

namespace sotto::care {
namespace {

constexpr size_t kLongestNumber = 48;
constexpr size_t kLongestMail = 254;
constexpr size_t kSpokenPhone = 11;                                  // Han digits of a mobile number
constexpr std::string_view kHanDigits = "零〇一二三四五六七八九幺";  // 3 bytes each

bool is_word(uint32_t c) { return is_letter(c) || is_digit(c) || c == '_'; }
bool is_mail_sign(uint32_t c) { return is_word(c) || c == '.' || c == '%' || c == '+' || c == '-'; }

// A stretch of characters, folded to ASCII; others end it.
struct Stretch {
  std::string text;
  std::vector<size_t> at;  // byte of each character; one more for the end
  bool is_open = false;    // the text ended and more may come
};

template <class Belongs>
Stretch stretch_at(std::string_view text, size_t at, size_t most, bool is_final, Belongs&& belongs) {
  Stretch s;
  while (at < text.size() && s.text.size() < most) {
    if (is_cut(text, at)) break;
    const Character c = character_at(text, at);
    if (c.code >= 0x80 || !belongs(c.code)) break;
    s.text += static_cast<char>(c.code);
    s.at.push_back(at);
    at += c.bytes;
  }
  s.at.push_back(at);
  s.is_open = !is_final && s.text.size() < most && (at >= text.size() || is_cut(text, at));
  return s;
}

// --- numbers

struct Group {
  size_t begin, end;  // of Stretch::text
  char before;        // the sign before it: '+', ' ', '-', '.', '(' and ')' may stand together, the last counts; 0: none
  bool in_brackets;
};

std::vector<Group> groups_of(const std::string& text) {
  std::vector<Group> groups;
  char before = 0;
  for (size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (!is_digit(static_cast<uint8_t>(c))) {
      before = c;
      ++at;
      continue;
    }
    size_t end = at;
    while (end < text.size() && is_digit(static_cast<uint8_t>(text[end]))) ++end;
    if (end - at == 17 && end < text.size() && text[end] == 'x') ++end;
    groups.push_back({at, end, before, at > 0 && text[at - 1] == '(' && end < text.size() && text[end] == ')'});
    before = 0;
    at = end;
  }
  return groups;
}

// A candidate: some groups side by side.
struct Number {
  std::string digits, shape, signs;  // "13812345678", "3 4 4" as characters of lengths, what stands between them
  bool has_plus = false, has_brackets = false;
};

Number number_of(const std::string& text, const Group* first, const Group* end) {
  Number n;
  n.has_plus = first->before == '+';
  for (const Group* g = first; g < end; ++g) {
    n.digits.append(text, g->begin, g->end - g->begin);
    n.shape += static_cast<char>('0' + (g->end - g->begin));
    if (g > first) n.signs += g->before;
    n.has_brackets = n.has_brackets || g->in_brackets;
  }
  return n;
}

bool only(const std::string& signs, std::string_view allowed) {
  return std::all_of(signs.begin(), signs.end(), [&](char c) { return allowed.find(c) != std::string_view::npos; });
}

bool is_card(const Number& n) {
  const size_t size = n.digits.size();
  if (size < 13 || size > 19 || n.digits[0] < '3' || n.digits[0] > '6' || !only(n.signs, " -")) return false;
  const bool in_fours = n.shape.size() >= 4 && n.shape.compare(0, 3, "444") == 0;
  return (n.shape.size() == 1 || in_fours || n.shape == "465") && passes_luhn(n.digits);
}

bool is_us_social(const Number& n) {
  const std::string& d = n.digits;
  return n.shape == "324" && n.signs == "--" && d.compare(0, 3, "000") != 0 && d.compare(0, 3, "666") != 0 && d[0] != '9' &&
         d.compare(3, 2, "00") != 0 && d.compare(5, 4, "0000") != 0;
}

bool is_chinese_phone(Number n) {
  if (!only(n.signs, " -)")) return false;
  for (const std::string_view country : {"0086", "86"})
    if (n.digits.size() > 11 && n.digits.compare(0, country.size(), country) == 0) n.digits.erase(0, country.size());
  const std::string& d = n.digits;
  if (d.size() == 11 && d[0] == '1' && d[1] >= '3') return n.shape.size() <= 4;
  const bool has_area = n.shape.size() >= 2 && d[0] == '0';  // 010-62345678; run together it could be anything
  const size_t area = has_area ? static_cast<size_t>(n.shape[0] - '0') : 0;
  return has_area && (area == 3 || area == 4) && d.size() - area >= 7 && d.size() - area <= 8 && d[area] >= '2';
}

bool is_american_phone(const Number& n) {
  const bool has_country = n.shape == "1334";
  if (!has_country && n.shape != "334") return false;
  const std::string d = n.digits.substr(has_country ? 1 : 0);
  return d[0] >= '2' && d[3] >= '2' && only(n.signs, " -.)") && (!has_country || n.digits[0] == '1');
}

uint32_t kind_of(const Number& n) {
  if (n.shape.size() == 1 && is_resident_id(n.digits)) return SOTTO_CARE_ID_NUMBER;
  if (is_us_social(n)) return SOTTO_CARE_ID_NUMBER;
  if (is_card(n)) return SOTTO_CARE_CARD;
  const bool is_abroad = n.has_plus && n.digits.size() >= 8 && n.digits.size() <= 15 && only(n.signs, " -)");
  return is_abroad || is_chinese_phone(n) || is_american_phone(n) ? SOTTO_CARE_PHONE : 0u;
}

// Of each row of groups the longest that is something, from the left.
void find_numbers(const Stretch& s, size_t offset, const PersonalScanner::OnMatch& on_match) {
  constexpr size_t kMostGroups = 6;
  const std::vector<Group> groups = groups_of(s.text);
  for (size_t i = 0; i < groups.size();) {
    size_t next = i + 1;
    for (size_t end = std::min(groups.size(), i + kMostGroups); end > i; --end) {
      const size_t behind = groups[end - 1].end;
      if (behind < s.text.size() && s.text[behind] == 'x') continue;  // a word goes on
      const uint32_t kind = kind_of(number_of(s.text, &groups[i], groups.data() + end));
      if (kind == 0) continue;
      size_t begin = groups[i].begin;
      while (begin > 0 && (s.text[begin - 1] == '+' || s.text[begin - 1] == '(')) --begin;
      on_match({kind, offset + s.at[begin], offset + s.at[groups[end - 1].end]});
      next = end;
      break;
    }
    i = next;
  }
}

bool in_number(uint32_t c) {
  return is_digit(c) || c == ' ' || c == '-' || c == '.' || c == '(' || c == ')' || c == '+' || c == 'x';
}

// --- mail

// Characters of `s` from its begin that are an address; 0: none.
size_t mail_in(const std::string& s) {
  const size_t at = s.find('@');
  if (at == std::string::npos || at == 0) return 0;
  size_t end = at + 1;
  while (end < s.size() && (is_word(static_cast<uint8_t>(s[end])) || s[end] == '-' || s[end] == '.')) ++end;
  while (end > at + 1 && !is_letter(static_cast<uint8_t>(s[end - 1]))) --end;
  const size_t point = s.rfind('.', end - 1);
  return point != std::string::npos && point > at + 1 && end - point >= 3 ? end : 0;
}

bool is_han_digit(std::string_view text, size_t at) {
  if (at + 3 > text.size()) return false;
  for (size_t i = 0; i < kHanDigits.size(); i += 3)
    if (text.compare(at, 3, kHanDigits, i, 3) == 0) return true;
  return false;
}

}  // namespace

bool passes_luhn(std::string_view digits) {
  uint32_t sum = 0;
  for (size_t i = 0; i < digits.size(); ++i) {
    const uint32_t d = static_cast<uint8_t>(digits[digits.size() - 1 - i]) - uint32_t{'0'};
    sum += i % 2 == 0 ? d : d * 2 - (d > 4 ? 9 : 0);
  }
  return sum % 10 == 0;
}

bool is_resident_id(std::string_view id) {
  constexpr uint32_t kWeights[] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
  constexpr std::string_view kChecks = "10x98765432";
  if (id.size() != 18 || id[0] == '0') return false;
  const auto number = [&](size_t at, size_t count) {
    uint32_t n = 0;
    for (size_t i = at; i < at + count; ++i) n = n * 10 + (static_cast<uint8_t>(id[i]) - uint32_t{'0'});
    return n;
  };
  const uint32_t year = number(6, 4), month = number(10, 2), day = number(12, 2);
  if (year < 1850 || year > 2099 || month < 1 || month > 12 || day < 1 || day > 31) return false;
  uint32_t sum = 0;
  for (size_t i = 0; i < 17; ++i) sum += (static_cast<uint8_t>(id[i]) - uint32_t{'0'}) * kWeights[i];
  return id[17] == kChecks[sum % 11];
}

size_t PersonalScanner::scan(std::string_view text, size_t offset, bool is_final) {
  size_t at = 0;
  while (at < text.size()) {
    if (!is_final && is_cut(text, at)) return at;
    const Character c = character_at(text, at);
    const bool may_begin = !is_in_word_ && (is_digit(c.code) || is_letter(c.code) || c.code == '+' || c.code == '(');
    if (may_begin && offset + at >= no_mail_before_) {
      const Stretch mail = stretch_at(text, at, kLongestMail, is_final, [](uint32_t l) { return is_mail_sign(l) || l == '@'; });
      if (mail.is_open) return at;
      if (const size_t size = mail_in(mail.text); size > 0) {
        on_match_({SOTTO_CARE_MAIL, offset + at, offset + mail.at[size]});
        at = mail.at[size];
        is_in_word_ = true;
        continue;
      }
      no_mail_before_ = offset + mail.at.back();
    }
    if (may_begin && !is_letter(c.code)) {
      const Stretch number = stretch_at(text, at, kLongestNumber, is_final, in_number);
      if (number.is_open) return at;
      const size_t end = number.at.back();
      const bool ends_word = end >= text.size() || !is_letter(character_at(text, end).code);
      size_t last = number.text.size();  // signs at the end are not of it
      while (last > 1 && !is_digit(static_cast<uint8_t>(number.text[last - 1])) && number.text[last - 1] != 'x') --last;
      if (ends_word || last < number.text.size()) find_numbers(number, offset, on_match_);
      at = number.at[last];
      is_in_word_ = true;
      continue;
    }
    if (!is_in_word_ && is_han_digit(text, at)) {
      size_t end = at;
      while (is_han_digit(text, end) && end - at <= 3 * kSpokenPhone) end += 3;
      if (!is_final && end - at <= 3 * kSpokenPhone && (end >= text.size() || is_cut(text, end))) return at;
      const bool is_mobile = text.compare(at, 3, "幺") == 0 || text.compare(at, 3, "一") == 0;
      if (end - at == 3 * kSpokenPhone && is_mobile) on_match_({SOTTO_CARE_PHONE, offset + at, offset + end});
      while (is_han_digit(text, end)) end += 3;
      at = end;
      continue;
    }
    is_in_word_ = is_word(c.code) || (is_in_word_ && c.code == 0);
    at += c.bytes;
  }
  return at;
}

}  // namespace sotto::care

// names.cc: colours and levels, which are names; phone numbers, which are digits.
#include <cstring>

#include "text/values/rules.h"

namespace sotto::values {

void find_color(Context& context, size_t at, Readings* out) {
  Reader& reader = context.reader;
  int32_t rgb = 0;
  size_t end = reader.word(at, Word::kColor, &rgb);
  const bool is_short = end == 0;
  if (is_short && (end = reader.word(at, Word::kColorOne, &rgb)) == 0) return;
  const size_t mark = reader.word(end, Word::kColorMark);
  if (is_short && mark == 0) return;
  const bool is_chinese = static_cast<unsigned char>(reader.text()[at]) >= 0x80;
  out->end = mark != 0 && is_chinese ? mark : end;
  out->add(number_value(SOTTO_VALUE_COLOR, 0));
  out->items[0].color = static_cast<uint32_t>(rgb);
}

void find_level(Context& context, size_t at, Readings* out) {
  Reader& reader = context.reader;
  int32_t level = 0;
  size_t end = reader.word(at, Word::kLevel, &level);
  if (end == 0 && (end = reader.word(at, Word::kLevelWeak, &level)) != 0) {
    const size_t mark = reader.word(end, Word::kLevelMark);
    const bool is_alone = reader.clause_begins(at) && reader.clause_ends(end);
    const bool is_led =
        reader.word_before(at, Word::kLevelBefore) && (reader.clause_ends(end) || !ideograph_at(reader.text(), end));
    if (mark == 0 && !is_alone && !is_led) return;
    if (mark != 0 && ideograph_at(reader.text(), reader.skip(at))) end = mark;
  }
  if (end != 0) {
    out->end = end;
    return out->add(number_value(SOTTO_VALUE_LEVEL, level));
  }
  const Number n = reader.whole(at);
  if (!n || n.is_approximate || n.value > 100) return;
  if ((out->end = reader.word(n.end, Word::kGear)) == 0) return;
  out->add(number_value(SOTTO_VALUE_LEVEL, n.value, n.value, SOTTO_UNIT_STEP));
}

namespace {

constexpr size_t kMostPhoneDigits = 15;  // ITU-T E.164
constexpr size_t kLeastSpoken = 7;

struct Phone {
  size_t end = 0;
  char text[32] = {};
  size_t count = 0;  // characters of text
  size_t digits = 0;
  int groups = 0;
  bool add(char c) {
    if (digits >= kMostPhoneDigits) return false;
    text[count++] = c;
    ++digits;
    return true;
  }
};

// Digits in groups with one blank, hyphen or brackets between: +86 138-0013-8000, (555) 123-4567.
Phone read_written(std::string_view text, size_t at) {
  Phone out;
  const bool has_plus = at < text.size() && text[at] == '+';
  if (has_plus) out.text[out.count++] = '+', ++at;
  bool is_open = at < text.size() && text[at] == '(';
  if (is_open) ++at;
  while (true) {
    int digit = 0;
    const size_t begin = at;
    for (size_t end; (end = digit_at(text, at, &digit)) != 0; at = end)
      if (!out.add(static_cast<char>('0' + digit))) return {};
    if (at == begin) break;
    ++out.groups;
    out.end = at;
    if (is_open && at < text.size() && text[at] == ')') out.end = ++at, is_open = false;
    if (at < text.size() && (text[at] == ' ' || text[at] == '-')) ++at;
    if (at < text.size() && text[at] == '(' && out.groups == 1 && has_plus) ++at, is_open = true;
  }
  return is_open ? Phone{} : out;
}

// Digits one by one in words: 幺三八零零..., "five five five", "double two", "oh".
Phone read_spoken(Reader& reader, size_t at) {
  Phone out;
  while (true) {
    int32_t digit = 0;
    const size_t twice = reader.word(at, Word::kDouble, &digit);
    const int times = twice == 0 ? 1 : digit;
    const size_t from = twice == 0 ? at : twice;
    size_t end = 0;
    for (const Word w : {Word::kPhoneDigit, Word::kDigit, Word::kUnit})
      if (end == 0) end = reader.word(from, w, &digit);
    if (end == 0 || digit > 9) break;
    for (int i = 0; i < times; ++i)
      if (!out.add(static_cast<char>('0' + digit))) return {};
    out.end = at = end;
  }
  return out;
}

bool is_china_mobile(const Phone& p) { return p.digits == 11 && p.text[0] == '1' && p.text[1] >= '3'; }

bool is_phone(const Phone& p, bool is_dialled) {
  const std::string_view t(p.text, p.count);
  if (p.text[0] == '+') return p.digits >= 8;
  if (is_china_mobile(p) && p.groups <= 3) return true;
  if (is_dialled) return p.digits >= 3;
  if (p.groups < 2) return false;
  if (t[0] == '0') return p.digits >= 10 && p.digits <= 12 && p.groups <= 3;      // 010-12345678, 020 7946 0123
  if (t.substr(0, 3) == "400" || t.substr(0, 3) == "800") return p.digits == 10;  // China's service numbers
  return (p.digits == 10 && p.groups == 3) || (p.digits == 11 && t[0] == '1' && p.groups == 4);
}

}  // namespace

void find_phone(Context& context, size_t at, Readings* out) {
  Reader& reader = context.reader;
  const std::string_view text = reader.text();
  const auto first = static_cast<unsigned char>(text[at]);
  if (at > 0 && (is_digit(static_cast<unsigned char>(text[at - 1])) || text[at - 1] == '.' || text[at - 1] == ':')) return;
  const bool is_dialled = reader.word_before(at, Word::kDial) || context.expect == SOTTO_VALUE_PHONE;
  Phone found;
  if (first == '+' || first == '(' || first == 0xEF || is_digit(first)) {
    found = read_written(text, at);
    if (found.end == 0 || !is_phone(found, is_dialled)) return;
  } else {
    found = read_spoken(reader, at);
    if (found.end == 0 || found.digits < (is_dialled ? 3 : kLeastSpoken)) return;
  }
  if (letter_at(text, found.end) || (found.end < text.size() && (text[found.end] == ':' || text[found.end] == '/'))) return;
  out->end = found.end;
  out->add(number_value(SOTTO_VALUE_PHONE, 0));
  std::memcpy(out->items[0].text, found.text, found.count);
}

}  // namespace sotto::values

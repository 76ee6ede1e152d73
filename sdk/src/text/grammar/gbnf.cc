#include "text/grammar/gbnf.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "base/printable.h"
#include "text/unicode.h"

namespace sotto::grammar {
namespace {

bool is_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

struct Escape {
  char name;
  uint32_t code_point;
  int digits;  // hexadecimal ones that follow; 0: none
};
constexpr Escape kEscapes[] = {{'n', '\n', 0}, {'r', '\r', 0}, {'t', '\t', 0}, {'\\', '\\', 0}, {'"', '"', 0}, {'[', '[', 0},
                               {']', ']', 0},  {'x', 0, 2},    {'u', 0, 4},    {'U', 0, 8},     {'-', '-', 0}, {'^', '^', 0}};

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  Result<Syntax> read() {
    if (text_.size() > kMostSourceBytes)
      return Status(SOTTO_UNSUPPORTED,
                    fmt::format("the grammar has {} bytes, {} are the most that is read", text_.size(), kMostSourceBytes));
    if (!is_valid_utf8(text_)) return fault("the grammar is no valid UTF-8");
    SOTTO_TRY(skip(true));
    while (at_ < text_.size()) SOTTO_TRY(rule());
    return finish();
  }

 private:
  Status fault(std::string_view what) const { return fault(what, at_); }
  Status fault(std::string_view what, size_t at) const {
    const std::string_view before = text_.substr(0, std::min(at, text_.size()));
    const auto line = std::count(before.begin(), before.end(), '\n') + 1;
    const size_t newline = before.rfind('\n');
    const size_t column = newline == std::string_view::npos ? before.size() + 1 : before.size() - newline;
    return Status(SOTTO_INVALID_ARGUMENT, fmt::format("line {}, column {}: {}", line, column, what));
  }

  char peek(size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
  bool takes(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }

  // Blanks and comments; lines too where the grammar may go on in the next one.
  Status skip(bool lines) {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '#') {
        while (at_ < text_.size() && text_[at_] != '\n') ++at_;
      } else if (c == ' ' || c == '\t' || (lines && (c == '\n' || c == '\r'))) {
        ++at_;
      } else {
        break;
      }
    }
    return syntax_.is_full()
               ? fault(fmt::format("up to here there are more than {} rules or {} parts", kMostRules, kMostExpressions))
               : Status();
  }

  Result<std::string_view> name() {
    const size_t start = at_;
    while (at_ < text_.size() && is_name(text_[at_])) ++at_;
    if (at_ == start) return fault("the name of a rule is expected");
    return text_.substr(start, at_ - start);
  }

  // A rule is known from where it is first named; whether it is defined shows at the end.
  uint32_t index_of(std::string_view name, size_t at) {
    const auto [known, is_new] = rules_.emplace(name, static_cast<uint32_t>(rules_.size()));
    if (is_new) {
      syntax_.add_rule(std::string(name));
      named_at_.push_back(at);
      is_defined_.push_back(false);
    }
    return known->second;
  }

  Status rule() {
    const size_t start = at_;
    SOTTO_ASSIGN(const std::string_view rule_name, name());
    const uint32_t index = index_of(rule_name, start);
    if (is_defined_[index]) return fault(fmt::format("rule '{}' is defined twice", printable(rule_name)), start);
    is_defined_[index] = true;
    SOTTO_TRY(skip(false));
    if (!takes("::=")) return fault(fmt::format("'::=' is expected behind '{}'", printable(rule_name)));
    SOTTO_TRY(skip(true));
    SOTTO_ASSIGN(const Expr body, alternatives(false));
    syntax_.set_body(index, body);
    if (at_ < text_.size() && peek() != '\n' && peek() != '\r') return fault("the end of the rule is expected");
    return skip(true);
  }

  Result<Expr> alternatives(bool in_group) {
    if (++depth_ > kMostDepth) return fault(fmt::format("groups are nested deeper than {}", kMostDepth));
    std::vector<Expr> ways;
    do {
      if (!ways.empty()) SOTTO_TRY(skip(true));
      SOTTO_ASSIGN(const Expr way, sequence(in_group));
      ways.push_back(way);
    } while (takes("|"));
    --depth_;
    return syntax_.choice(std::move(ways));
  }

  Result<Expr> sequence(bool in_group) {
    std::vector<Expr> parts;
    while (at_ < text_.size()) {
      const char c = peek();
      if (c == '*' || c == '+' || c == '?' || c == '{') {
        if (parts.empty()) return fault(fmt::format("'{}' repeats nothing: a part is expected before it", c));
        SOTTO_ASSIGN(parts.back(), repeated(parts.back()));
      } else if (c == '"' || c == '[' || c == '(' || c == '.' || is_name(c)) {
        SOTTO_ASSIGN(const Expr part, this->part());
        parts.push_back(part);
      } else if (c == '<') {
        return fault("references to tokens (<...>) are not taken: write the token's text");
      } else {
        break;
      }
      SOTTO_TRY(skip(in_group));
    }
    return syntax_.sequence(std::move(parts));
  }

  Result<Expr> part() {
    const size_t start = at_;
    switch (peek()) {
      case '"':
        return literal();
      case '[':
        return char_class();
      case '.':
        ++at_;
        return syntax_.chars({{0, kLastCodePoint}});
      case '(': {
        ++at_;
        SOTTO_TRY(skip(true));
        SOTTO_ASSIGN(const Expr group, alternatives(true));
        if (!takes(")")) return fault("')' is expected", std::max(at_, start));
        return group;
      }
      default:
        break;
    }
    SOTTO_ASSIGN(const std::string_view called, name());
    return syntax_.rule(index_of(called, start));
  }

  Result<uint32_t> character() {
    if (peek() != '\\') {
      const Character c = decode_character(text_, at_);
      at_ += c.bytes;
      return c.code_point;
    }
    const size_t start = at_++;
    const auto row = std::find_if(std::begin(kEscapes), std::end(kEscapes), [&](const Escape& e) { return e.name == peek(); });
    if (row == std::end(kEscapes) || at_ >= text_.size()) return fault("an unknown escape", start);
    ++at_;
    uint32_t code_point = row->code_point;
    for (int i = 0; i < row->digits; ++i, ++at_) {
      const int digit = hex_digit(peek());
      if (digit < 0) return fault(fmt::format("\\{} wants {} hexadecimal digits", row->name, row->digits), start);
      code_point = code_point << 4 | static_cast<uint32_t>(digit);
    }
    if (code_point > kLastCodePoint || (code_point >= 0xD800 && code_point <= 0xDFFF))
      return fault(fmt::format("U+{:04X} is no character", code_point), start);
    return code_point;
  }

  Result<Expr> literal() {
    const size_t start = at_++;
    std::string text;
    while (peek() != '"') {
      if (at_ >= text_.size() || peek() == '\n') return fault("the text that begins here has no closing quote", start);
      SOTTO_ASSIGN(const uint32_t c, character());
      append_utf8(c, &text);
    }
    ++at_;
    return syntax_.literal(text);
  }

  Result<Expr> char_class() {
    const size_t start = at_++;
    const bool is_negated = takes("^");
    Ranges ranges;
    while (peek() != ']') {
      if (at_ >= text_.size() || peek() == '\n') return fault("the character class that begins here has no ']'", start);
      const size_t first_at = at_;
      SOTTO_ASSIGN(const uint32_t first, character());
      uint32_t last = first;
      if (peek() == '-' && peek(1) != ']' && at_ + 1 < text_.size()) {
        ++at_;
        SOTTO_ASSIGN(last, character());
        if (last < first) return fault("a range that ends before it begins", first_at);
      }
      ranges.push_back({first, last});
    }
    ++at_;
    Expr e = syntax_.chars(is_negated ? complement(ranges) : ranges);
    return e == syntax_.nothing() ? Result<Expr>(fault("a character class that no character is in", start)) : e;
  }

  Result<uint32_t> count() {
    uint64_t n = 0;
    const size_t start = at_;
    while (peek() >= '0' && peek() <= '9' && n <= kMostRepeats) n = n * 10 + static_cast<uint64_t>(text_[at_++] - '0');
    if (at_ == start) return fault("a number is expected");
    if (n > kMostRepeats) return fault(fmt::format("more than {} repetitions", kMostRepeats), start);
    return static_cast<uint32_t>(n);
  }

  Result<Expr> repeated(Expr part) {
    const size_t start = at_;
    const char sign = text_[at_++];
    if (sign == '*') return syntax_.repeat(part, 0, kUnbounded);
    if (sign == '+') return syntax_.repeat(part, 1, kUnbounded);
    if (sign == '?') return syntax_.optional(part);
    SOTTO_TRY(skip(false));
    SOTTO_ASSIGN(const uint32_t min, count());
    uint32_t max = min;
    SOTTO_TRY(skip(false));
    if (takes(",")) {
      SOTTO_TRY(skip(false));
      max = kUnbounded;
      if (peek() != '}') {
        SOTTO_ASSIGN(max, count());
      }
      SOTTO_TRY(skip(false));
    }
    if (!takes("}")) return fault("'}' is expected");
    if (max < min) return fault(fmt::format("a repetition of {} to {}", min, max), start);
    return syntax_.repeat(part, min, max);
  }

  Result<Syntax> finish() {
    for (const auto& [rule_name, index] : rules_)
      if (!is_defined_[index]) return fault(fmt::format("rule '{}' is not defined", printable(rule_name)), named_at_[index]);
    const auto root = rules_.find("root");
    if (root == rules_.end()) return Status(SOTTO_INVALID_ARGUMENT, "there is no rule 'root', from which a text begins");
    syntax_.root = root->second;
    return std::move(syntax_);
  }

  std::string_view text_;
  size_t at_ = 0;
  size_t depth_ = 0;
  Syntax syntax_;
  std::unordered_map<std::string_view, uint32_t> rules_;
  std::vector<size_t> named_at_;
  std::vector<bool> is_defined_;
};

}  // namespace

Result<Syntax> read_gbnf(std::string_view text) { return Reader(text).read(); }

}  // namespace sotto::grammar

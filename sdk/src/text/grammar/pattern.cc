#include "text/grammar/pattern.h"

#include <fmt/format.h>

#include <algorithm>

#include "text/unicode.h"

namespace sotto::grammar {
namespace {

struct Class {
  char name;
  Ranges ranges;
};
const Class* class_of(char name) {
  static const Class kClasses[] = {{'d', {{'0', '9'}}},
                                   {'w', {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}}},
                                   {'s',
                                    {{0x09, 0x0D},
                                     {' ', ' '},
                                     {0xA0, 0xA0},
                                     {0x1680, 0x1680},
                                     {0x2000, 0x200A},
                                     {0x2028, 0x2029},
                                     {0x202F, 0x202F},
                                     {0x205F, 0x205F},
                                     {0x3000, 0x3000},
                                     {0xFEFF, 0xFEFF}}}};
  for (const Class& c : kClasses)
    if (c.name == name) return &c;
  return nullptr;
}

struct Letter {
  char name;
  uint32_t code_point;
};
constexpr Letter kLetters[] = {{'n', '\n'}, {'r', '\r'}, {'t', '\t'}, {'f', '\f'}, {'v', '\v'}, {'0', 0}};

class Reader {
 public:
  Reader(std::string_view text, Syntax* syntax) : text_(text), syntax_(*syntax) {}

  Result<Expr> read() {
    const Expr anything = syntax_.repeat(syntax_.chars({{0, kLastCodePoint}}), 0, kUnbounded);
    std::vector<Expr> ways;
    do {
      const bool from_start = takes("^");
      SOTTO_ASSIGN(const Expr body, sequence());
      const bool to_end = takes("$");
      ways.push_back(syntax_.sequence({from_start ? syntax_.empty() : anything, body, to_end ? syntax_.empty() : anything}));
    } while (takes("|"));
    if (at_ < text_.size())
      return fault(peek() == ')' ? "a ')' that closes nothing" : "an anchor is only taken at the ends of the whole pattern");
    return syntax_.choice(std::move(ways));
  }

 private:
  Status fault(std::string_view what) const {
    return Status(SOTTO_UNSUPPORTED, fmt::format("byte {} of the pattern: {}", at_ + 1, what));
  }
  char peek(size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
  bool takes(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }

  Result<Expr> alternatives() {
    if (++depth_ > kMostDepth) return fault(fmt::format("groups are nested deeper than {}", kMostDepth));
    std::vector<Expr> ways;
    do {
      SOTTO_ASSIGN(const Expr way, sequence());
      ways.push_back(way);
    } while (takes("|"));
    --depth_;
    return syntax_.choice(std::move(ways));
  }

  Result<Expr> sequence() {
    std::vector<Expr> parts;
    while (at_ < text_.size() && peek() != '|' && peek() != ')' && peek() != '$') {
      if (peek() == '^') return fault("an anchor is only taken at the ends of the whole pattern");
      SOTTO_ASSIGN(const Expr one, atom());
      SOTTO_ASSIGN(const Expr many, repeated(one));
      parts.push_back(many);
      if (syntax_.is_full()) return fault("the pattern is too long");
    }
    return syntax_.sequence(std::move(parts));
  }

  Result<Expr> atom() {
    const char c = peek();
    if (c == '(') return group();
    if (c == '[') return char_class();
    if (c == '*' || c == '+' || c == '?' || c == '{') return fault("a repetition of nothing");
    if (c == '.') {
      ++at_;
      return syntax_.chars(complement({{'\n', '\n'}, {'\r', '\r'}, {0x2028, 0x2029}}));
    }
    Ranges ranges;
    SOTTO_TRY(element(&ranges));
    return syntax_.chars(std::move(ranges));
  }

  Result<Expr> group() {
    ++at_;
    if (peek() == '?') {
      if (takes("?=") || takes("?!") || takes("?<=") || takes("?<!")) return fault("look-around is not regular");
      if (peek(1) == '<') {
        while (at_ < text_.size() && peek() != '>') ++at_;
        ++at_;
      } else if (!takes("?:")) {
        return fault("an unknown kind of group");
      }
    }
    SOTTO_ASSIGN(const Expr body, alternatives());
    if (peek() == '$') return fault("an anchor is only taken at the ends of the whole pattern");
    if (!takes(")")) return fault("')' is expected");
    return body;
  }

  // One character or class, in a class of its own or not.
  Status element(Ranges* ranges) {
    if (peek() != '\\') {
      const Character c = decode_character(text_, at_);
      at_ += c.bytes;
      ranges->push_back({c.code_point, c.code_point});
      return {};
    }
    ++at_;
    const char name = peek();
    const char lower = static_cast<char>(name | 32);
    if (const Class* known = class_of(lower)) {
      ++at_;
      const Ranges taken = lower == name ? known->ranges : complement(known->ranges);
      ranges->insert(ranges->end(), taken.begin(), taken.end());
      return {};
    }
    uint32_t code_point = 0;
    SOTTO_TRY(escaped(&code_point));
    ranges->push_back({code_point, code_point});
    return {};
  }

  Status escaped(uint32_t* out) {
    const char name = peek();
    if (name == 'x' || name == 'u') {
      ++at_;
      return code_unit(name == 'x' ? 2 : 4, out);
    }
    if (name == '0' && peek(1) >= '0' && peek(1) <= '9') return fault("octal escapes are not taken");
    for (const Letter& l : kLetters)
      if (l.name == name && at_ < text_.size()) return *out = l.code_point, ++at_, Status();
    if (at_ >= text_.size()) return fault("a backslash at the end");
    if ((name >= '1' && name <= '9') || name == 'k') return fault("a reference to a group is not regular");
    if (name == 'b' || name == 'B') return fault("word boundaries are not taken");
    if ((name | 32) >= 'a' && (name | 32) <= 'z') return fault(fmt::format("the escape \\{} is not taken", name));
    const Character c = decode_character(text_, at_);
    at_ += c.bytes;
    *out = c.code_point;
    return {};
  }

  Status code_unit(int digits, uint32_t* out) {
    uint32_t n = 0;
    for (int i = 0; i < digits; ++i, ++at_) {
      const char c = peek();
      const bool is_digit = c >= '0' && c <= '9', is_letter = (c | 32) >= 'a' && (c | 32) <= 'f';
      if (!is_digit && !is_letter) return fault(fmt::format("{} hexadecimal digits are expected", digits));
      n = n << 4 | static_cast<uint32_t>(is_digit ? c - '0' : (c | 32) - 'a' + 10);
    }
    if (n >= 0xD800 && n <= 0xDFFF) return fault("half of a surrogate pair");
    *out = n;
    return {};
  }

  Result<Expr> char_class() {
    ++at_;
    const bool is_negated = takes("^");
    Ranges ranges;
    while (peek() != ']') {
      if (at_ >= text_.size()) return fault("']' is expected");
      Ranges first, last;
      SOTTO_TRY(element(&first));
      if (peek() != '-' || peek(1) == ']' || first.size() != 1 || first[0].first != first[0].last) {
        ranges.insert(ranges.end(), first.begin(), first.end());
        continue;
      }
      ++at_;
      SOTTO_TRY(element(&last));
      if (last.size() != 1 || last[0].first != last[0].last || last[0].first < first[0].first)
        return fault("a range that does not end behind its beginning");
      ranges.push_back({first[0].first, last[0].first});
    }
    ++at_;
    return syntax_.chars(is_negated ? complement(ranges) : ranges);
  }

  bool number(uint32_t* out) {
    uint64_t n = 0;
    const size_t start = at_;
    while (peek() >= '0' && peek() <= '9')
      n = std::min<uint64_t>(n * 10 + static_cast<uint64_t>(text_[at_++] - '0'), kMostRepeats + 1);
    *out = static_cast<uint32_t>(n);
    return at_ > start;
  }

  Result<Expr> repeated(Expr part) {
    uint32_t min = 0, max = kUnbounded;
    if (takes("*")) {
    } else if (takes("+")) {
      min = 1;
    } else if (takes("?")) {
      max = 1;
    } else if (takes("{")) {
      if (!number(&min)) return fault("a number is expected");
      max = min;
      if (takes(",") && !number(&max)) max = kUnbounded;
      if (!takes("}")) return fault("'}' is expected");
      if (min > kMostRepeats || (max > kMostRepeats && max != kUnbounded))
        return fault(fmt::format("more than {} repetitions", kMostRepeats));
      if (max < min) return fault("a repetition whose most is less than its least");
    } else {
      return part;
    }
    takes("?");  // lazy: the same texts
    if (peek() == '*' || peek() == '+' || peek() == '{') return fault("a repetition of a repetition");
    return max == 1 && min == 0 ? syntax_.optional(part) : syntax_.repeat(part, min, max);
  }

  std::string_view text_;
  size_t at_ = 0, depth_ = 0;
  Syntax& syntax_;
};

}  // namespace

Result<Expr> read_pattern(std::string_view pattern, Syntax* syntax) { return Reader(pattern, syntax).read(); }

}  // namespace sotto::grammar

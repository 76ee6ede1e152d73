#include "text/template/lexer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "text/unicode.h"

namespace sotto::jinja {
namespace {

constexpr size_t kMaxSource = 1 << 20, kMaxTokens = 200000;
constexpr std::string_view kOperators[] = {"**", "//", "==", "!=", "<=", ">=", "+", "-", "*", "/", "%", "~", "<",
                                           ">",  "=",  ".",  ":",  "|",  ",",  "(", ")", "[", "]", "{", "}"};

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_name_start(char c) { return std::isalpha(static_cast<unsigned char>(c)) || c == '_' || (c & 0x80); }
bool is_name(char c) { return is_name_start(c) || std::isdigit(static_cast<unsigned char>(c)); }

}  // namespace

Status template_error(uint32_t line, std::string_view what) {
  return Status(SOTTO_TEMPLATE_ERROR, fmt::format("chat template line {}: {}", line, what));
}

class Lexer {
 public:
  explicit Lexer(std::string_view source) {
    // \r\n and \r are line ends like \n; one line end at the very end is dropped.
    for (size_t i = 0; i < source.size(); ++i) {
      if (source[i] == '\r') {
        s_ += '\n';
        if (i + 1 < source.size() && source[i + 1] == '\n') ++i;
      } else {
        s_ += source[i];
      }
    }
    if (!s_.empty() && s_.back() == '\n') s_.pop_back();
  }

  Result<std::vector<Token>> run() {
    while (at_ < s_.size()) {
      if (out_.size() > kMaxTokens) return template_error(line_, "the template is too long");
      const size_t tag = next_tag();
      const bool strips = tag + 2 < s_.size() && s_[tag + 2] == '-';
      const bool keeps = tag + 2 < s_.size() && s_[tag + 2] == '+';
      text(tag, strips, !keeps && tag < s_.size() && s_[tag + 1] != '{');
      if (tag >= s_.size()) break;
      advance(tag + 2 + (strips || keeps ? 1 : 0));
      const char kind = s_[tag + 1];
      if (kind == '#')
        SOTTO_TRY(comment());
      else if (kind == '%' && is_raw())
        SOTTO_TRY(raw());
      else
        SOTTO_TRY(expression(kind == '{'));
    }
    add(TokenType::kEnd, "");
    return std::move(out_);
  }

 private:
  size_t next_tag() const {
    for (size_t i = at_; i + 1 < s_.size(); ++i)
      if (s_[i] == '{' && (s_[i + 1] == '{' || s_[i + 1] == '%' || s_[i + 1] == '#')) return i;
    return s_.size();
  }
  void advance(size_t to) {
    line_ += static_cast<uint32_t>(
        std::count(s_.begin() + static_cast<std::ptrdiff_t>(at_), s_.begin() + static_cast<std::ptrdiff_t>(to), '\n'));
    at_ = to;
  }
  void add(TokenType type, std::string text) { out_.push_back({type, std::move(text), line_}); }

  // The text up to a tag, without what the tag strips: all white space before "{%-", the indentation before a block or comment.
  void text(size_t end, bool strips, bool strips_indentation) {
    size_t stop = end;
    if (strips) {
      while (stop > at_ && is_space(s_[stop - 1])) --stop;
    } else if (strips_indentation) {
      size_t start = stop;
      while (start > at_ && (s_[start - 1] == ' ' || s_[start - 1] == '\t')) --start;
      if (start > at_ ? s_[start - 1] == '\n' : line_start_) stop = start;
    }
    if (stop > at_) add(TokenType::kText, s_.substr(at_, stop - at_));
    advance(end);
  }
  // Behind a tag's end: "-" strips all white space, a block or comment its line end.
  void after_tag(bool strips, bool keeps, bool trims_line_end) {
    size_t to = at_;
    if (strips)
      while (to < s_.size() && is_space(s_[to])) ++to;
    else if (trims_line_end && !keeps && to < s_.size() && s_[to] == '\n')
      ++to;
    line_start_ = to > at_ && s_[to - 1] == '\n';
    advance(to);
  }

  Status comment() {
    const size_t end = s_.find("#}", at_);
    if (end == std::string::npos) return template_error(line_, "a comment is not closed with #}");
    const bool strips = end > at_ && s_[end - 1] == '-', keeps = end > at_ && s_[end - 1] == '+';
    advance(end + 2);
    after_tag(strips, keeps, true);
    return {};
  }

  // The place behind `word` in "  word  %}" at `at`; npos if something else stands there. `sign` receives - or + before the
  // end.
  size_t tag_word(size_t at, std::string_view word, char* sign) const {
    while (at < s_.size() && is_space(s_[at])) ++at;
    if (s_.compare(at, word.size(), word) != 0) return std::string::npos;
    at += word.size();
    while (at < s_.size() && is_space(s_[at])) ++at;
    *sign = at < s_.size() && (s_[at] == '-' || s_[at] == '+') ? s_[at++] : ' ';
    return s_.compare(at, 2, "%}") == 0 ? at + 2 : std::string::npos;
  }
  bool is_raw() const {
    char sign = ' ';
    return tag_word(at_, "raw", &sign) != std::string::npos;
  }
  Status raw() {
    char sign = ' ';
    advance(tag_word(at_, "raw", &sign));
    after_tag(sign == '-', true, false);
    for (size_t tag = s_.find("{%", at_); tag != std::string::npos; tag = s_.find("{%", tag + 2)) {
      const char before = tag + 2 < s_.size() ? s_[tag + 2] : ' ';
      const size_t end = tag_word(tag + 2 + (before == '-' || before == '+' ? 1 : 0), "endraw", &sign);
      if (end == std::string::npos) continue;
      text(tag, before == '-', before != '+');
      advance(end);
      after_tag(sign == '-', sign == '+', true);
      return {};
    }
    return template_error(line_, "raw is not closed with endraw");
  }

  Status expression(bool print) {
    const char* close = print ? "}}" : "%}";
    add(print ? TokenType::kPrintBegin : TokenType::kTagBegin, "");
    const uint32_t opened = line_;
    int depth = 0;
    while (true) {
      while (at_ < s_.size() && is_space(s_[at_])) advance(at_ + 1);
      if (at_ >= s_.size()) return template_error(opened, fmt::format("a tag is not closed with {}", close));
      if (depth == 0) {
        const bool sign = s_[at_] == '-' || s_[at_] == '+';
        if (s_.compare(at_ + sign, 2, close) == 0) {
          const bool strips = s_[at_] == '-', keeps = s_[at_] == '+';
          advance(at_ + sign + 2);
          add(print ? TokenType::kPrintEnd : TokenType::kTagEnd, "");
          after_tag(strips, keeps, !print);
          return {};
        }
      }
      SOTTO_TRY(token(&depth));
    }
  }

  Status token(int* depth) {
    if (out_.size() > kMaxTokens) return template_error(line_, "the template is too long");
    const char c = s_[at_];
    if (c == '\'' || c == '"') return string(c);
    size_t end = at_;
    if (std::isdigit(static_cast<unsigned char>(c))) return number();
    if (is_name_start(c)) {
      while (end < s_.size() && is_name(s_[end])) ++end;
      add(TokenType::kName, s_.substr(at_, end - at_));
      advance(end);
      return {};
    }
    const auto* op = std::find_if(std::begin(kOperators), std::end(kOperators),
                                  [&](std::string_view o) { return s_.compare(at_, o.size(), o) == 0; });
    if (op == std::end(kOperators)) return template_error(line_, fmt::format("unexpected character '{}'", c));
    if (*op == "(" || *op == "[" || *op == "{") ++*depth;
    if (*op == ")" || *op == "]" || *op == "}") --*depth;
    if (*depth < 0) return template_error(line_, fmt::format("'{}' closes nothing", *op));
    add(TokenType::kOperator, std::string(*op));
    advance(at_ + op->size());
    return {};
  }

  Status number() {
    size_t end = at_;
    std::string digits;
    bool real = false;
    for (; end < s_.size(); ++end) {
      const char c = s_[end];
      const bool digit_follows = end + 1 < s_.size() && std::isdigit(static_cast<unsigned char>(s_[end + 1]));
      if (std::isdigit(static_cast<unsigned char>(c)))
        digits += c;
      else if (c == '_' && digit_follows)
        continue;
      else if (c == '.' && !real && digit_follows)
        real = true, digits += c;
      else if ((c == 'e' || c == 'E') &&
               (digit_follows || (end + 2 < s_.size() && (s_[end + 1] == '-' || s_[end + 1] == '+')))) {
        real = true;
        digits += c;
        if (!digit_follows) digits += s_[++end];
      } else
        break;
    }
    if (digits.size() > 300) return template_error(line_, "a number is too long");
    add(real ? TokenType::kReal : TokenType::kInteger, digits);
    advance(end);
    return {};
  }

  Status string(char quote) {
    std::string text;
    size_t i = at_ + 1;
    for (; i < s_.size() && s_[i] != quote; ++i) {
      if (s_[i] != '\\' || i + 1 >= s_.size()) {
        text += s_[i];
        continue;
      }
      SOTTO_TRY(escape(&i, &text));
    }
    if (i >= s_.size()) return template_error(line_, "a string is not closed");
    add(TokenType::kString, std::move(text));
    advance(i + 1);
    return {};
  }

  // The escape at s_[*i] == '\\'; leaves *i on its last character.
  Status escape(size_t* i, std::string* text) {
    constexpr std::string_view kPlain = "\\'\"abfnrtv", kMeaning = "\\'\"\a\b\f\n\r\t\v";
    const char c = s_[++*i];
    if (const size_t known = kPlain.find(c); known != std::string_view::npos) {
      *text += kMeaning[known];
      return {};
    }
    if (c == '\n') return {};
    const size_t width = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
    if (width) {
      uint32_t cp = 0;
      for (size_t k = 1; k <= width; ++k) {
        const char digit = *i + k < s_.size() ? s_[*i + k] : ' ';
        if (!std::isxdigit(static_cast<unsigned char>(digit)))
          return template_error(line_, "a \\x or \\u escape has too few digits");
        cp = cp << 4 |
             static_cast<uint32_t>(std::isdigit(static_cast<unsigned char>(digit)) ? digit - '0' : (digit | 32) - 'a' + 10);
      }
      if (cp > 0x10FFFF || (cp >= 0xD800 && cp < 0xE000)) return template_error(line_, "a \\u escape names no character");
      append_utf8(cp, text);
      *i += width;
      return {};
    }
    if (c >= '0' && c <= '7') {
      uint32_t cp = 0;
      size_t k = 0;
      for (; k < 3 && *i + k < s_.size() && s_[*i + k] >= '0' && s_[*i + k] <= '7'; ++k)
        cp = cp * 8 + static_cast<uint32_t>(s_[*i + k] - '0');
      append_utf8(cp, text);
      *i += k - 1;
      return {};
    }
    *text += '\\';
    *text += c;
    return {};
  }

  std::string s_;
  size_t at_ = 0;
  uint32_t line_ = 1;
  bool line_start_ = true;  // the text at at_ begins a line
  std::vector<Token> out_;
};

Result<std::vector<Token>> tokenize(std::string_view source) {
  if (source.size() > kMaxSource)
    return Status(SOTTO_TEMPLATE_ERROR, fmt::format("chat template: {} bytes, at most {} are read", source.size(), kMaxSource));
  return Lexer(source).run();
}

}  // namespace sotto::jinja

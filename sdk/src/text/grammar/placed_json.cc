#include "text/grammar/placed_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <unordered_set>

#include "base/printable.h"
#include "text/grammar/json_texts.h"
#include "text/grammar/limits.h"
#include "text/unicode.h"

namespace sotto::grammar {
namespace {

constexpr size_t kMostValues = 200000;

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  Result<PlacedJson> read() {
    PlacedJson root;
    SOTTO_TRY(value(&root));
    skip();
    if (at_ < text_.size()) return fault("nothing is expected behind the value");
    return root;
  }

 private:
  Status fault(std::string_view what) const {
    return Status(SOTTO_INVALID_ARGUMENT, fmt::format("{}: {}", place_in(text_, at_), what));
  }
  void skip() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\r' || text_[at_] == '\t')) ++at_;
  }
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool takes(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }

  Status value(PlacedJson* out) {
    skip();
    out->at = at_;
    if (++values_ > kMostValues) return fault(fmt::format("more than {} values", kMostValues));
    using Kind = PlacedJson::Kind;
    const struct {
      std::string_view word;
      Kind kind;
      bool truth;
    } words[] = {{"null", Kind::kNull, false}, {"true", Kind::kBool, true}, {"false", Kind::kBool, false}};
    for (const auto& w : words) {
      if (!takes(w.word)) continue;
      out->kind = w.kind;
      out->truth = w.truth;
      return {};
    }
    if (peek() == '"') return out->kind = Kind::kText, text(&out->text);
    if (peek() != '{' && peek() != '[') return out->kind = Kind::kNumber, number(&out->text);
    if (++depth_ > kMostDepth) return fault(fmt::format("values are nested deeper than {}", kMostDepth));
    const Status status = peek() == '{' ? object(out) : list(out);
    --depth_;
    return status;
  }

  Status list(PlacedJson* out) {
    out->kind = PlacedJson::Kind::kList;
    ++at_;
    skip();
    if (takes("]")) return {};
    do {
      out->items.emplace_back();
      SOTTO_TRY(value(&out->items.back()));
      skip();
    } while (takes(","));
    return takes("]") ? Status() : fault("',' or ']' is expected");
  }

  Status object(PlacedJson* out) {
    out->kind = PlacedJson::Kind::kObject;
    ++at_;
    skip();
    if (takes("}")) return {};
    std::unordered_set<std::string> keys;
    do {
      skip();
      std::string key;
      if (peek() != '"') return fault("a key in quotes is expected");
      SOTTO_TRY(text(&key));
      if (!keys.insert(key).second) return fault(fmt::format("the key '{}' stands in it twice", printable(key)));
      skip();
      if (!takes(":")) return fault("':' is expected");
      out->pairs.emplace_back(std::move(key), PlacedJson());
      SOTTO_TRY(value(&out->pairs.back().second));
      skip();
    } while (takes(","));
    return takes("}") ? Status() : fault("',' or '}' is expected");
  }

  bool digits() {
    const size_t start = at_;
    while (peek() >= '0' && peek() <= '9') ++at_;
    return at_ > start;
  }

  Status number(std::string* out) {
    const size_t start = at_;
    takes("-");
    const bool leads_with_zero = peek() == '0';
    const size_t first = at_;
    if (!digits() || (leads_with_zero && at_ > first + 1)) return fault("a value is expected");
    if (takes(".") && !digits()) return fault("a digit is expected");
    if (peek() == 'e' || peek() == 'E') {
      ++at_;
      if (peek() == '+' || peek() == '-') ++at_;
      if (!digits()) return fault("a digit is expected");
    }
    *out = text_.substr(start, at_ - start);
    return {};
  }

  Status unit(uint32_t* out) {
    uint32_t n = 0;
    for (int i = 0; i < 4; ++i, ++at_) {
      const char c = peek();
      const bool is_digit = c >= '0' && c <= '9', is_letter = (c | 32) >= 'a' && (c | 32) <= 'f';
      if (!is_digit && !is_letter) return fault("four hexadecimal digits are expected");
      n = n << 4 | static_cast<uint32_t>(is_digit ? c - '0' : (c | 32) - 'a' + 10);
    }
    *out = n;
    return {};
  }

  Status escape(std::string* out) {
    constexpr std::string_view kNames = "\"\\/bfnrt", kMeanings = "\"\\/\b\f\n\r\t";
    const size_t row = kNames.find(peek());
    if (at_ < text_.size() && row != std::string_view::npos) return ++at_, out->push_back(kMeanings[row]), Status();
    if (!takes("u")) return fault("an unknown escape");
    uint32_t high = 0, low = 0;
    SOTTO_TRY(unit(&high));
    if (high >= 0xD800 && high <= 0xDBFF && takes("\\u")) {
      SOTTO_TRY(unit(&low));
      if (low < 0xDC00 || low > 0xDFFF) return fault("half of a surrogate pair");
      high = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
    }
    if (high >= 0xD800 && high <= 0xDFFF) return fault("half of a surrogate pair");
    append_utf8(high, out);
    return {};
  }

  Status text(std::string* out) {
    ++at_;
    while (peek() != '"') {
      if (at_ >= text_.size()) return fault("a text has no closing quote");
      const Character c = decode_character(text_, at_);
      if (!c.is_valid) return fault("bytes that are no UTF-8");
      if (c.code_point < 0x20) return fault("a control character in a text: it must be escaped");
      if (takes("\\")) {
        SOTTO_TRY(escape(out));
        continue;
      }
      out->append(text_, at_, c.bytes);
      at_ += c.bytes;
    }
    ++at_;
    return {};
  }

  std::string_view text_;
  size_t at_ = 0, depth_ = 0, values_ = 0;
};

double value_of(const std::string& number) { return std::strtod(number.c_str(), nullptr); }

}  // namespace

const PlacedJson* PlacedJson::find(std::string_view key) const {
  const auto at = std::find_if(pairs.begin(), pairs.end(), [&](const auto& p) { return p.first == key; });
  return at == pairs.end() ? nullptr : &at->second;
}

Result<PlacedJson> read_placed_json(std::string_view text) {
  if (text.size() > kMostSourceBytes)
    return Status(SOTTO_UNSUPPORTED,
                  fmt::format("the schema has {} bytes, {} are the most that is read", text.size(), kMostSourceBytes));
  return Reader(text).read();
}

std::string place_in(std::string_view text, size_t at) {
  const std::string_view before = text.substr(0, std::min(at, text.size()));
  const size_t newline = before.rfind('\n');
  return fmt::format("line {}, column {}", std::count(before.begin(), before.end(), '\n') + 1,
                     newline == std::string_view::npos ? before.size() + 1 : before.size() - newline);
}

std::string compact_json(const PlacedJson& v) {
  switch (v.kind) {
    case PlacedJson::Kind::kNull:
      return "null";
    case PlacedJson::Kind::kBool:
      return v.truth ? "true" : "false";
    case PlacedJson::Kind::kNumber:
      return v.text;
    case PlacedJson::Kind::kText:
      return quoted_json(v.text);
    case PlacedJson::Kind::kList:
    case PlacedJson::Kind::kObject:
      break;
  }
  std::string out;
  const bool is_list = v.kind == PlacedJson::Kind::kList;
  for (const PlacedJson& item : v.items) out += (out.empty() ? "" : ",") + compact_json(item);
  for (const auto& [key, item] : v.pairs) out += (out.empty() ? "" : ",") + quoted_json(key) + ":" + compact_json(item);
  return is_list ? "[" + out + "]" : "{" + out + "}";
}

bool equal(const PlacedJson& a, const PlacedJson& b) {
  if (a.kind != b.kind || a.items.size() != b.items.size() || a.pairs.size() != b.pairs.size()) return false;
  if (a.kind == PlacedJson::Kind::kNumber) return value_of(a.text) == value_of(b.text);
  if (a.truth != b.truth || a.text != b.text || !std::equal(a.items.begin(), a.items.end(), b.items.begin(), equal))
    return false;
  return std::all_of(a.pairs.begin(), a.pairs.end(), [&](const auto& p) {
    const PlacedJson* other = b.find(p.first);
    return other != nullptr && equal(p.second, *other);
  });
}

}  // namespace sotto::grammar

#include "text/template/value.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "text/unicode.h"

namespace sotto::jinja {
namespace {

constexpr int kMaxNesting = 100;

std::string repr_at(const Value& v, int depth);

std::string repr_items(const Value& v, int depth) {
  std::string out = v.kind() == Kind::kTuple ? "(" : "[";
  for (size_t i = 0; i < v.items().size(); ++i) out += (i ? ", " : "") + repr_at(v.items()[i], depth + 1);
  if (v.kind() == Kind::kTuple && v.items().size() == 1) out += ",";
  return out + (v.kind() == Kind::kTuple ? ")" : "]");
}

std::string repr_text(const std::string& s) {
  const char quote = s.find('\'') != std::string::npos && s.find('"') == std::string::npos ? '"' : '\'';
  std::string out(1, quote);
  for (const char c : s) {
    if (c == quote || c == '\\')
      out += std::string("\\") + c;
    else if (c == '\n')
      out += "\\n";
    else if (c == '\r')
      out += "\\r";
    else if (c == '\t')
      out += "\\t";
    else if (static_cast<uint8_t>(c) < 0x20 || c == 0x7F)
      out += fmt::format("\\x{:02x}", static_cast<uint8_t>(c));
    else
      out += c;
  }
  return out + quote;
}

std::string repr_at(const Value& v, int depth) {
  if (depth > kMaxNesting) return "...";
  if (v.is_text()) return repr_text(v.as_text().bytes);
  if (v.is_sequence()) return repr_items(v, depth);
  if (v.kind() != Kind::kDict) return to_text(v).bytes;
  std::string out = "{";
  for (const auto& [key, value] : v.pairs())
    out += (out.size() > 1 ? ", " : "") + repr_at(key, depth + 1) + ": " + repr_at(value, depth + 1);
  return out + "}";
}

void json_text(std::string_view s, std::string* out) {
  *out += '"';
  for (const char c : s) {
    switch (c) {
      case '"':
        *out += "\\\"";
        break;
      case '\\':
        *out += "\\\\";
        break;
      case '\n':
        *out += "\\n";
        break;
      case '\r':
        *out += "\\r";
        break;
      case '\t':
        *out += "\\t";
        break;
      case '\b':
        *out += "\\b";
        break;
      case '\f':
        *out += "\\f";
        break;
      default:
        if (static_cast<uint8_t>(c) < 0x20)
          *out += fmt::format("\\u{:04x}", static_cast<uint8_t>(c));
        else
          *out += c;
    }
  }
  *out += '"';
}

}  // namespace

Text Text::literal(std::string s) {
  Text t;
  if (!s.empty()) t.trusted.push_back({0, s.size()});
  t.bytes = std::move(s);
  return t;
}

void Text::append(const Text& other) {
  for (const ByteRange& r : other.trusted) {
    const size_t first = bytes.size() + r.first;
    if (!trusted.empty() && trusted.back().first + trusted.back().count == first)
      trusted.back().count += r.count;
    else
      trusted.push_back({first, r.count});
  }
  bytes += other.bytes;
}

Text Text::part(size_t first, size_t count) const {
  Text t;
  t.bytes = bytes.substr(first, count);
  const size_t end = first + t.bytes.size();
  auto r = std::lower_bound(trusted.begin(), trusted.end(), first,
                            [](const ByteRange& range, size_t at) { return range.first + range.count <= at; });
  for (; r != trusted.end() && r->first < end; ++r) {
    const size_t from = std::max(r->first, first), to = std::min(r->first + r->count, end);
    t.trusted.push_back({from - first, to - from});
  }
  return t;
}

int64_t to_integer(double d) {
  constexpr double kLimit = 9223372036854775808.0;  // 2^63
  if (std::isnan(d)) return 0;
  return d >= kLimit ? INT64_MAX : d < -kLimit ? INT64_MIN : static_cast<int64_t>(d);
}

void Value::contain(const Value& part) {
  constexpr uint64_t kMost = uint64_t{1} << 62;  // a sum that never wraps
  weight_ = std::min(weight_ + part.weight_, kMost);
  nesting_ = std::max(nesting_, part.nesting_ + 1);
}

Value Value::none() {
  Value v;
  v.kind_ = Kind::kNone;
  return v;
}
Value Value::boolean(bool b) {
  Value v;
  v.kind_ = Kind::kBool;
  v.int_ = b;
  return v;
}
Value Value::integer(int64_t i) {
  Value v;
  v.kind_ = Kind::kInt;
  v.int_ = i;
  return v;
}
Value Value::real(double d) {
  Value v;
  v.kind_ = Kind::kFloat;
  v.real_ = d;
  return v;
}
Value Value::text(Text t) {
  Value v;
  v.kind_ = Kind::kText;
  v.weight_ += t.bytes.size();
  v.text_ = std::make_shared<const Text>(std::move(t));
  return v;
}
Value Value::list(List items, bool tuple) {
  Value v;
  v.kind_ = tuple ? Kind::kTuple : Kind::kList;
  v.nesting_ = 1;
  for (const Value& item : items) v.contain(item);
  v.list_ = std::make_shared<const List>(std::move(items));
  return v;
}
Value Value::dict(Pairs pairs, bool is_namespace) {
  Value v;
  v.kind_ = is_namespace ? Kind::kNamespace : Kind::kDict;
  v.nesting_ = 1;
  for (const auto& [key, value] : pairs) {
    if (is_namespace) break;
    v.contain(key);
    v.contain(value);
  }
  v.pairs_ = std::make_shared<Pairs>(std::move(pairs));
  return v;
}
Value Value::function(std::string name, Function f, const Value& holds) {
  Value v = make(Kind::kFunction, std::move(name));
  v.contain(holds);
  v.function_ = std::make_shared<const Function>(std::move(f));
  return v;
}
Value Value::function(std::string name, Function f) { return function(std::move(name), std::move(f), Value()); }

bool Value::truth() const {
  switch (kind_) {
    case Kind::kUndefined:
    case Kind::kNone:
      return false;
    case Kind::kBool:
    case Kind::kInt:
      return int_ != 0;
    case Kind::kFloat:
      return real_ != 0;
    case Kind::kText:
      return !text_->bytes.empty();
    case Kind::kList:
    case Kind::kTuple:
      return !list_->empty();
    case Kind::kDict:
      return !pairs_->empty();
    case Kind::kNamespace:
    case Kind::kFunction:
      return true;
  }
  return false;
}

const Value* Value::find(const Value& key) const {
  for (const auto& [k, v] : *pairs_)
    if (equal(k, key)) return &v;
  return nullptr;
}

const Value* Value::find(std::string_view key) const {
  for (const auto& [k, v] : *pairs_)
    if (k.is_text() && k.as_text().bytes == key) return &v;
  return nullptr;
}

void Value::put(Pairs* pairs, const Value& key, Value value) {
  for (auto& [k, v] : *pairs) {
    if (!equal(k, key)) continue;
    v = std::move(value);
    return;
  }
  pairs->emplace_back(key, std::move(value));
}

Value Arguments::get(size_t place, std::string_view name) const {
  if (place < positional.size()) return positional[place];
  for (const auto& [n, v] : named)
    if (n == name) return v;
  return Value();
}

bool equal(const Value& a, const Value& b) {
  if (a.is_number() && b.is_number()) {
    if (a.kind() == Kind::kFloat || b.kind() == Kind::kFloat) return a.as_real() == b.as_real();
    return a.as_int() == b.as_int();
  }
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case Kind::kUndefined:
    case Kind::kNone:
      return true;
    case Kind::kText:
      return a.as_text().bytes == b.as_text().bytes;
    case Kind::kList:
    case Kind::kTuple:
      return std::equal(a.items().begin(), a.items().end(), b.items().begin(), b.items().end(), equal);
    case Kind::kDict:
      return a.pairs().size() == b.pairs().size() && std::all_of(a.pairs().begin(), a.pairs().end(), [&](const auto& p) {
               const Value* other = b.find(p.first);
               return other && equal(p.second, *other);
             });
    case Kind::kNamespace:
      return &a.pairs() == &b.pairs();
    case Kind::kFunction:
      return &a.callee() == &b.callee();
    case Kind::kBool:
    case Kind::kInt:
    case Kind::kFloat:
      return false;
  }
  return false;
}

std::optional<int> compare(const Value& a, const Value& b) {
  const auto sign = [](auto x, auto y) { return x < y ? -1 : y < x ? 1 : 0; };
  if (a.is_number() && b.is_number()) {
    if (a.kind() == Kind::kFloat || b.kind() == Kind::kFloat) return sign(a.as_real(), b.as_real());
    return sign(a.as_int(), b.as_int());
  }
  if (a.is_text() && b.is_text()) return sign(a.as_text().bytes, b.as_text().bytes);  // UTF-8 sorts as code points do
  if (a.is_sequence() && a.kind() == b.kind()) {
    for (size_t i = 0; i < std::min(a.items().size(), b.items().size()); ++i) {
      if (equal(a.items()[i], b.items()[i])) continue;
      return compare(a.items()[i], b.items()[i]);
    }
    return sign(a.items().size(), b.items().size());
  }
  return std::nullopt;
}

const char* type_name(const Value& v) {
  constexpr const char* kNames[] = {"Undefined", "NoneType", "bool", "int",       "float",   "str",
                                    "list",      "tuple",    "dict", "Namespace", "function"};
  return kNames[static_cast<size_t>(v.kind())];
}

std::string real_text(double d) {
  if (std::isnan(d)) return "nan";
  if (std::isinf(d)) return d > 0 ? "inf" : "-inf";
  std::string s = fmt::format("{}", d);
  return s.find_first_of(".e") == std::string::npos ? s + ".0" : s;
}

Text to_text(const Value& v) {
  switch (v.kind()) {
    case Kind::kUndefined:
      return Text();
    case Kind::kNone:
      return Text::literal("None");
    case Kind::kBool:
      return Text::literal(v.as_int() ? "True" : "False");
    case Kind::kInt:
      return Text::literal(fmt::format("{}", v.as_int()));
    case Kind::kFloat:
      return Text::literal(real_text(v.as_real()));
    case Kind::kText:
      return v.as_text();
    case Kind::kNamespace:
      return Text::literal("<Namespace>");
    case Kind::kFunction:
      return Text::literal("<function " + v.name() + ">");
    case Kind::kList:
    case Kind::kTuple:
    case Kind::kDict:
      return Text::data(repr_at(v, 0));
  }
  return Text();
}

std::string repr(const Value& v) { return repr_at(v, 0); }

Status to_json(const Value& v, int indent, bool sort_keys, std::string_view item_separator, std::string_view key_separator,
               int depth, size_t most, std::string* out) {
  if (depth > kMaxNesting) return Status(SOTTO_TEMPLATE_ERROR, "tojson: nested too deeply");
  if (out->size() > most) return Status(SOTTO_TEMPLATE_ERROR, "tojson: a text became too long");
  const auto line = [&](int level) {
    if (indent >= 0) *out += "\n" + std::string(static_cast<size_t>(indent) * static_cast<size_t>(level), ' ');
  };
  switch (v.kind()) {
    case Kind::kNone:
      *out += "null";
      return {};
    case Kind::kBool:
      *out += v.as_int() ? "true" : "false";
      return {};
    case Kind::kInt:
      *out += fmt::format("{}", v.as_int());
      return {};
    case Kind::kFloat:
      *out += std::isnan(v.as_real())   ? "NaN"
              : std::isinf(v.as_real()) ? (v.as_real() > 0 ? "Infinity" : "-Infinity")
                                        : real_text(v.as_real());
      return {};
    case Kind::kText:
      json_text(v.as_text().bytes, out);
      return {};
    case Kind::kList:
    case Kind::kTuple: {
      *out += "[";
      for (size_t i = 0; i < v.items().size(); ++i) {
        if (i) *out += item_separator;
        line(depth + 1);
        SOTTO_TRY(to_json(v.items()[i], indent, sort_keys, item_separator, key_separator, depth + 1, most, out));
      }
      if (!v.items().empty()) line(depth);
      *out += "]";
      return {};
    }
    case Kind::kDict: {
      Pairs pairs = v.pairs();
      if (sort_keys)
        std::stable_sort(pairs.begin(), pairs.end(),
                         [](const auto& a, const auto& b) { return compare(a.first, b.first).value_or(0) < 0; });
      *out += "{";
      for (size_t i = 0; i < pairs.size(); ++i) {
        if (i) *out += item_separator;
        line(depth + 1);
        const Value& key = pairs[i].first;
        if (key.is_text())
          json_text(key.as_text().bytes, out);
        else {
          std::string plain;
          SOTTO_TRY(to_json(key, -1, false, ", ", ": ", depth + 1, most, &plain));
          json_text(plain, out);
        }
        *out += key_separator;
        SOTTO_TRY(to_json(pairs[i].second, indent, sort_keys, item_separator, key_separator, depth + 1, most, out));
      }
      if (!pairs.empty()) line(depth);
      *out += "}";
      return {};
    }
    case Kind::kUndefined:
    case Kind::kNamespace:
    case Kind::kFunction:
      break;
  }
  return Status(SOTTO_TEMPLATE_ERROR, fmt::format("Object of type {} is not JSON serializable", type_name(v)));
}

size_t character_count(std::string_view s) {
  return static_cast<size_t>(
      std::count_if(s.begin(), s.end(), [](char c) { return (static_cast<uint8_t>(c) & 0xC0) != 0x80; }));
}

size_t byte_offset(std::string_view s, size_t character) {
  size_t at = 0;
  while (at < s.size()) {
    if ((static_cast<uint8_t>(s[at]) & 0xC0) != 0x80 && character-- == 0) return at;
    ++at;
  }
  return s.size();
}

}  // namespace sotto::jinja

// value_text.cc: values as text: Python's str(), repr() and json.dumps().
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "text/template/value.h"
#include "text/unicode.h"

namespace sotto::jinja {
namespace {

constexpr int kMaxNesting = 100;

std::string repr_at(const Value& v, int depth);

std::string repr_items(const List& items, const char* open, const char* close, int depth) {
  std::string out = open;
  for (size_t i = 0; i < items.size(); ++i) out += (i ? ", " : "") + repr_at(items[i], depth + 1);
  return out + close;
}

std::string repr_pairs(const Pairs& pairs, int depth) {
  std::string out = "{";
  for (const auto& [key, value] : pairs)
    out += (out.size() > 1 ? ", " : "") + repr_at(key, depth + 1) + ": " + repr_at(value, depth + 1);
  return out + "}";
}

// What Python shows as it is: no control, format, private or unassigned character, of white space only the space.
bool is_printable(uint32_t c) { return c == ' ' || (classify(c) & (kLetter | kNumber | kPunctuation | kSymbol | kMark)) != 0; }

std::string repr_text(const std::string& s) {
  constexpr std::string_view kShort = "\n\r\t", kLetters = "nrt";
  const char quote = s.find('\'') != std::string::npos && s.find('"') == std::string::npos ? '"' : '\'';
  std::string out(1, quote);
  for (size_t at = 0; at < s.size();) {
    const Character c = decode_character(s, at);
    const uint32_t cp = c.code_point;
    if (cp == static_cast<uint8_t>(quote) || cp == '\\')
      out += std::string("\\") + s[at];
    else if (const size_t known = cp < 0x80 ? kShort.find(static_cast<char>(cp)) : std::string_view::npos;
             known != std::string_view::npos)
      out += std::string("\\") + kLetters[known];
    else if (is_printable(cp))
      out.append(s, at, c.bytes);
    else
      out += cp < 0x100     ? fmt::format("\\x{:02x}", cp)
             : cp < 0x10000 ? fmt::format("\\u{:04x}", cp)
                            : fmt::format("\\U{:08x}", cp);
    at += c.bytes;
  }
  return out + quote;
}

std::string repr_series(const Series& s, int depth) {
  if (s.form == Series::Form::kGenerator) return "<" + s.type + " object>";
  if (s.form == Series::Form::kView) return s.type + "(" + repr_items(s.items, "[", "])", depth);
  const auto [start, stop, step] = s.bounds;
  return step == 1 ? fmt::format("range({}, {})", start, stop) : fmt::format("range({}, {}, {})", start, stop, step);
}

// Namespaces can be made to hold one another, and no weight counts what they hold: this is shown where it is little, without
// others, and where the namespace stands by itself.
std::string repr_namespace(const Pairs& pairs, int depth) {
  constexpr uint64_t kMost = 1024;
  uint64_t weight = 0;
  for (const auto& [key, value] : pairs) {
    weight += key.weight() + value.weight();
    if (depth > 0 || weight > kMost || value.kind() == Kind::kNamespace) return "<Namespace>";
  }
  return depth > 0 ? "<Namespace>" : "<Namespace " + repr_pairs(pairs, depth) + ">";
}

std::string repr_at(const Value& v, int depth) {
  if (depth > kMaxNesting) return "...";
  if (v.is_undefined()) return "Undefined";
  if (v.is_text()) return repr_text(v.as_text().bytes);
  if (v.kind() == Kind::kList) return repr_items(v.items(), "[", "]", depth);
  if (v.kind() == Kind::kTuple) return repr_items(v.items(), "(", v.items().size() == 1 ? ",)" : ")", depth);
  if (v.kind() == Kind::kDict) return repr_pairs(v.pairs(), depth);
  if (v.kind() == Kind::kNamespace) return repr_namespace(v.pairs(), depth);
  if (v.kind() == Kind::kSeries) return repr_series(v.series(), depth);
  return to_text(v).bytes;
}

void json_escape(uint32_t unit, std::string* out) { *out += fmt::format("\\u{:04x}", unit); }

void json_text(std::string_view s, bool ensure_ascii, std::string* out) {
  constexpr std::string_view kPlain = "\"\\\n\r\t\b\f", kLetters = "\"\\nrtbf";
  *out += '"';
  for (size_t at = 0; at < s.size();) {
    const Character c = decode_character(s, at);
    const uint32_t cp = c.code_point;
    const size_t known = cp < 0x80 ? kPlain.find(static_cast<char>(cp)) : std::string_view::npos;
    if (known != std::string_view::npos) {
      *out += '\\';
      *out += kLetters[known];
    } else if (cp >= 0x10000 && ensure_ascii) {
      json_escape(0xD7C0 + (cp >> 10), out);
      json_escape(0xDC00 + (cp & 0x3FF), out);
    } else if (cp < 0x20 || (cp > 0x7E && ensure_ascii)) {
      json_escape(cp, out);
    } else {
      out->append(s.substr(at, c.bytes));
    }
    at += c.bytes;
  }
  *out += '"';
}

std::string json_real(double d) {
  return std::isnan(d) ? "NaN" : std::isinf(d) ? (d > 0 ? "Infinity" : "-Infinity") : real_text(d);
}

void json_line(const JsonForm& form, int level, std::string* out) {
  if (!form.indent) return;
  *out += '\n';
  for (int i = 0; i < level && out->size() <= form.most; ++i) *out += *form.indent;
}

Status json_list(const List& items, const JsonForm& form, int depth, std::string* out) {
  *out += "[";
  for (size_t i = 0; i < items.size(); ++i) {
    if (i) *out += form.item_separator;
    json_line(form, depth + 1, out);
    SOTTO_TRY(to_json(items[i], form, depth + 1, out));
  }
  if (!items.empty()) json_line(form, depth, out);
  *out += "]";
  return {};
}

Status json_dict(Pairs pairs, const JsonForm& form, int depth, std::string* out) {
  if (form.sort_keys)
    std::stable_sort(pairs.begin(), pairs.end(),
                     [](const auto& a, const auto& b) { return compare(a.first, b.first).value_or(0) < 0; });
  *out += "{";
  for (size_t i = 0; i < pairs.size(); ++i) {
    if (i) *out += form.item_separator;
    json_line(form, depth + 1, out);
    const Value& key = pairs[i].first;
    if (key.is_text()) {
      json_text(key.as_text().bytes, form.ensure_ascii, out);
    } else if (key.is_number() || key.kind() == Kind::kNone) {
      std::string plain;
      SOTTO_TRY(to_json(key, JsonForm(), depth + 1, &plain));
      json_text(plain, form.ensure_ascii, out);
    } else {
      return Status(SOTTO_TEMPLATE_ERROR, fmt::format("keys must be str, int, float, bool or None, not {}", type_name(key)));
    }
    *out += form.key_separator;
    SOTTO_TRY(to_json(pairs[i].second, form, depth + 1, out));
  }
  if (!pairs.empty()) json_line(form, depth, out);
  *out += "}";
  return {};
}

}  // namespace

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
    case Kind::kFunction:
      return Text::literal("<function " + v.name() + ">");
    case Kind::kList:
    case Kind::kTuple:
    case Kind::kDict:
    case Kind::kNamespace:
    case Kind::kSeries:
      return Text::data(repr_at(v, 0));
  }
  return Text();
}

std::string repr(const Value& v) { return repr_at(v, 0); }

Status to_json(const Value& v, const JsonForm& form, int depth, std::string* out) {
  if (depth > kMaxNesting) return Status(SOTTO_TEMPLATE_ERROR, "tojson: nested too deeply");
  if (out->size() > form.most) return Status(SOTTO_TEMPLATE_ERROR, "tojson: a text became too long");
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
      *out += json_real(v.as_real());
      return {};
    case Kind::kText:
      json_text(v.as_text().bytes, form.ensure_ascii, out);
      return {};
    case Kind::kList:
    case Kind::kTuple:
      return json_list(v.items(), form, depth, out);
    case Kind::kDict:
      return json_dict(v.pairs(), form, depth, out);
    case Kind::kUndefined:
    case Kind::kNamespace:
    case Kind::kFunction:
    case Kind::kSeries:
      break;
  }
  return Status(SOTTO_TEMPLATE_ERROR, fmt::format("Object of type {} is not JSON serializable", type_name(v)));
}

}  // namespace sotto::jinja

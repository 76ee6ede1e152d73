// filters.cc: "x | filter", but for those of lists, which are in sequence_filters.cc.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "text/template/evaluator.h"
#include "text/template/text_operations.h"
#include "text/unicode.h"

namespace sotto::jinja {
namespace {

using V = Result<Value>;

V derived(const Value& from, std::string s) {
  const Text t = to_text(from);
  return Value::text(t.derived(std::move(s)));
}
std::string bytes_of(const Value& v) { return to_text(v).bytes; }

V f_trim(Evaluator& e, const Value& v, Arguments& a) {
  const Value characters = a.get(0, "chars");
  const Text t = to_text(v);
  if (characters.is_text()) SOTTO_TRY(e.spend_on_search(t.bytes, characters.as_text().bytes));
  return Value::text(strip(t, true, true, characters.is_text() ? &characters.as_text().bytes : nullptr));
}
V f_upper(Evaluator&, const Value& v, Arguments&) { return derived(v, to_upper(bytes_of(v))); }
V f_lower(Evaluator&, const Value& v, Arguments&) { return derived(v, to_lower(bytes_of(v))); }
V f_title(Evaluator&, const Value& v, Arguments&) { return derived(v, to_headline(bytes_of(v))); }
V f_capitalize(Evaluator&, const Value& v, Arguments&) { return derived(v, capitalize(bytes_of(v))); }
V f_string(Evaluator& e, const Value& v, Arguments&) {
  SOTTO_TRY(e.printable(v));
  return Value::text(to_text(v));
}
V f_safe(Evaluator&, const Value& v, Arguments&) {
  Text t = to_text(v);
  t.is_markup = true;
  return Value::text(std::move(t));
}

V f_tojson(Evaluator& e, const Value& v, Arguments& a) {
  JsonForm form;
  form.ensure_ascii = a.get(0, "ensure_ascii").truth();
  const Value indent = a.get(1, "indent"), separators = a.get(2, "separators");
  form.sort_keys = a.get(3, "sort_keys").truth();
  if (indent.is_number())
    form.indent = std::string(static_cast<size_t>(std::clamp<int64_t>(indent.as_int(), 0, 32)), ' ');
  else if (indent.is_text())
    form.indent = indent.as_text().bytes;
  if (form.indent) form.item_separator = ",";
  if (separators.is_sequence() && separators.items().size() == 2) {
    form.item_separator = bytes_of(separators.items()[0]);
    form.key_separator = bytes_of(separators.items()[1]);
  }
  std::string out;
  form.most = Evaluator::kMaxOutput;
  Status s = to_json(v, form, 0, &out);
  if (!s.ok()) return e.error(s.text());
  if (out.size() > form.most) return e.error("tojson: a text became too long");
  SOTTO_TRY(e.spend(out.size() / Evaluator::kBytesPerStep));
  return Value::text(Text::data(std::move(out)));
}

V f_length(Evaluator& e, const Value& v, Arguments&) {
  if (v.is_text()) return Value::integer(static_cast<int64_t>(character_count(v.as_text().bytes)));
  if (v.is_sequence()) return Value::integer(static_cast<int64_t>(v.items().size()));
  if (v.kind() == Kind::kDict) return Value::integer(static_cast<int64_t>(v.pairs().size()));
  if (v.kind() == Kind::kSeries && !v.is_generator()) return Value::integer(static_cast<int64_t>(v.items().size()));
  if (v.is_undefined()) return Value::integer(0);
  return e.error(fmt::format("object of type '{}' has no len()", type_name(v)));
}
V f_replace(Evaluator& e, const Value& v, Arguments& a) {
  const Value what = a.get(0, "old"), with = a.get(1, "new"), most = a.get(2, "count");
  if (what.is_undefined() || with.is_undefined()) return e.error("replace needs two texts");
  const Text t = to_text(v), w = to_text(with);
  const std::string old = bytes_of(what);
  const size_t growth = w.bytes.size() * (t.bytes.size() / std::max<size_t>(old.size(), 1) + 1);
  if (growth > Evaluator::kMaxOutput * 4) return e.error("a text became too long");
  SOTTO_TRY(e.spend(growth / Evaluator::kBytesPerStep));
  SOTTO_TRY(e.spend_on_search(t.bytes, old));
  return Value::text(replace(t, old, w, most.is_number() ? most.as_int() : -1));
}
V f_default(Evaluator&, const Value& v, Arguments& a) {
  const bool falsy_too = a.get(1, "boolean").truth();
  if (!v.is_undefined() && !(falsy_too && !v.truth())) return v;
  const Value fallback = a.get(0, "default_value");
  return fallback.is_undefined() ? Value::text(Text()) : fallback;
}
V f_int(Evaluator& e, const Value& v, Arguments& a) {
  if (v.is_undefined()) return e.error(v.name() + " is undefined");
  if (v.kind() == Kind::kFloat)
    return std::isfinite(v.as_real()) && std::fabs(v.as_real()) < 9e18 ? Value::integer(static_cast<int64_t>(v.as_real()))
                                                                       : Value::integer(0);
  if (v.is_number()) return Value::integer(v.as_int());
  const Value fallback = a.get(0, "default");
  if (v.is_text()) {
    const std::string s = strip(v.as_text(), true, true, nullptr).bytes;
    char* end = nullptr;
    const long long n = std::strtoll(s.c_str(), &end, 10);
    if (!s.empty() && *end == '\0') return Value::integer(n);
    const double d = std::strtod(s.c_str(), &end);
    if (!s.empty() && *end == '\0' && std::fabs(d) < 9e18) return Value::integer(static_cast<int64_t>(d));
  }
  return fallback.is_undefined() ? Value::integer(0) : fallback;
}
V f_float(Evaluator& e, const Value& v, Arguments& a) {
  if (v.is_undefined()) return e.error(v.name() + " is undefined");
  if (v.is_number()) return Value::real(v.as_real());
  const Value fallback = a.get(0, "default");
  if (v.is_text()) {
    const std::string s = strip(v.as_text(), true, true, nullptr).bytes;
    char* end = nullptr;
    const double d = std::strtod(s.c_str(), &end);
    if (!s.empty() && *end == '\0') return Value::real(d);
  }
  return fallback.is_undefined() ? Value::real(0) : fallback;
}
V f_abs(Evaluator& e, const Value& v, Arguments&) {
  if (!v.is_number()) return e.error(fmt::format("bad operand type for abs(): '{}'", type_name(v)));
  if (v.kind() == Kind::kFloat) return Value::real(std::fabs(v.as_real()));
  if (v.as_int() == INT64_MIN) return e.error("a number became too large");
  return Value::integer(v.as_int() < 0 ? -v.as_int() : v.as_int());
}
V f_round(Evaluator& e, const Value& v, Arguments& a) {
  if (!v.is_number()) return e.error("round needs a number");
  const Value digits = a.get(0, "precision"), method = a.get(1, "method");
  const auto precision = static_cast<int>(digits.is_number() ? std::clamp<int64_t>(digits.as_int(), -300, 300) : 0);
  const std::string how = method.is_text() ? method.as_text().bytes : "common";
  if (how == "common" && v.kind() != Kind::kFloat && precision >= 0) return Value::integer(v.as_int());
  // The decimal nearest to the binary number, as Python rounds; fmt writes exactly that.
  if (how == "common" && precision >= 0)
    return Value::real(std::strtod(fmt::format("{:.{}f}", v.as_real(), precision).c_str(), nullptr));
  const double scale = std::pow(10.0, precision), x = v.as_real() * scale;
  return Value::real((how == "ceil" ? std::ceil(x) : how == "floor" ? std::floor(x) : std::nearbyint(x)) / scale);
}

V f_indent(Evaluator& e, const Value& v, Arguments& a) {
  if (!v.is_text()) return e.error(fmt::format("indent takes a text, not {}", type_name(v)));
  const Value width = a.get(0, "width");
  const bool first = a.get(1, "first").truth(), blank = a.get(2, "blank").truth();
  const auto spaces = static_cast<size_t>(width.is_number() ? std::clamp<int64_t>(width.as_int(), 0, 1000) : 4);
  const Text by = width.is_text() ? width.as_text() : Text::literal(std::string(spaces, ' '));
  Text whole = v.as_text();
  SOTTO_TRY(e.spend(whole.bytes.size()));
  whole.append(Text::literal("\n"));
  Text out;
  bool is_first = true;
  for (const Value& line : split_lines(whole, false)) {
    if (!is_first) out.append(Text::literal("\n"));
    if (is_first ? first : blank || line.truth()) out.append(by);
    out.append(line.as_text());
    is_first = false;
    SOTTO_TRY(e.check_length(out));
  }
  SOTTO_TRY(e.spend(out.bytes.size() / Evaluator::kBytesPerStep));
  return Value::text(std::move(out));
}
V f_escape(Evaluator& e, const Value& v, Arguments&) {
  SOTTO_TRY(e.spend(v.weight() / 16));  // sign by sign
  return Value::text(escape_markup(to_text(v)));
}
V f_forceescape(Evaluator& e, const Value& v, Arguments&) {
  SOTTO_TRY(e.spend(v.weight() / 16));
  Text t = to_text(v);
  t.is_markup = false;
  return Value::text(escape_markup(t));
}
V f_urlencode(Evaluator& e, const Value& v, Arguments&) {
  if (v.kind() != Kind::kText && !v.is_number()) return e.error("urlencode takes a text here");
  std::string out;
  for (const char c : bytes_of(v)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("_.-~/").find(c) != std::string_view::npos;
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<uint8_t>(c));
  }
  return derived(v, std::move(out));
}
V f_wordcount(Evaluator& e, const Value& v, Arguments&) {
  SOTTO_TRY(e.spend(v.weight() / 16));
  const std::string s = bytes_of(v);
  int64_t words = 0;
  for (size_t at = 0, inside = 0; at < s.size();) {
    const Character c = decode_character(s, at);
    const bool is_word = c.code_point == '_' || (classify(c.code_point) & (kLetter | kNumber)) != 0;
    words += is_word && !inside;
    inside = is_word;
    at += c.bytes;
  }
  return Value::integer(words);
}
V f_truncate(Evaluator& e, const Value& v, Arguments& a) {
  if (!v.is_text()) return e.error(fmt::format("truncate takes a text, not {}", type_name(v)));
  const auto number = [&](size_t place, const char* name, int64_t fallback) {
    const Value n = a.get(place, name);
    return n.is_number() ? n.as_int() : fallback;
  };
  const Text t = to_text(v);
  constexpr int64_t kMost = int64_t{1} << 40;  // more than any text has
  const int64_t length = std::clamp<int64_t>(number(0, "length", 255), 0, kMost),
                leeway = std::clamp<int64_t>(number(3, "leeway", 5), -kMost, kMost);
  const Value end_given = a.get(2, "end");
  const Text end = end_given.is_undefined() ? Text::literal("...") : to_text(end_given);
  if (static_cast<int64_t>(character_count(t.bytes)) <= length + leeway) return Value::text(t);
  const int64_t room = std::max<int64_t>(length - static_cast<int64_t>(character_count(end.bytes)), 0);
  Text out = t.part(0, byte_offset(t.bytes, static_cast<size_t>(room)));
  if (!a.get(1, "killwords").truth())
    if (const size_t space = out.bytes.rfind(' '); space != std::string::npos) out = out.part(0, space);
  out.append(end);
  return Value::text(std::move(out));
}
V f_center(Evaluator& e, const Value& v, Arguments& a) {
  Arguments width{{a.get(0, "width")}, {}};
  if (width.positional[0].is_undefined()) width.positional[0] = Value::integer(80);
  return padded(e, to_text(v), width, true, true);
}
V f_format(Evaluator& e, const Value& v, Arguments& a) { return percent_format(e, to_text(v), a.positional); }

struct Row {
  std::string_view name;
  FilterFunction filter;
};
constexpr Row kFilters[] = {{"trim", f_trim},
                            {"tojson", f_tojson},
                            {"length", f_length},
                            {"count", f_length},
                            {"upper", f_upper},
                            {"lower", f_lower},
                            {"title", f_title},
                            {"capitalize", f_capitalize},
                            {"replace", f_replace},
                            {"default", f_default},
                            {"d", f_default},
                            {"safe", f_safe},
                            {"string", f_string},
                            {"int", f_int},
                            {"float", f_float},
                            {"indent", f_indent},
                            {"abs", f_abs},
                            {"round", f_round},
                            {"escape", f_escape},
                            {"e", f_escape},
                            {"forceescape", f_forceescape},
                            {"urlencode", f_urlencode},
                            {"wordcount", f_wordcount},
                            {"truncate", f_truncate},
                            {"center", f_center},
                            {"format", f_format}};

}  // namespace

V percent_format(Evaluator& e, const Text& t, const List& values) {
  SOTTO_TRY(e.spend(t.bytes.size() / 16));  // it is copied character by character
  Text out;
  size_t next = 0;
  for (size_t at = 0; at < t.bytes.size(); ++at) {
    if (t.bytes[at] != '%' || at + 1 >= t.bytes.size()) {
      out.append(t.part(at, 1));
      continue;
    }
    const char kind = t.bytes[++at];
    if (kind == '%') {
      out.append(t.part(at, 1));
    } else if ((kind == 's' || kind == 'd') && next < values.size()) {
      const Value& v = values[next++];
      if (kind == 'd' && (!v.is_number() || v.kind() == Kind::kFloat)) return e.error("format: %d takes integers here");
      out.append(kind == 'd' ? to_text(Value::integer(v.as_int())) : to_text(v));
      SOTTO_TRY(e.check_length(out));
    } else {
      return e.error(fmt::format("format: %{} is not supported here, or has no value", kind));
    }
  }
  if (next < values.size()) return e.error("not all arguments converted during string formatting");
  return Value::text(std::move(out));
}

FilterFunction find_filter(std::string_view name) {
  const Row* row = std::find_if(std::begin(kFilters), std::end(kFilters), [&](const Row& r) { return r.name == name; });
  return row == std::end(kFilters) ? find_sequence_filter(name) : row->filter;
}

}  // namespace sotto::jinja

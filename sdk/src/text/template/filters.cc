// filters.cc: "x | filter".
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "text/template/evaluator.h"
#include "text/template/text_operations.h"

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
V f_title(Evaluator&, const Value& v, Arguments&) { return derived(v, to_title(bytes_of(v))); }
V f_capitalize(Evaluator&, const Value& v, Arguments&) { return derived(v, capitalize(bytes_of(v))); }
V f_string(Evaluator&, const Value& v, Arguments&) { return Value::text(to_text(v)); }
V f_same(Evaluator&, const Value& v, Arguments&) { return v; }

V f_tojson(Evaluator& e, const Value& v, Arguments& a) {
  const Value indent = a.get(SIZE_MAX, "indent").is_undefined() ? a.get(0, "indent") : a.get(SIZE_MAX, "indent");
  const Value separators = a.get(SIZE_MAX, "separators");
  const int width = indent.is_number() ? static_cast<int>(std::clamp<int64_t>(indent.as_int(), 0, 32)) : -1;
  std::string item = width >= 0 ? "," : ", ", key = ": ";
  if (separators.is_sequence() && separators.items().size() == 2) {
    item = bytes_of(separators.items()[0]);
    key = bytes_of(separators.items()[1]);
  }
  std::string out;
  Status s = to_json(v, width, a.get(SIZE_MAX, "sort_keys").truth(), item, key, 0, Evaluator::kMaxOutput, &out);
  if (!s.ok()) return e.error(s.text());
  SOTTO_TRY(e.spend(out.size() / Evaluator::kBytesPerStep));
  return Value::text(Text::data(std::move(out)));
}

V f_length(Evaluator& e, const Value& v, Arguments&) {
  if (v.is_text()) return Value::integer(static_cast<int64_t>(character_count(v.as_text().bytes)));
  if (v.is_sequence()) return Value::integer(static_cast<int64_t>(v.items().size()));
  if (v.is_mapping()) return Value::integer(static_cast<int64_t>(v.pairs().size()));
  if (v.is_undefined()) return Value::integer(0);
  return e.error(fmt::format("object of type '{}' has no len()", type_name(v)));
}
V f_join(Evaluator& e, const Value& v, Arguments& a) {
  SOTTO_ASSIGN(List items, iterate(e, v));
  const Value by = a.get(1, "attribute");
  if (by.is_text()) {
    for (Value& x : items) {
      const Value* found = x.is_mapping() ? x.find(by) : nullptr;
      x = found ? *found : Value();
    }
  }
  return joined(e, items, to_text(a.get(0, "d")));
}
V f_first(Evaluator& e, const Value& v, Arguments&) {
  SOTTO_ASSIGN(const List items, iterate(e, v));
  return items.empty() ? Value::undefined("No first item, sequence was empty.") : items.front();
}
V f_last(Evaluator& e, const Value& v, Arguments&) {
  SOTTO_ASSIGN(const List items, iterate(e, v));
  return items.empty() ? Value::undefined("No last item, sequence was empty.") : items.back();
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
V f_int(Evaluator&, const Value& v, Arguments& a) {
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
V f_float(Evaluator&, const Value& v, Arguments& a) {
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
  const double scale = std::pow(10.0, digits.is_number() ? static_cast<double>(digits.as_int()) : 0), x = v.as_real() * scale;
  const std::string how = method.is_text() ? method.as_text().bytes : "common";
  return Value::real((how == "ceil" ? std::ceil(x) : how == "floor" ? std::floor(x) : std::nearbyint(x)) / scale);
}
V f_list(Evaluator& e, const Value& v, Arguments&) {
  SOTTO_ASSIGN(List items, iterate(e, v));
  return Value::list(std::move(items));
}
V f_items(Evaluator& e, const Value& v, Arguments&) {
  if (v.is_undefined()) return Value::list({});
  if (!v.is_mapping()) return e.error("Can only get item pairs from a mapping.");
  SOTTO_TRY(e.spend(v.pairs().size()));
  List items;
  for (const auto& [k, x] : v.pairs()) items.push_back(Value::list({k, x}, true));
  return Value::list(std::move(items));
}
V f_reverse(Evaluator& e, const Value& v, Arguments&) {
  SOTTO_ASSIGN(List items, iterate(e, v));
  std::reverse(items.begin(), items.end());
  return v.is_text() ? Value::text(join(items, Text())) : Value::list(std::move(items));
}

// "a.b.0" along an item; undefined where it ends.
Value along(const Value& v, const Value& path) {
  Value at = v;
  const List parts = path.is_text() ? split(path.as_text(), std::make_unique<std::string>(".").get(), -1, false) : List{path};
  for (const Value& part : parts) {
    const std::string key = bytes_of(part);
    const bool number =
        !key.empty() && key.size() < 9 && std::all_of(key.begin(), key.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (at.is_mapping()) {
      const Value* found = at.find(key);
      at = found ? *found : Value::undefined("'dict object' has no attribute '" + key + "'");
    } else if (at.is_sequence() && number && static_cast<size_t>(std::stoi(key)) < at.items().size()) {
      at = Value(at.items()[static_cast<size_t>(std::stoi(key))]);
    } else {
      return Value::undefined("'" + std::string(type_name(at)) + " object' has no attribute '" + key + "'");
    }
  }
  return at;
}
V f_map(Evaluator& e, const Value& v, Arguments& a) {
  SOTTO_ASSIGN(List items, iterate(e, v));
  SOTTO_TRY(e.spend(items.size()));
  const Value path = a.get(SIZE_MAX, "attribute"), fallback = a.get(SIZE_MAX, "default");
  FilterFunction filter = nullptr;
  Arguments rest;
  if (path.is_undefined()) {
    const Value name = a.get(0, "filter");
    filter = name.is_text() ? find_filter(name.as_text().bytes) : nullptr;
    if (!filter) return e.error("map needs a filter's name or attribute=");
    if (!a.positional.empty()) rest.positional.assign(a.positional.begin() + 1, a.positional.end());
    rest.named = a.named;
  }
  uint64_t weight = 0;
  for (Value& x : items) {
    if (filter) {
      SOTTO_TRY(e.spend_on(rest));
      SOTTO_ASSIGN(x, filter(e, x, rest));
      SOTTO_TRY(e.spend_on(x));
      weight += x.weight();
      if (weight > Evaluator::kMaxWeight) return e.error("a value became too large");
    } else {
      x = along(x, path);
      if (x.is_undefined() && !fallback.is_undefined()) x = fallback;
    }
  }
  return Value::list(std::move(items));
}
V chosen(Evaluator& e, const Value& v, Arguments& a, bool by_attribute, bool wanted) {
  SOTTO_ASSIGN(const List items, iterate(e, v));
  SOTTO_TRY(e.spend(items.size()));
  const size_t first = by_attribute ? 1 : 0;
  if (by_attribute && a.positional.empty()) return e.error("selectattr and rejectattr need an attribute's name");
  TestFunction test = nullptr;
  Arguments rest;
  if (a.positional.size() > first) {
    const Value& name = a.positional[first];
    test = name.is_text() ? find_test(name.as_text().bytes) : nullptr;
    if (!test) return e.error(fmt::format("test '{}' is not supported", bytes_of(name)));
    rest.positional.assign(a.positional.begin() + static_cast<std::ptrdiff_t>(first) + 1, a.positional.end());
  }
  List out;
  for (const Value& x : items) {
    const Value tested = by_attribute ? along(x, a.positional[0]) : x;
    bool holds = tested.truth();
    if (test) {
      SOTTO_TRY(e.spend_on(rest));
      SOTTO_ASSIGN(holds, test(e, tested, rest));
    }
    if (holds == wanted) out.push_back(x);
  }
  return Value::list(std::move(out));
}
V f_select(Evaluator& e, const Value& v, Arguments& a) { return chosen(e, v, a, false, true); }
V f_reject(Evaluator& e, const Value& v, Arguments& a) { return chosen(e, v, a, false, false); }
V f_selectattr(Evaluator& e, const Value& v, Arguments& a) { return chosen(e, v, a, true, true); }
V f_rejectattr(Evaluator& e, const Value& v, Arguments& a) { return chosen(e, v, a, true, false); }

// Case does not count unless asked for.
Value sort_key(const Value& v, bool case_sensitive) {
  return v.is_text() && !case_sensitive ? Value::text(Text::data(to_lower(v.as_text().bytes))) : v;
}
V sorted(Evaluator& e, List items, const Value& path, bool case_sensitive, bool reverse) {
  SOTTO_TRY(e.spend(items.size() * 8));
  std::vector<std::pair<Value, size_t>> keys;  // with the item's place
  keys.reserve(items.size());
  for (size_t i = 0; i < items.size(); ++i)
    keys.emplace_back(sort_key(path.is_undefined() ? items[i] : along(items[i], path), case_sensitive), i);
  bool comparable = true;
  std::stable_sort(keys.begin(), keys.end(), [&](const auto& x, const auto& y) {
    const auto order = compare(x.first, y.first);
    comparable = comparable && order.has_value();
    return reverse ? order.value_or(0) > 0 : order.value_or(0) < 0;
  });
  if (!comparable) return e.error("sort: the items cannot be compared");
  List out;
  out.reserve(items.size());
  for (const auto& [key, place] : keys) out.push_back(std::move(items[place]));
  return Value::list(std::move(out));
}
V f_sort(Evaluator& e, const Value& v, Arguments& a) {
  SOTTO_ASSIGN(List items, iterate(e, v));
  return sorted(e, std::move(items), a.get(2, "attribute"), a.get(1, "case_sensitive").truth(), a.get(0, "reverse").truth());
}
V f_dictsort(Evaluator& e, const Value& v, Arguments& a) {
  SOTTO_ASSIGN(const Value pairs, f_items(e, v, a));
  const Value by = a.get(1, "by");
  const bool by_value = by.is_text() && by.as_text().bytes == "value";
  return sorted(e, pairs.items(), Value::integer(by_value ? 1 : 0), a.get(0, "case_sensitive").truth(),
                a.get(2, "reverse").truth());
}
V f_unique(Evaluator& e, const Value& v, Arguments& a) {
  SOTTO_ASSIGN(const List items, iterate(e, v));
  const Value path = a.get(1, "attribute");
  const bool case_sensitive = a.get(0, "case_sensitive").truth();
  List out, seen;
  for (const Value& x : items) {
    const Value key = sort_key(path.is_undefined() ? x : along(x, path), case_sensitive);
    SOTTO_TRY(e.spend((seen.size() / 8 + 1) * (key.weight() / Evaluator::kBytesPerStep + 1)));
    if (std::any_of(seen.begin(), seen.end(), [&](const Value& s) { return equal(s, key); })) continue;
    seen.push_back(key);
    out.push_back(x);
  }
  return Value::list(std::move(out));
}
V extreme(Evaluator& e, const Value& v, const Arguments& a, int sign) {
  SOTTO_ASSIGN(const List items, iterate(e, v));
  const Value path = a.get(1, "attribute");
  const Value* best = nullptr;
  for (const Value& x : items) {
    if (!best) {
      best = &x;
      continue;
    }
    const auto order = compare(sort_key(path.is_undefined() ? x : along(x, path), false),
                               sort_key(path.is_undefined() ? *best : along(*best, path), false));
    if (!order) return e.error("min, max: the items cannot be compared");
    if (*order * sign > 0) best = &x;
  }
  return best ? *best : Value::undefined("No aggregated item, sequence was empty.");
}
V f_min(Evaluator& e, const Value& v, Arguments& a) { return extreme(e, v, a, -1); }
V f_max(Evaluator& e, const Value& v, Arguments& a) { return extreme(e, v, a, 1); }
V f_sum(Evaluator& e, const Value& v, Arguments& a) {
  SOTTO_ASSIGN(const List items, iterate(e, v));
  const Value path = a.get(0, "attribute"), start = a.get(1, "start");
  double real = start.is_number() ? start.as_real() : 0;
  int64_t integer = start.is_number() ? start.as_int() : 0;
  bool is_real = start.kind() == Kind::kFloat;
  for (const Value& x : items) {
    const Value n = path.is_undefined() ? x : along(x, path);
    if (!n.is_number()) return e.error(fmt::format("sum: '{}' is no number", type_name(n)));
    is_real |= n.kind() == Kind::kFloat;
    real += n.as_real();
    if (__builtin_add_overflow(integer, n.kind() == Kind::kFloat ? 0 : n.as_int(), &integer))
      return e.error("a number became too large");
  }
  return is_real ? Value::real(real) : Value::integer(integer);
}

V f_indent(Evaluator& e, const Value& v, Arguments& a) {
  const Value width = a.get(0, "width");
  const bool first = a.get(1, "first").truth(), blank = a.get(2, "blank").truth();
  const Text by = width.is_text()
                      ? width.as_text()
                      : Text::literal(std::string(
                            static_cast<size_t>(width.is_number() ? std::clamp<int64_t>(width.as_int(), 0, 1000) : 4), ' '));
  const Text t = to_text(v);
  SOTTO_TRY(e.spend(t.bytes.size()));
  Text out;
  for (size_t at = 0, line = 0; at <= t.bytes.size(); ++line) {
    const size_t end = std::min(t.bytes.find('\n', at), t.bytes.size());
    if ((line > 0 || first) && (end > at || blank)) out.append(by);
    out.append(t.part(at, std::min(end + 1, t.bytes.size()) - at));
    if (out.bytes.size() > Evaluator::kMaxOutput) return e.error("a text became too long");
    at = end + 1;
  }
  return Value::text(std::move(out));
}
V f_escape(Evaluator&, const Value& v, Arguments&) {
  std::string out;
  for (const char c : bytes_of(v))
    out += c == '&'    ? "&amp;"
           : c == '<'  ? "&lt;"
           : c == '>'  ? "&gt;"
           : c == '"'  ? "&#34;"
           : c == '\'' ? "&#39;"
                       : std::string(1, c);
  return derived(v, std::move(out));
}
V f_urlencode(Evaluator&, const Value& v, Arguments&) {
  std::string out;
  for (const char c : bytes_of(v)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("_.-~/").find(c) != std::string_view::npos;
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<uint8_t>(c));
  }
  return derived(v, std::move(out));
}
V f_wordcount(Evaluator& e, const Value& v, Arguments&) {
  SOTTO_TRY(e.spend(v.weight() / 4));
  return Value::integer(static_cast<int64_t>(split(to_text(v), nullptr, -1, false).size()));
}
V f_truncate(Evaluator&, const Value& v, Arguments& a) {
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
V grouped(Evaluator& e, const Value& v, Arguments& a, bool slices) {
  SOTTO_ASSIGN(const List items, iterate(e, v));
  const Value count = a.get(0, slices ? "slices" : "linecount"), fill = a.get(1, "fill_with");
  if (!count.is_number() || count.as_int() < 1 || count.as_int() > 100000) return e.error("batch and slice need a count");
  const auto n = static_cast<size_t>(count.as_int());
  SOTTO_TRY(e.spend(items.size() + n));
  List out;
  size_t at = 0;
  for (size_t i = 0; slices ? i < n : at < items.size(); ++i) {
    const size_t size = slices ? items.size() / n + (i < items.size() % n ? 1 : 0) : std::min(n, items.size() - at);
    List part(items.begin() + static_cast<std::ptrdiff_t>(at), items.begin() + static_cast<std::ptrdiff_t>(at + size));
    at += size;
    if (!fill.is_undefined() && (slices ? items.size() % n != 0 && i >= items.size() % n : size < n))
      part.resize(slices ? size + 1 : n, fill);
    out.push_back(Value::list(std::move(part)));
  }
  return Value::list(std::move(out));
}
V f_batch(Evaluator& e, const Value& v, Arguments& a) { return grouped(e, v, a, false); }
V f_slice(Evaluator& e, const Value& v, Arguments& a) { return grouped(e, v, a, true); }
V f_groupby(Evaluator& e, const Value& v, Arguments& a) {
  const Value path = a.get(0, "attribute");
  SOTTO_ASSIGN(List items, iterate(e, v));
  SOTTO_ASSIGN(const Value order, sorted(e, std::move(items), path, false, false));
  List out, group;
  for (size_t i = 0; i < order.items().size(); ++i) {
    group.push_back(order.items()[i]);
    const Value key = along(order.items()[i], path);
    if (i + 1 < order.items().size() && equal(key, along(order.items()[i + 1], path))) continue;
    out.push_back(Value::list({key, Value::list(std::move(group))}, true));
    group.clear();
  }
  return Value::list(std::move(out));
}
V method_of(Evaluator& e, const Value& v, Arguments& a, const char* name) {
  const Value method = find_method(Value::text(to_text(v)), name);
  return e.call(method, a);
}
V f_center(Evaluator& e, const Value& v, Arguments& a) {
  if (a.positional.empty() && a.named.empty()) a.positional.push_back(Value::integer(80));
  return method_of(e, v, a, "center");
}
V f_format(Evaluator& e, const Value& v, Arguments& a) {
  // %s, %d and %% in order.
  const Text t = to_text(v);
  Text out;
  size_t next = 0;
  for (size_t at = 0; at < t.bytes.size(); ++at) {
    if (t.bytes[at] != '%' || at + 1 >= t.bytes.size()) {
      out.append(t.part(at, 1));
      continue;
    }
    const char kind = t.bytes[++at];
    if (kind == '%')
      out.append(t.part(at, 1));
    else if ((kind == 's' || kind == 'd') && next < a.positional.size())
      out.append(to_text(a.positional[next++]));  // each once, so no longer than what they are
    else
      return e.error(fmt::format("format: %{} is not supported here", kind));
  }
  return Value::text(std::move(out));
}

struct Row {
  std::string_view name;
  FilterFunction filter;
};
constexpr Row kFilters[] = {{"trim", f_trim},
                            {"tojson", f_tojson},
                            {"length", f_length},
                            {"count", f_length},
                            {"join", f_join},
                            {"first", f_first},
                            {"last", f_last},
                            {"upper", f_upper},
                            {"lower", f_lower},
                            {"title", f_title},
                            {"capitalize", f_capitalize},
                            {"replace", f_replace},
                            {"default", f_default},
                            {"d", f_default},
                            {"safe", f_same},
                            {"string", f_string},
                            {"int", f_int},
                            {"float", f_float},
                            {"list", f_list},
                            {"map", f_map},
                            {"select", f_select},
                            {"reject", f_reject},
                            {"selectattr", f_selectattr},
                            {"rejectattr", f_rejectattr},
                            {"items", f_items},
                            {"dictsort", f_dictsort},
                            {"sort", f_sort},
                            {"unique", f_unique},
                            {"reverse", f_reverse},
                            {"indent", f_indent},
                            {"abs", f_abs},
                            {"round", f_round},
                            {"sum", f_sum},
                            {"min", f_min},
                            {"max", f_max},
                            {"batch", f_batch},
                            {"slice", f_slice},
                            {"groupby", f_groupby},
                            {"escape", f_escape},
                            {"e", f_escape},
                            {"forceescape", f_escape},
                            {"urlencode", f_urlencode},
                            {"wordcount", f_wordcount},
                            {"truncate", f_truncate},
                            {"center", f_center},
                            {"format", f_format}};

}  // namespace

FilterFunction find_filter(std::string_view name) {
  const Row* row = std::find_if(std::begin(kFilters), std::end(kFilters), [&](const Row& r) { return r.name == name; });
  return row == std::end(kFilters) ? nullptr : row->filter;
}

}  // namespace sotto::jinja

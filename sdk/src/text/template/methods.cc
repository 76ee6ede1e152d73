// methods.cc: methods of str, dict and list that templates call. Those that would change their object are refused, as in the
// sandbox that model makers test their templates in.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "text/template/evaluator.h"
#include "text/template/text_operations.h"
#include "text/unicode.h"

namespace sotto::jinja {
namespace {

using Method = Result<Value> (*)(Evaluator&, const Value& self, Arguments&);

Result<Value> text_of(const Text& from, std::string s) { return Value::text(from.derived(std::move(s))); }

// The text argument at a place; fails when it is something else.
Result<std::string> text_argument(Evaluator& e, const Arguments& a, size_t place, std::string_view name) {
  const Value v = a.get(place, name);
  if (!v.is_text()) return e.error(fmt::format("expected a text as '{}', got {}", name, type_name(v)));
  return v.as_text().bytes;
}
int64_t integer_argument(const Arguments& a, size_t place, std::string_view name, int64_t fallback) {
  const Value v = a.get(place, name);
  return v.is_number() ? v.as_int() : fallback;
}

Result<Value> stripped(Evaluator& e, const Value& self, const Arguments& a, bool left, bool right) {
  const Value characters = a.get(0, "chars");
  if (characters.is_text()) SOTTO_TRY(e.spend_on_search(self.as_text().bytes, characters.as_text().bytes));
  return Value::text(strip(self.as_text(), left, right, characters.is_text() ? &characters.as_text().bytes : nullptr));
}
Result<Value> m_strip(Evaluator& e, const Value& s, Arguments& a) { return stripped(e, s, a, true, true); }
Result<Value> m_lstrip(Evaluator& e, const Value& s, Arguments& a) { return stripped(e, s, a, true, false); }
Result<Value> m_rstrip(Evaluator& e, const Value& s, Arguments& a) { return stripped(e, s, a, false, true); }

Result<Value> any_split(Evaluator& e, const Value& self, const Arguments& a, bool right) {
  const Value separator = a.get(0, "sep");
  if (separator.is_text() && separator.as_text().bytes.empty()) return e.error("empty separator");
  SOTTO_TRY(e.spend(self.as_text().bytes.size() / 4));
  if (separator.is_text()) SOTTO_TRY(e.spend_on_search(self.as_text().bytes, separator.as_text().bytes));
  return Value::list(split(self.as_text(), separator.is_text() ? &separator.as_text().bytes : nullptr,
                           integer_argument(a, 1, "maxsplit", -1), right));
}
Result<Value> m_split(Evaluator& e, const Value& s, Arguments& a) { return any_split(e, s, a, false); }
Result<Value> m_rsplit(Evaluator& e, const Value& s, Arguments& a) { return any_split(e, s, a, true); }
Result<Value> m_splitlines(Evaluator& e, const Value& s, Arguments& a) {
  SOTTO_TRY(e.spend(s.as_text().bytes.size() / 4));
  return Value::list(split_lines(s.as_text(), a.get(0, "keepends").truth()));
}
Result<Value> parted(Evaluator& e, const Value& s, const Arguments& a, bool right) {
  SOTTO_ASSIGN(const std::string separator, text_argument(e, a, 0, "sep"));
  if (separator.empty()) return e.error("empty separator");
  const Text& t = s.as_text();
  SOTTO_TRY(e.spend_on_search(t.bytes, separator));
  const size_t at = right ? t.bytes.rfind(separator) : t.bytes.find(separator);
  const Value none = Value::text(Text());
  if (at == std::string::npos) return Value::list(right ? List{none, none, s} : List{s, none, none}, true);
  const size_t after = at + separator.size();
  return Value::list({Value::text(t.part(0, at)), Value::text(t.part(at, separator.size())),
                      Value::text(t.part(after, t.bytes.size() - after))},
                     true);
}
Result<Value> m_partition(Evaluator& e, const Value& s, Arguments& a) { return parted(e, s, a, false); }
Result<Value> m_rpartition(Evaluator& e, const Value& s, Arguments& a) { return parted(e, s, a, true); }

// The part of a text that the arguments start and end, in characters, name; nothing where the start lies behind the end.
std::optional<ByteRange> window(const Text& t, const Arguments& a) {
  if (a.positional.size() < 2) return ByteRange{0, t.bytes.size()};
  const auto size = static_cast<int64_t>(character_count(t.bytes));
  const auto place = [&](size_t at, int64_t fallback) {
    const int64_t i = integer_argument(a, at, "", fallback);
    return i < 0 ? std::max<int64_t>(i + size, 0) : i;
  };
  const int64_t start = place(1, 0), end = std::min(place(2, size), size);
  if (start > end) return std::nullopt;
  const size_t first = byte_offset(t.bytes, static_cast<size_t>(start));
  return ByteRange{first, byte_offset(t.bytes, static_cast<size_t>(end)) - first};
}

Result<Value> affix(Evaluator& e, const Value& self, const Arguments& a, bool front) {
  const auto part = window(self.as_text(), a);
  const std::string_view s =
      part ? std::string_view(self.as_text().bytes).substr(part->first, part->count) : std::string_view();
  const auto fits = [&](const std::string& x) {
    return part && x.size() <= s.size() && s.compare(front ? 0 : s.size() - x.size(), x.size(), x) == 0;
  };
  const Value wanted = a.get(0, "prefix");
  if (wanted.is_text()) return Value::boolean(fits(wanted.as_text().bytes));
  if (wanted.kind() != Kind::kTuple) return e.error("startswith and endswith take a text or a tuple of texts");
  return Value::boolean(std::any_of(wanted.items().begin(), wanted.items().end(),
                                    [&](const Value& v) { return v.is_text() && fits(v.as_text().bytes); }));
}
Result<Value> m_startswith(Evaluator& e, const Value& s, Arguments& a) { return affix(e, s, a, true); }
Result<Value> m_endswith(Evaluator& e, const Value& s, Arguments& a) { return affix(e, s, a, false); }

Result<Value> remove_affix(Evaluator& e, const Value& self, const Arguments& a, bool front) {
  SOTTO_ASSIGN(const std::string x, text_argument(e, a, 0, "affix"));
  const Text& t = self.as_text();
  const bool fits = x.size() <= t.bytes.size() && t.bytes.compare(front ? 0 : t.bytes.size() - x.size(), x.size(), x) == 0;
  return fits ? Value::text(t.part(front ? x.size() : 0, t.bytes.size() - x.size())) : self;
}
Result<Value> m_removeprefix(Evaluator& e, const Value& s, Arguments& a) { return remove_affix(e, s, a, true); }
Result<Value> m_removesuffix(Evaluator& e, const Value& s, Arguments& a) { return remove_affix(e, s, a, false); }

Result<Value> m_replace(Evaluator& e, const Value& s, Arguments& a) {
  SOTTO_ASSIGN(const std::string what, text_argument(e, a, 0, "old"));
  const Value with = a.get(1, "new");
  if (!with.is_text()) return e.error("replace needs two texts");
  const size_t growth = with.as_text().bytes.size() * (s.as_text().bytes.size() / std::max<size_t>(what.size(), 1) + 1);
  if (growth > Evaluator::kMaxOutput * 4) return e.error("a text became too long");
  SOTTO_TRY(e.spend(growth / Evaluator::kBytesPerStep));
  SOTTO_TRY(e.spend_on_search(s.as_text().bytes, what));
  return Value::text(replace(s.as_text(), what, with.as_text(), integer_argument(a, 2, "count", -1)));
}
Result<Value> m_upper(Evaluator&, const Value& s, Arguments&) { return text_of(s.as_text(), to_upper(s.as_text().bytes)); }
Result<Value> m_lower(Evaluator&, const Value& s, Arguments&) { return text_of(s.as_text(), to_lower(s.as_text().bytes)); }
Result<Value> m_title(Evaluator&, const Value& s, Arguments&) { return text_of(s.as_text(), to_title(s.as_text().bytes)); }
Result<Value> m_capitalize(Evaluator&, const Value& s, Arguments&) {
  return text_of(s.as_text(), capitalize(s.as_text().bytes));
}

Result<Value> found(Evaluator& e, const Value& s, const Arguments& a, bool right) {
  SOTTO_ASSIGN(const std::string what, text_argument(e, a, 0, "sub"));
  const std::string_view t = s.as_text().bytes;
  const auto part = window(s.as_text(), a);
  if (!part) return Value::integer(-1);
  SOTTO_TRY(e.spend_on_search(t, what));
  const std::string_view in = t.substr(part->first, part->count);
  const size_t at = right ? in.rfind(what) : in.find(what);
  if (at == std::string_view::npos) return Value::integer(-1);
  return Value::integer(static_cast<int64_t>(character_count(t.substr(0, part->first + at))));
}
Result<Value> m_find(Evaluator& e, const Value& s, Arguments& a) { return found(e, s, a, false); }
Result<Value> m_rfind(Evaluator& e, const Value& s, Arguments& a) { return found(e, s, a, true); }
Result<Value> index_of(Evaluator& e, const Value& s, const Arguments& a, bool right) {
  SOTTO_ASSIGN(const Value at, found(e, s, a, right));
  if (at.as_int() < 0) return e.error("substring not found");
  return at;
}
Result<Value> m_index(Evaluator& e, const Value& s, Arguments& a) { return index_of(e, s, a, false); }
Result<Value> m_rindex(Evaluator& e, const Value& s, Arguments& a) { return index_of(e, s, a, true); }
Result<Value> m_count(Evaluator& e, const Value& s, Arguments& a) {
  SOTTO_ASSIGN(const std::string what, text_argument(e, a, 0, "sub"));
  const auto part = window(s.as_text(), a);
  if (!part) return Value::integer(0);
  const std::string_view t = std::string_view(s.as_text().bytes).substr(part->first, part->count);
  if (what.empty()) return Value::integer(static_cast<int64_t>(character_count(t)) + 1);
  SOTTO_TRY(e.spend_on_search(t, what));
  int64_t count = 0;
  for (size_t at = t.find(what); at != std::string_view::npos; at = t.find(what, at + what.size())) ++count;
  return Value::integer(count);
}
Result<Value> m_join(Evaluator& e, const Value& s, Arguments& a) {
  SOTTO_ASSIGN(const List items, iterate(e, a.get(0, "iterable")));
  for (const Value& v : items)
    if (!v.is_text()) return e.error(fmt::format("sequence item: expected str instance, {} found", type_name(v)));
  return joined(e, items, s.as_text());
}
// "{} and {0} and {name}" without format specifications.
Result<Value> m_format(Evaluator& e, const Value& s, Arguments& a) {
  const Text& t = s.as_text();
  SOTTO_TRY(e.spend(t.bytes.size() / 16));  // it is copied character by character
  Text out;
  size_t automatic = 0;
  for (size_t at = 0; at < t.bytes.size(); ++at) {
    const char c = t.bytes[at];
    if ((c == '{' || c == '}') && at + 1 < t.bytes.size() && t.bytes[at + 1] == c) {
      out.append(t.part(at++, 1));
    } else if (c == '{') {
      const size_t close = t.bytes.find('}', at);
      if (close == std::string::npos) return e.error("expected '}' before end of string");
      const std::string field = t.bytes.substr(at + 1, close - at - 1);
      if (field.find_first_of(":!.[") != std::string::npos)
        return e.error(fmt::format("format field '{}' is not supported", field));
      const bool is_number =
          !field.empty() && std::all_of(field.begin(), field.end(), [](char d) { return d >= '0' && d <= '9'; });
      const size_t place = field.empty()                   ? automatic++
                           : is_number && field.size() < 6 ? static_cast<size_t>(std::stoi(field))
                                                           : SIZE_MAX;
      const Value v = a.get(place, field);
      const bool named = std::any_of(a.named.begin(), a.named.end(), [&](const auto& n) { return n.first == field; });
      if (!named && place >= a.positional.size()) return e.error(fmt::format("format has no value for '{}'", field));
      SOTTO_TRY(e.spend_on(v));
      out.append(to_text(v));
      SOTTO_TRY(e.check_length(out));
      at = close;
    } else {
      out.append(t.part(at, 1));
    }
  }
  return Value::text(std::move(out));
}

template <int kClasses>
Result<Value> all_of_class(Evaluator&, const Value& s, Arguments&) {
  const std::string& t = s.as_text().bytes;
  for (size_t at = 0; at < t.size();) {
    const Character c = decode_character(t, at);
    if (!(classify(c.code_point) & kClasses)) return Value::boolean(false);
    at += c.bytes;
  }
  return Value::boolean(!t.empty());
}
Result<Value> m_isupper(Evaluator&, const Value& s, Arguments&) {
  return Value::boolean(to_upper(s.as_text().bytes) == s.as_text().bytes && to_lower(s.as_text().bytes) != s.as_text().bytes);
}
Result<Value> m_islower(Evaluator&, const Value& s, Arguments&) {
  return Value::boolean(to_lower(s.as_text().bytes) == s.as_text().bytes && to_upper(s.as_text().bytes) != s.as_text().bytes);
}

// Characters to add to a text of `size` for the width that is asked for.
Result<int64_t> room_of(Evaluator& e, const Arguments& a, int64_t size) {
  constexpr int64_t kMost = 1 << 20;
  const int64_t width = integer_argument(a, 0, "width", 0);
  if (width <= size) return int64_t{0};
  if (width - size > kMost) return e.error("a text became too long");
  SOTTO_TRY(e.spend(static_cast<uint64_t>(width - size) / Evaluator::kBytesPerStep));
  return width - size;
}

Result<Value> m_ljust(Evaluator& e, const Value& s, Arguments& a) { return padded(e, s.as_text(), a, false, true); }
Result<Value> m_rjust(Evaluator& e, const Value& s, Arguments& a) { return padded(e, s.as_text(), a, true, false); }
Result<Value> m_center(Evaluator& e, const Value& s, Arguments& a) { return padded(e, s.as_text(), a, true, true); }
Result<Value> m_zfill(Evaluator& e, const Value& s, Arguments& a) {
  const std::string& t = s.as_text().bytes;
  SOTTO_ASSIGN(const int64_t room, room_of(e, a, static_cast<int64_t>(character_count(t))));
  const size_t sign = !t.empty() && (t[0] == '-' || t[0] == '+') ? 1 : 0;
  return text_of(s.as_text(), t.substr(0, sign) + std::string(static_cast<size_t>(room), '0') + t.substr(sign));
}

Result<Value> m_items(Evaluator& e, const Value& s, Arguments&) {
  SOTTO_TRY(e.spend(s.pairs().size()));
  List items;
  for (const auto& [k, v] : s.pairs()) items.push_back(Value::list({k, v}, true));
  return Value::view("dict_items", std::move(items));
}
Result<Value> m_keys(Evaluator& e, const Value& s, Arguments&) {
  SOTTO_ASSIGN(List keys, iterate(e, s));
  return Value::view("dict_keys", std::move(keys));
}
Result<Value> m_values(Evaluator& e, const Value& s, Arguments&) {
  SOTTO_TRY(e.spend(s.pairs().size()));
  List values;
  for (const auto& [k, v] : s.pairs()) values.push_back(v);
  return Value::view("dict_values", std::move(values));
}
Result<Value> m_get(Evaluator& e, const Value& s, Arguments& a) {
  SOTTO_ASSIGN(const Value* const v, e.find(s, a.get(0, "key")));
  if (v) return *v;
  const Value fallback = a.get(1, "default");
  return fallback.is_undefined() ? Value::none() : fallback;
}
Result<Value> m_copy(Evaluator&, const Value& s, Arguments&) { return s.is_mapping() ? Value::dict(s.pairs()) : s; }
Result<Value> m_list_count(Evaluator&, const Value& s, Arguments& a) {
  const Value x = a.get(0, "value");
  return Value::integer(std::count_if(s.items().begin(), s.items().end(), [&](const Value& v) { return equal(v, x); }));
}
Result<Value> m_list_index(Evaluator& e, const Value& s, Arguments& a) {
  const Value x = a.get(0, "value");
  const auto at = std::find_if(s.items().begin(), s.items().end(), [&](const Value& v) { return equal(v, x); });
  if (at == s.items().end()) return e.error(fmt::format("{} is not in list", repr(x)));
  return Value::integer(at - s.items().begin());
}
Result<Value> refuse(Evaluator& e, const Value& s, Arguments&) {
  return e.error(fmt::format("a method that changes a {} is not allowed in a template", type_name(s)));
}

struct Row {
  std::string_view name;
  Method method;
};
constexpr Row kText[] = {{"strip", m_strip},
                         {"lstrip", m_lstrip},
                         {"rstrip", m_rstrip},
                         {"split", m_split},
                         {"rsplit", m_rsplit},
                         {"splitlines", m_splitlines},
                         {"partition", m_partition},
                         {"rpartition", m_rpartition},
                         {"startswith", m_startswith},
                         {"endswith", m_endswith},
                         {"removeprefix", m_removeprefix},
                         {"removesuffix", m_removesuffix},
                         {"replace", m_replace},
                         {"upper", m_upper},
                         {"lower", m_lower},
                         {"title", m_title},
                         {"capitalize", m_capitalize},
                         {"find", m_find},
                         {"rfind", m_rfind},
                         {"index", m_index},
                         {"rindex", m_rindex},
                         {"count", m_count},
                         {"join", m_join},
                         {"format", m_format},
                         {"isdigit", all_of_class<kNumber>},
                         {"isnumeric", all_of_class<kNumber>},
                         {"isdecimal", all_of_class<kNumber>},
                         {"isalpha", all_of_class<kLetter>},
                         {"isalnum", all_of_class<kLetter | kNumber>},
                         {"isspace", all_of_class<kSpace>},
                         {"isupper", m_isupper},
                         {"islower", m_islower},
                         {"ljust", m_ljust},
                         {"rjust", m_rjust},
                         {"center", m_center},
                         {"zfill", m_zfill}};
constexpr Row kDict[] = {{"items", m_items}, {"keys", m_keys}, {"values", m_values}, {"get", m_get},    {"copy", m_copy},
                         {"update", refuse}, {"pop", refuse},  {"popitem", refuse},  {"clear", refuse}, {"setdefault", refuse}};
constexpr Row kList[] = {{"count", m_list_count}, {"index", m_list_index}, {"copy", m_copy},   {"append", refuse},
                         {"extend", refuse},      {"insert", refuse},      {"pop", refuse},    {"remove", refuse},
                         {"clear", refuse},       {"sort", refuse},        {"reverse", refuse}};

template <size_t kSize>
Value bound(const Row (&rows)[kSize], const Value& self, std::string_view name) {
  const Row* row = std::find_if(std::begin(rows), std::end(rows), [&](const Row& r) { return r.name == name; });
  if (row == std::end(rows)) return Value();
  return Value::function(
      std::string(name),
      [method = row->method, self](Evaluator& e, Arguments& a) -> Result<Value> {
        SOTTO_TRY(e.spend_on(self));
        return method(e, self, a);
      },
      self);
}

}  // namespace

Result<Value> padded(Evaluator& e, const Text& t, const Arguments& a, bool left, bool right) {
  const auto size = static_cast<int64_t>(character_count(t.bytes));
  const Value given = a.get(1, "fillchar");
  const std::string fill = given.is_text() ? given.as_text().bytes : " ";
  if (character_count(fill) != 1) return e.error("the fill character must be exactly one character long");
  SOTTO_ASSIGN(const int64_t room, room_of(e, a, size));
  if (room == 0) return Value::text(t);
  const int64_t before = left && right ? room / 2 + (room & (size + room) & 1) : left ? room : 0;
  const auto filled = [&](int64_t count) {
    std::string s;
    for (int64_t i = 0; i < count; ++i) s += fill;
    return Text::literal(std::move(s));
  };
  Text out = filled(before);
  out.append(t);
  out.append(filled(room - before));
  return Value::text(std::move(out));
}

Value find_method(const Value& self, std::string_view name) {
  if (self.is_text()) return bound(kText, self, name);
  if (self.kind() == Kind::kDict) return bound(kDict, self, name);
  if (self.is_sequence()) return bound(kList, self, name);
  return Value();
}

}  // namespace sotto::jinja

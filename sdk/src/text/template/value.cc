#include "text/template/value.h"

#include <algorithm>
#include <cmath>

namespace sotto::jinja {
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

Value Value::made_of(Series s, const List& holds) {
  Value v;
  v.kind_ = Kind::kSeries;
  v.nesting_ = 1;
  for (const Value& item : holds) v.contain(item);
  for (const Value& item : s.items) v.contain(item);
  v.series_ = std::make_shared<Series>(std::move(s));
  return v;
}
Value Value::generator(std::function<Result<List>(Evaluator&)> make, const List& holds, std::string type) {
  return made_of({Series::Form::kGenerator, std::move(type), std::move(make)}, holds);
}
Value Value::view(std::string type, List items) {
  return made_of({Series::Form::kView, std::move(type), nullptr, std::move(items)}, {});
}
Value Value::range(int64_t start, int64_t stop, int64_t step, List items) {
  return made_of({Series::Form::kRange, "range", nullptr, std::move(items), {start, stop, step}}, {});
}

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
    case Kind::kSeries:
      return is_generator() || !series_->items.empty();
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
    case Kind::kSeries:
      if (!a.is_range() || !b.is_range()) return &a.series() == &b.series();
      return std::equal(a.items().begin(), a.items().end(), b.items().begin(), b.items().end(), equal);
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
  if (v.kind() == Kind::kSeries) return v.series().type.c_str();
  constexpr const char* kNames[] = {"Undefined", "NoneType", "bool", "int",       "float",   "str",
                                    "list",      "tuple",    "dict", "Namespace", "function"};
  return kNames[static_cast<size_t>(v.kind())];
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

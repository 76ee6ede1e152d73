// sequence_filters.cc: filters of lists, dicts and other things that can be iterated. What is a generator in Jinja is one here:
// nothing is evaluated before someone asks, and a second pass finds nothing.
#include <fmt/format.h>

#include <algorithm>

#include "text/template/evaluator.h"
#include "text/template/text_operations.h"

namespace sotto::jinja {
namespace {

using V = Result<Value>;

std::string bytes_of(const Value& v) { return to_text(v).bytes; }

// What a generator keeps for the time when it is asked.
List held(const Value& v, const Arguments& a) {
  List all = a.positional;
  for (const auto& [name, value] : a.named) all.push_back(value);
  all.push_back(v);
  return all;
}

// One step of a path: a name or a place.
V step_along(Evaluator& e, const Value& at, const Value& part) {
  if (at.is_undefined()) return e.error(at.name() + " is undefined");
  const std::string key = bytes_of(part);
  const bool number =
      !key.empty() && key.size() < 9 && std::all_of(key.begin(), key.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (at.is_mapping()) {
    SOTTO_TRY(e.spend(at.pairs().size() / 16));
    if (const Value* found = number && !part.is_text() ? at.find(part) : at.find(key)) return *found;
  } else if (at.has_places() && number && static_cast<size_t>(std::stoi(key)) < at.items().size()) {
    return at.items()[static_cast<size_t>(std::stoi(key))];
  } else if (at.kind() == Kind::kTuple && at.items().size() == 2 && (key == "grouper" || key == "list")) {
    return at.items()[key == "list" ? 1 : 0];
  }
  return Value::undefined(fmt::format("'{} object' has no attribute '{}'", type_name(at), key));
}

// "a.b.0" along an item; the item itself without a path. Where a part is missing `fallback` takes its place, if there is one.
V along(Evaluator& e, const Value& v, const Value& path, const Value& fallback = Value()) {
  if (path.is_undefined() || path.kind() == Kind::kNone) return v;
  SOTTO_TRY(e.spend(path.weight() / 4));
  const std::string dot = ".";
  Value at = v;
  for (const Value& part : path.is_text() ? split(path.as_text(), &dot, -1, false) : List{path}) {
    SOTTO_ASSIGN(at, step_along(e, at, part));
    if (at.is_undefined() && !fallback.is_undefined()) at = fallback;
  }
  return at;
}

V f_join(Evaluator& e, const Value& v, Arguments& a) {
  SOTTO_ASSIGN(List items, iterate(e, v));
  const Value path = a.get(1, "attribute");
  for (Value& x : items) {
    SOTTO_ASSIGN(x, along(e, x, path));
  }
  return joined(e, items, to_text(a.get(0, "d")));
}
V f_first(Evaluator& e, const Value& v, Arguments&) {
  SOTTO_ASSIGN(List items, iterate(e, v));
  if (items.empty()) return Value::undefined("No first item, sequence was empty.");
  if (v.is_generator() && items.size() > 1) {
    v.series().items.assign(items.begin() + 1, items.end());  // it goes on behind the first
    e.adopt(v);
  }
  return items.front();
}
V f_last(Evaluator& e, const Value& v, Arguments&) {
  if (v.is_generator()) return e.error(fmt::format("'{}' object is not reversible", type_name(v)));
  SOTTO_ASSIGN(const List items, iterate(e, v));
  return items.empty() ? Value::undefined("No last item, sequence was empty.") : items.back();
}
V f_list(Evaluator& e, const Value& v, Arguments&) {
  SOTTO_ASSIGN(List items, iterate(e, v));
  return Value::list(std::move(items));
}
Result<List> pairs_of(Evaluator& e, const Value& v) {
  List items;
  if (v.is_undefined()) return items;
  if (v.kind() != Kind::kDict) return e.error("Can only get item pairs from a mapping.");
  SOTTO_TRY(e.spend(v.pairs().size()));
  for (const auto& [k, x] : v.pairs()) items.push_back(Value::list({k, x}, true));
  return items;
}
V f_items(Evaluator&, const Value& v, Arguments&) {
  return Value::generator([v](Evaluator& e) { return pairs_of(e, v); }, {v});
}
V f_reverse(Evaluator& e, const Value& v, Arguments&) {
  SOTTO_ASSIGN(List items, iterate(e, v));
  std::reverse(items.begin(), items.end());
  if (v.is_text()) return Value::text(join(items, Text()));
  if (v.is_generator() || v.is_undefined()) return Value::list(std::move(items));
  return Value::generator([items](Evaluator&) { return items; }, items, std::string(type_name(v)) + "_reverseiterator");
}

Result<List> mapped(Evaluator& e, const Value& v, const Arguments& a) {
  if (!v.truth()) return List();
  SOTTO_ASSIGN(List items, iterate(e, v));
  SOTTO_TRY(e.spend(items.size()));
  const Value path = a.get(SIZE_MAX, "attribute"), fallback = a.get(SIZE_MAX, "default");
  FilterFunction filter = nullptr;
  Arguments rest;
  if (path.is_undefined() || !a.positional.empty()) {
    const Value name = a.get(0, "filter");
    filter = name.is_text() ? find_filter(name.as_text().bytes) : nullptr;
    if (!filter) return e.error("map needs a known filter's name or attribute=");
    if (!a.positional.empty()) rest.positional.assign(a.positional.begin() + 1, a.positional.end());
    rest.named = a.named;
    if (a.positional.empty())
      rest.named.erase(std::find_if(rest.named.begin(), rest.named.end(), [](const auto& p) { return p.first == "filter"; }));
  }
  uint64_t weight = 0;
  for (Value& x : items) {
    if (filter) {
      SOTTO_TRY(e.spend_on(x));
      SOTTO_TRY(e.spend_on(rest));
      Arguments own = rest;
      SOTTO_ASSIGN(x, filter(e, x, own));
    } else {
      SOTTO_ASSIGN(x, along(e, x, path, fallback));
    }
    weight += x.weight();
    if (weight > Evaluator::kMaxWeight) return e.error("a value became too large");
  }
  return items;
}
V f_map(Evaluator&, const Value& v, Arguments& a) {
  return Value::generator([v, a](Evaluator& e) { return mapped(e, v, a); }, held(v, a));
}

struct Choice {
  bool by_attribute, wanted;
};
Result<List> chosen(Evaluator& e, const Value& v, const Arguments& a, Choice choice) {
  if (!v.truth()) return List();
  SOTTO_ASSIGN(const List items, iterate(e, v));
  SOTTO_TRY(e.spend(items.size()));
  const size_t first = choice.by_attribute ? 1 : 0;
  if (choice.by_attribute && a.positional.empty()) return e.error("selectattr and rejectattr need an attribute's name");
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
    SOTTO_ASSIGN(const Value tested, along(e, x, choice.by_attribute ? a.positional[0] : Value()));
    bool holds = tested.truth();
    if (test) {
      SOTTO_TRY(e.spend_on(tested));
      SOTTO_TRY(e.spend_on(rest));
      SOTTO_ASSIGN(holds, test(e, tested, rest));
    }
    if (holds == choice.wanted) out.push_back(x);
  }
  return out;
}
template <bool kByAttribute, bool kWanted>
V f_choose(Evaluator&, const Value& v, Arguments& a) {
  return Value::generator([v, a](Evaluator& e) { return chosen(e, v, a, {kByAttribute, kWanted}); }, held(v, a));
}

// Case does not count unless asked for.
V sort_key(Evaluator& e, const Value& v, const Value& path, bool case_sensitive) {
  SOTTO_ASSIGN(Value key, along(e, v, path));
  SOTTO_TRY(e.spend_on(key));
  if (key.is_text() && !case_sensitive) return Value::text(Text::data(to_lower(key.as_text().bytes)));
  return key;
}
struct Keyed {
  Value key, item;
};
Result<std::vector<Keyed>> sorted(Evaluator& e, const List& items, const Value& path, bool case_sensitive, bool reverse) {
  SOTTO_TRY(e.spend(items.size() * 8));
  if (path.is_text() && path.as_text().bytes.find(',') != std::string::npos)
    return e.error("sorting by several attributes is not supported");
  std::vector<Keyed> keyed;
  for (const Value& v : items) {
    SOTTO_ASSIGN(Value key, sort_key(e, v, path, case_sensitive));
    SOTTO_TRY(e.spend(key.weight() / 8));  // it is compared some times over
    keyed.push_back({std::move(key), v});
  }
  bool comparable = true;
  std::stable_sort(keyed.begin(), keyed.end(), [&](const Keyed& x, const Keyed& y) {
    const auto order = compare(x.key, y.key);
    comparable = comparable && order.has_value();
    return reverse ? order.value_or(0) > 0 : order.value_or(0) < 0;
  });
  if (!comparable) return e.error("sort: the items cannot be compared");
  return keyed;
}
V sorted_list(Evaluator& e, const List& items, const Value& path, bool case_sensitive, bool reverse) {
  SOTTO_ASSIGN(const std::vector<Keyed> keyed, sorted(e, items, path, case_sensitive, reverse));
  List out;
  for (const Keyed& k : keyed) out.push_back(k.item);
  return Value::list(std::move(out));
}
V f_sort(Evaluator& e, const Value& v, Arguments& a) {
  SOTTO_ASSIGN(const List items, iterate(e, v));
  return sorted_list(e, items, a.get(2, "attribute"), a.get(1, "case_sensitive").truth(), a.get(0, "reverse").truth());
}
V f_dictsort(Evaluator& e, const Value& v, Arguments& a) {
  SOTTO_ASSIGN(const List pairs, pairs_of(e, v));
  const Value by = a.get(1, "by");
  const bool by_value = by.is_text() && by.as_text().bytes == "value";
  return sorted_list(e, pairs, Value::integer(by_value ? 1 : 0), a.get(0, "case_sensitive").truth(),
                     a.get(2, "reverse").truth());
}
V f_groupby(Evaluator& e, const Value& v, Arguments& a) {
  const Value path = a.get(0, "attribute");
  const bool case_sensitive = a.get(2, "case_sensitive").truth();
  SOTTO_ASSIGN(const List items, iterate(e, v));
  SOTTO_ASSIGN(const std::vector<Keyed> keyed, sorted(e, items, path, case_sensitive, false));
  List out, group;
  for (size_t i = 0; i < keyed.size(); ++i) {
    group.push_back(keyed[i].item);
    if (i + 1 < keyed.size() && equal(keyed[i].key, keyed[i + 1].key)) continue;
    SOTTO_ASSIGN(Value name, along(e, group.front(), path));
    out.push_back(Value::list({std::move(name), Value::list(std::move(group))}, true));
    group.clear();
  }
  return Value::list(std::move(out));
}

Result<List> without_repeats(Evaluator& e, const Value& v, const Arguments& a) {
  SOTTO_ASSIGN(const List items, iterate(e, v));
  List out, seen;
  for (const Value& x : items) {
    SOTTO_ASSIGN(const Value key, sort_key(e, x, a.get(1, "attribute"), a.get(0, "case_sensitive").truth()));
    SOTTO_TRY(e.spend((seen.size() / 8 + 1) * (key.weight() / Evaluator::kBytesPerStep + 1)));
    if (std::any_of(seen.begin(), seen.end(), [&](const Value& s) { return equal(s, key); })) continue;
    seen.push_back(key);
    out.push_back(x);
  }
  return out;
}
V f_unique(Evaluator&, const Value& v, Arguments& a) {
  return Value::generator([v, a](Evaluator& e) { return without_repeats(e, v, a); }, held(v, a));
}
V extreme(Evaluator& e, const Value& v, const Arguments& a, int sign) {
  SOTTO_ASSIGN(const List items, iterate(e, v));
  Value best = Value::undefined("No aggregated item, sequence was empty."), best_key;
  for (const Value& x : items) {
    SOTTO_ASSIGN(const Value key, sort_key(e, x, a.get(1, "attribute"), a.get(0, "case_sensitive").truth()));
    const auto order = best.is_undefined() ? std::optional<int>(sign) : compare(key, best_key);
    if (!order) return e.error("min, max: the items cannot be compared");
    if (*order * sign <= 0) continue;
    best = x;
    best_key = key;
  }
  return best;
}
V f_min(Evaluator& e, const Value& v, Arguments& a) { return extreme(e, v, a, -1); }
V f_max(Evaluator& e, const Value& v, Arguments& a) { return extreme(e, v, a, 1); }
V f_sum(Evaluator& e, const Value& v, Arguments& a) {
  SOTTO_ASSIGN(const List items, iterate(e, v));
  const Value start = a.get(1, "start");
  Value sum = start.is_undefined() ? Value::integer(0) : start;
  for (const Value& x : items) {
    SOTTO_ASSIGN(const Value number, along(e, x, a.get(0, "attribute")));
    if (!number.is_number() || !sum.is_number()) return e.error("sum needs numbers");
    SOTTO_ASSIGN(sum, arithmetic(e, "+", sum, number));
  }
  return sum;
}

Result<List> grouped(Evaluator& e, const Value& v, const Arguments& a, bool slices) {
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
  return out;
}
template <bool kSlices>
V f_group(Evaluator&, const Value& v, Arguments& a) {
  return Value::generator([v, a](Evaluator& e) { return grouped(e, v, a, kSlices); }, held(v, a));
}

struct Row {
  std::string_view name;
  FilterFunction filter;
};
constexpr Row kFilters[] = {{"join", f_join},
                            {"first", f_first},
                            {"last", f_last},
                            {"list", f_list},
                            {"items", f_items},
                            {"reverse", f_reverse},
                            {"map", f_map},
                            {"select", f_choose<false, true>},
                            {"reject", f_choose<false, false>},
                            {"selectattr", f_choose<true, true>},
                            {"rejectattr", f_choose<true, false>},
                            {"sort", f_sort},
                            {"dictsort", f_dictsort},
                            {"groupby", f_groupby},
                            {"unique", f_unique},
                            {"min", f_min},
                            {"max", f_max},
                            {"sum", f_sum},
                            {"batch", f_group<false>},
                            {"slice", f_group<true>}};

}  // namespace

FilterFunction find_sequence_filter(std::string_view name) {
  const Row* row = std::find_if(std::begin(kFilters), std::end(kFilters), [&](const Row& r) { return r.name == name; });
  return row == std::end(kFilters) ? nullptr : row->filter;
}

}  // namespace sotto::jinja

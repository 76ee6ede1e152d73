// tests.cc: "x is ...".
#include <fmt/format.h>

#include <algorithm>

#include "text/template/evaluator.h"
#include "text/template/text_operations.h"

namespace sotto::jinja {
namespace {

template <Kind... kKinds>
Result<bool> is_kind(Evaluator&, const Value& v, Arguments&) {
  return ((v.kind() == kKinds) || ...);
}
Result<bool> is_defined(Evaluator&, const Value& v, Arguments&) { return !v.is_undefined(); }
Result<bool> is_number(Evaluator&, const Value& v, Arguments&) { return v.is_number(); }
Result<bool> is_true(Evaluator&, const Value& v, Arguments&) { return v.kind() == Kind::kBool && v.as_int() == 1; }
Result<bool> is_false(Evaluator&, const Value& v, Arguments&) { return v.kind() == Kind::kBool && v.as_int() == 0; }
Result<bool> is_iterable(Evaluator&, const Value& v, Arguments&) {
  return v.is_sequence() || v.kind() == Kind::kDict || v.is_text() || v.is_undefined() || v.kind() == Kind::kSeries;
}
Result<bool> is_sequence(Evaluator&, const Value& v, Arguments&) {
  return v.has_places() || v.is_text() || v.kind() == Kind::kDict || v.is_undefined();
}
Result<bool> remainder(Evaluator& e, const Value& v, int64_t by, int64_t rest) {
  if (!v.is_number() || v.kind() == Kind::kFloat) return e.error("odd, even and divisibleby need an integer");
  if (by == 0) return e.error("integer division or modulo by zero");
  if (by == -1) return rest == 0;  // INT64_MIN % -1 is no number
  const int64_t left = v.as_int() % by;
  return (left < 0 ? left + (by < 0 ? -by : by) : left) == rest;
}
Result<bool> is_odd(Evaluator& e, const Value& v, Arguments&) { return remainder(e, v, 2, 1); }
Result<bool> is_even(Evaluator& e, const Value& v, Arguments&) { return remainder(e, v, 2, 0); }
Result<bool> is_divisible(Evaluator& e, const Value& v, Arguments& a) { return remainder(e, v, a.get(0, "num").as_int(), 0); }
Result<bool> is_equal(Evaluator&, const Value& v, Arguments& a) { return equal(v, a.get(0, "other")); }
Result<bool> is_unequal(Evaluator&, const Value& v, Arguments& a) { return !equal(v, a.get(0, "other")); }
template <bool (*kHolds)(int)>
Result<bool> ordered(Evaluator& e, const Value& v, Arguments& a) {
  const auto order = compare(v, a.get(0, "other"));
  if (!order) return e.error(fmt::format("'{}' cannot be compared with '{}'", type_name(v), type_name(a.get(0, "other"))));
  return kHolds(*order);
}
bool less(int o) { return o < 0; }
bool at_most(int o) { return o <= 0; }
bool greater(int o) { return o > 0; }
bool at_least(int o) { return o >= 0; }
Result<bool> is_in(Evaluator& e, const Value& v, Arguments& a) {
  const Value in = a.get(0, "seq");
  if (in.is_text() && !v.is_text())
    return e.error(fmt::format("'in <string>' requires string as left operand, not {}", type_name(v)));
  if (in.is_text()) {
    SOTTO_TRY(e.spend_on_search(in.as_text().bytes, v.as_text().bytes));
    return in.as_text().bytes.find(v.as_text().bytes) != std::string::npos;
  }
  if (in.is_mapping()) {
    SOTTO_ASSIGN(const Value* const at, e.find(in, v));
    return at != nullptr;
  }
  SOTTO_ASSIGN(const List items, iterate(e, in));
  return std::any_of(items.begin(), items.end(), [&](const Value& x) { return equal(x, v); });
}
Result<bool> is_same(Evaluator&, const Value& v, Arguments& a) {
  const Value other = a.get(0, "other");
  return v.kind() == other.kind() && equal(v, other);
}
Result<bool> is_upper(Evaluator&, const Value& v, Arguments&) {
  const std::string s = to_text(v).bytes;
  return to_upper(s) == s && to_lower(s) != s;
}
Result<bool> is_lower(Evaluator&, const Value& v, Arguments&) {
  const std::string s = to_text(v).bytes;
  return to_lower(s) == s && to_upper(s) != s;
}
Result<bool> is_filter(Evaluator&, const Value& v, Arguments&) {
  return v.is_text() && find_filter(v.as_text().bytes) != nullptr;
}
Result<bool> is_test(Evaluator&, const Value& v, Arguments&) { return v.is_text() && find_test(v.as_text().bytes) != nullptr; }

struct Row {
  std::string_view name;
  TestFunction test;
};
constexpr Row kTests[] = {{"defined", is_defined},
                          {"undefined", is_kind<Kind::kUndefined>},
                          {"none", is_kind<Kind::kNone>},
                          {"string", is_kind<Kind::kText>},
                          {"mapping", is_kind<Kind::kDict>},
                          {"sequence", is_sequence},
                          {"iterable", is_iterable},
                          {"number", is_number},
                          {"integer", is_kind<Kind::kInt>},
                          {"float", is_kind<Kind::kFloat>},
                          {"boolean", is_kind<Kind::kBool>},
                          {"true", is_true},
                          {"false", is_false},
                          {"odd", is_odd},
                          {"even", is_even},
                          {"divisibleby", is_divisible},
                          {"equalto", is_equal},
                          {"eq", is_equal},
                          {"==", is_equal},
                          {"ne", is_unequal},
                          {"!=", is_unequal},
                          {"lt", ordered<less>},
                          {"lessthan", ordered<less>},
                          {"<", ordered<less>},
                          {"le", ordered<at_most>},
                          {"<=", ordered<at_most>},
                          {"gt", ordered<greater>},
                          {"greaterthan", ordered<greater>},
                          {">", ordered<greater>},
                          {"ge", ordered<at_least>},
                          {">=", ordered<at_least>},
                          {"in", is_in},
                          {"sameas", is_same},
                          {"callable", is_kind<Kind::kFunction, Kind::kUndefined>},
                          {"upper", is_upper},
                          {"lower", is_lower},
                          {"filter", is_filter},
                          {"test", is_test}};

}  // namespace

TestFunction find_test(std::string_view name) {
  const Row* row = std::find_if(std::begin(kTests), std::end(kTests), [&](const Row& r) { return r.name == name; });
  return row == std::end(kTests) ? nullptr : row->test;
}

}  // namespace sotto::jinja

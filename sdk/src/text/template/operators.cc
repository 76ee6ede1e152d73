// operators.cc: arithmetic, comparison, concatenation and slices, as Python has them.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "text/template/evaluator.h"
#include "text/template/text_operations.h"

namespace sotto::jinja {
namespace {

// first + count * step, as near as int64 holds it.
int64_t moved(int64_t first, int64_t count, int64_t step) {
  int64_t by = 0, out = 0;
  if (__builtin_mul_overflow(count, step, &by)) return (count < 0) == (step < 0) ? INT64_MAX : INT64_MIN;
  if (__builtin_add_overflow(first, by, &out)) return by > 0 ? INT64_MAX : INT64_MIN;
  return out;
}

}  // namespace

Result<Value> arithmetic(Evaluator& e, const std::string& op, const Value& a, const Value& b) {
  if (a.kind() == Kind::kFloat || b.kind() == Kind::kFloat || op == "/") {
    const double x = a.as_real(), y = b.as_real();
    if (op == "+") return Value::real(x + y);
    if (op == "-") return Value::real(x - y);
    if (op == "*") return Value::real(x * y);
    if (op == "**") return Value::real(std::pow(x, y));
    if (y == 0) return e.error("division by zero");
    if (op == "/") return Value::real(x / y);
    if (op == "//") return Value::real(std::floor(x / y));
    return Value::real(x - y * std::floor(x / y));
  }
  const int64_t x = a.as_int(), y = b.as_int();
  int64_t out = 0;
  bool overflow = false;
  if (op == "+")
    overflow = __builtin_add_overflow(x, y, &out);
  else if (op == "-")
    overflow = __builtin_sub_overflow(x, y, &out);
  else if (op == "*")
    overflow = __builtin_mul_overflow(x, y, &out);
  else if (op == "**") {
    if (y < 0) return Value::real(std::pow(static_cast<double>(x), static_cast<double>(y)));
    out = 1;
    for (int64_t i = 0; i < y && !overflow; ++i) {
      if (i > 64 && (x == 0 || x == 1 || x == -1)) {
        out = x == -1 && y % 2 ? -1 : x * x * x == x && x != 0 ? 1 : x;
        break;
      }
      overflow = __builtin_mul_overflow(out, x, &out);
    }
  } else {
    if (y == 0) return e.error("integer division or modulo by zero");
    if (x == INT64_MIN && y == -1)
      overflow = true;
    else {
      int64_t quotient = x / y, rest = x % y;
      if (rest != 0 && (rest < 0) != (y < 0)) --quotient, rest += y;
      out = op == "//" ? quotient : rest;
    }
  }
  if (overflow) return e.error("a number became too large");
  return Value::integer(out);
}

Result<Value> Evaluator::evaluate_compare(const Node& n) {
  SOTTO_ASSIGN(Value left, evaluate(*n.children[0]));
  for (size_t i = 0; i < n.operators.size(); ++i) {
    const std::string& op = n.operators[i];
    SOTTO_ASSIGN(Value right, evaluate(*n.children[i + 1]));
    bool holds = false;
    if (left.kind() == right.kind()) SOTTO_TRY(spend_on(left));
    if (op == "==" || op == "!=") {
      holds = equal(left, right) == (op == "==");
    } else if (op == "in" || op == "not in") {
      if (right.is_text()) {
        if (!left.is_text())
          return error(fmt::format("'in <string>' requires string as left operand, not {}", type_name(left)));
        SOTTO_TRY(spend_on_search(right.as_text().bytes, left.as_text().bytes));
        holds = right.as_text().bytes.find(left.as_text().bytes) != std::string::npos;
      } else if (right.is_mapping()) {
        SOTTO_ASSIGN(const Value* const at, find(right, left));
        holds = at != nullptr;
      } else {
        SOTTO_TRY(spend_on(right));
        SOTTO_ASSIGN(const List items, iterate(*this, right));
        SOTTO_TRY(spend(items.size()));
        holds = std::any_of(items.begin(), items.end(), [&](const Value& v) { return equal(v, left); });
      }
      holds = holds == (op == "in");
    } else {
      const auto order = compare(left, right);
      if (!order)
        return error(
            fmt::format("'{}' not supported between instances of '{}' and '{}'", op, type_name(left), type_name(right)));
      holds = op == "<" ? *order < 0 : op == ">" ? *order > 0 : op == "<=" ? *order <= 0 : *order >= 0;
    }
    if (!holds) return Value::boolean(false);
    left = std::move(right);
  }
  return Value::boolean(true);
}

// A text or a list over and over.
Result<Value> Evaluator::repeated(const Value& v, int64_t count) {
  const uint64_t times = static_cast<uint64_t>(std::max<int64_t>(count, 0));
  const uint64_t size = v.is_text() ? v.as_text().bytes.size() : v.items().size();
  if (size && times > kMaxOutput / size) return error("a repetition became too long");
  if (size == 0) return v;
  SOTTO_TRY(spend(v.is_text() ? times + times * size / kBytesPerStep : times * size));
  Text text;
  List items;
  for (uint64_t i = 0; i < times; ++i) {
    if (v.is_text())
      text.append(v.as_text());
    else
      items.insert(items.end(), v.items().begin(), v.items().end());
  }
  return v.is_text() ? Value::text(std::move(text)) : Value::list(std::move(items), v.kind() == Kind::kTuple);
}

Result<Value> Evaluator::evaluate_binary(const Node& n) {
  SOTTO_ASSIGN(const Value a, evaluate(*n.children[0]));
  SOTTO_ASSIGN(const Value b, evaluate(*n.children[1]));
  line_ = n.line;
  const std::string& op = n.text;
  if (op == "~")
    for (const Value* v : {&a, &b}) SOTTO_TRY(printable(*v));
  if (op == "~" || (op == "+" && a.is_text() && b.is_text())) {
    const bool markup = op == "+" && (a.as_text().is_markup || b.as_text().is_markup);
    for (const Value* v : {&a, &b}) SOTTO_TRY(spend(v->weight() / (markup ? 16 : kBytesPerStep)));
    Text text = markup ? escape_markup(a.as_text()) : to_text(a);
    text.append(markup ? escape_markup(b.as_text()) : to_text(b));
    text.is_markup = markup;
    SOTTO_TRY(check_length(text));
    return Value::text(std::move(text));
  }
  if (op == "%" && a.is_text()) SOTTO_TRY(spend_on(b));
  if (op == "%" && a.is_text()) return percent_format(*this, a.as_text(), b.kind() == Kind::kTuple ? b.items() : List{b});
  for (const Value* v : {&a, &b})
    if (v->is_undefined()) return error(v->name() + " is undefined");
  if (a.is_number() && b.is_number()) return arithmetic(*this, op, a, b);
  if (op == "+" && a.is_sequence() && a.kind() == b.kind()) {
    SOTTO_TRY(spend(a.items().size() + b.items().size()));
    List items = a.items();
    items.insert(items.end(), b.items().begin(), b.items().end());
    return Value::list(std::move(items), a.kind() == Kind::kTuple);
  }
  const auto is_count = [](const Value& v) { return v.is_number() && v.kind() != Kind::kFloat; };
  const auto repeats = [](const Value& v) { return v.is_text() || v.is_sequence(); };
  if (op == "*" && repeats(a) && is_count(b)) return repeated(a, b.as_int());
  if (op == "*" && repeats(b) && is_count(a)) return repeated(b, a.as_int());
  return error(fmt::format("unsupported operand type(s) for {}: '{}' and '{}'", op, type_name(a), type_name(b)));
}

Result<Value> Evaluator::evaluate_slice(const Node& n) {
  SOTTO_ASSIGN(const Value of, evaluate(*n.children[0]));
  std::optional<int64_t> bound[3];
  for (size_t i = 0; i < 3; ++i) {
    if (!n.children[i + 1]) continue;
    SOTTO_ASSIGN(const Value v, evaluate(*n.children[i + 1]));
    if (v.kind() == Kind::kNone) continue;
    if (!v.is_number() || v.kind() == Kind::kFloat) return error("slice indices must be integers or None");
    bound[i] = v.as_int();
  }
  line_ = n.line;
  if (!of.is_text() && !of.has_places())
    return error(of.is_undefined() ? of.name() + " is undefined" : fmt::format("'{}' object cannot be sliced", type_name(of)));
  if (bound[2].value_or(1) == 0) return error("slice step cannot be zero");
  SOTTO_TRY(spend_on(of));
  const auto size = static_cast<int64_t>(of.is_text() ? character_count(of.as_text().bytes) : of.items().size());
  const int64_t step = std::clamp<int64_t>(bound[2].value_or(1), -size - 1, size + 1);  // longer ones reach no further
  const auto clamp = [&](std::optional<int64_t> b, int64_t fallback) {
    if (!b) return fallback;
    const int64_t at = *b < 0 ? (*b < -size ? -1 : *b + size) : *b;
    return std::clamp<int64_t>(*b < 0 && *b < -size ? (step > 0 ? 0 : -1) : at, step > 0 ? 0 : -1, step > 0 ? size : size - 1);
  };
  const int64_t start = clamp(bound[0], step > 0 ? 0 : size - 1), stop = clamp(bound[1], step > 0 ? size : -1);
  if (of.is_text() && step == 1) {
    const std::string& s = of.as_text().bytes;
    const size_t from = byte_offset(s, static_cast<size_t>(start)),
                 to = stop > start ? byte_offset(s, static_cast<size_t>(stop)) : from;
    return Value::text(of.as_text().part(from, to - from));
  }
  SOTTO_ASSIGN(const List all, iterate(*this, of));
  List items;
  for (int64_t i = start; step > 0 ? i < stop : i > stop; i += step) {
    SOTTO_TRY(spend(1));
    items.push_back(all[static_cast<size_t>(i)]);
  }
  if (of.is_range()) {
    const auto& [first, last, by] = of.series().bounds;
    return Value::range(moved(first, start, by), moved(first, stop, by), moved(0, bound[2].value_or(1), by), std::move(items));
  }
  if (of.is_text()) return Value::text(join(items, Text()));
  return Value::list(std::move(items), of.kind() == Kind::kTuple);
}

}  // namespace sotto::jinja

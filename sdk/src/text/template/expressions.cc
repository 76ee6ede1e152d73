// expressions.cc: the values of a template's expressions; what operators do is in operators.cc.
#include <fmt/format.h>

#include <utility>

#include "text/template/evaluator.h"
#include "text/template/text_operations.h"

namespace sotto::jinja {
namespace {

struct Deeper {
  int* depth;
  explicit Deeper(int* d) : depth(d) { ++*depth; }
  ~Deeper() { --*depth; }
};

// A chain of filters without a value at its end: that of a filter block.
bool is_open_chain(const Node* n) {
  while (n && n->kind == NodeKind::kFilter) n = n->children[0].get();
  return n == nullptr;
}

}  // namespace

Result<Value> Evaluator::evaluate(const Node& n) {
  const Deeper deeper(&depth_);
  if (depth_ > kMaxDepth) return error("nested too deeply");
  SOTTO_TRY(spend(1));
  line_ = n.line;
  Result<Value> v = evaluate_kind(n);
  if (v.ok()) SOTTO_TRY(check_size(v.value()));
  return v;
}

Result<Value> Evaluator::evaluate_kind(const Node& n) {
  switch (n.kind) {
    case NodeKind::kLiteral:
      return n.value;
    case NodeKind::kName: {
      const Value* v = look_up(n.text);
      return v ? *v : Value::undefined("'" + n.text + "'");
    }
    case NodeKind::kList:
    case NodeKind::kTuple:
    case NodeKind::kDict:
      return evaluate_sequence(n);
    case NodeKind::kNegate:
    case NodeKind::kPlus:
    case NodeKind::kNot:
    case NodeKind::kAnd:
    case NodeKind::kOr:
    case NodeKind::kConditional:
      return evaluate_logic(n);
    case NodeKind::kBinary:
      return evaluate_binary(n);
    case NodeKind::kCompare:
      return evaluate_compare(n);
    case NodeKind::kAttribute: {
      SOTTO_ASSIGN(const Value of, evaluate(*n.children[0]));
      line_ = n.line;
      return attribute(of, n.text);
    }
    case NodeKind::kItem: {
      SOTTO_ASSIGN(const Value of, evaluate(*n.children[0]));
      SOTTO_ASSIGN(const Value key, evaluate(*n.children[1]));
      line_ = n.line;
      return item(of, key);
    }
    case NodeKind::kSlice:
      return evaluate_slice(n);
    case NodeKind::kCall: {
      SOTTO_ASSIGN(const Value callee, evaluate(*n.children[0]));
      Arguments arguments;
      SOTTO_TRY(arguments_of(n, 1, &arguments).status());
      line_ = n.line;
      return call(callee, arguments);
    }
    case NodeKind::kFilter: {
      SOTTO_ASSIGN(Value input, evaluate(*n.children[0]));
      return apply_filter(n, std::move(input));
    }
    case NodeKind::kTest:
      return evaluate_test(n);
    default:
      return error("a statement stands where an expression belongs");
  }
}

// What has a sign before it, and what computes one of its sides only.
Result<Value> Evaluator::evaluate_logic(const Node& n) {
  switch (n.kind) {
    case NodeKind::kNegate:
    case NodeKind::kPlus: {
      SOTTO_ASSIGN(const Value v, evaluate(*n.children[0]));
      if (!v.is_number()) return error(fmt::format("bad operand type for unary -: '{}'", type_name(v)));
      if (n.kind == NodeKind::kPlus) return v;
      return arithmetic(*this, "-", v.kind() == Kind::kFloat ? Value::real(-0.0) : Value::integer(0), v);
    }
    case NodeKind::kNot: {
      SOTTO_ASSIGN(const Value v, evaluate(*n.children[0]));
      return Value::boolean(!v.truth());
    }
    case NodeKind::kAnd:
    case NodeKind::kOr: {
      SOTTO_ASSIGN(Value left, evaluate(*n.children[0]));
      if (left.truth() == (n.kind == NodeKind::kOr)) return left;
      return evaluate(*n.children[1]);
    }
    case NodeKind::kConditional: {
      SOTTO_ASSIGN(const Value condition, evaluate(*n.children[1]));
      if (condition.truth()) return evaluate(*n.children[0]);
      return n.children[2] ? evaluate(*n.children[2])
                           : Result<Value>(Value::undefined(
                                 "the inline if-expression evaluated to false and no else section was defined."));
    }
    default:
      return error("a statement stands where an expression belongs");
  }
}

Result<Value> Evaluator::evaluate_sequence(const Node& n) {
  List items;
  for (const NodePtr& child : n.children) {
    SOTTO_ASSIGN(Value v, evaluate(*child));
    items.push_back(std::move(v));
  }
  if (n.kind != NodeKind::kDict) return Value::list(std::move(items), n.kind == NodeKind::kTuple);
  Pairs pairs;
  for (size_t i = 0; i + 1 < items.size(); i += 2) {
    SOTTO_TRY(spend(pairs.size() / 16));
    Value::put(&pairs, items[i], items[i + 1]);
  }
  return Value::dict(std::move(pairs));
}

Result<Value> Evaluator::evaluate_test(const Node& n) {
  SOTTO_ASSIGN(const Value input, evaluate(*n.children[0]));
  Arguments arguments;
  SOTTO_TRY(arguments_of(n, 1, &arguments).status());
  line_ = n.line;
  const TestFunction test = find_test(n.text);
  if (!test) return error(fmt::format("test '{}' is not supported", n.text));
  SOTTO_TRY(spend_on(input));
  SOTTO_TRY(spend_on(arguments));
  SOTTO_ASSIGN(const bool holds, test(*this, input, arguments));
  return Value::boolean(holds != n.negated);
}

Result<Value> Evaluator::arguments_of(const Node& n, size_t first, Arguments* out) {
  for (size_t i = first; i < n.children.size(); ++i) {
    const Node& argument = *n.children[i];
    const bool spreads = argument.kind == NodeKind::kSpread, spreads_named = argument.kind == NodeKind::kSpreadNamed;
    SOTTO_ASSIGN(Value v, evaluate(spreads || spreads_named ? *argument.children[0] : argument));
    if (spreads) {
      SOTTO_ASSIGN(const List items, iterate(*this, v));
      out->positional.insert(out->positional.end(), items.begin(), items.end());
    } else if (spreads_named) {
      if (v.kind() != Kind::kDict) return error(fmt::format("argument after ** must be a mapping, not {}", type_name(v)));
      SOTTO_TRY(spend(v.pairs().size() + v.weight() / kBytesPerStep));
      for (const auto& [key, value] : v.pairs()) out->named.emplace_back(to_text(key).bytes, value);
    } else {
      out->positional.push_back(std::move(v));
    }
  }
  for (const NamedNode& named : n.named) {
    SOTTO_ASSIGN(Value v, evaluate(*named.value));
    out->named.emplace_back(named.name, std::move(v));
  }
  return Value();
}

Result<Value> Evaluator::apply_filter(const Node& n, Value input) {
  // A chain in a filter block: the innermost applies first.
  if (n.children[0] && is_open_chain(n.children[0].get())) {
    SOTTO_ASSIGN(input, apply_filter(*n.children[0], std::move(input)));
  }
  Arguments arguments;
  SOTTO_TRY(arguments_of(n, 1, &arguments).status());
  line_ = n.line;
  const FilterFunction filter = find_filter(n.text);
  if (!filter) return error(fmt::format("filter '{}' is not supported", n.text));
  SOTTO_TRY(spend_on(input));
  SOTTO_TRY(spend_on(arguments));
  return filter(*this, input, arguments);
}

Result<Value> Evaluator::call(const Value& callee, Arguments& arguments) {
  const Deeper deeper(&depth_);
  if (depth_ > kMaxDepth) return error("nested too deeply");
  if (callee.is_undefined()) return error(callee.name() + " is undefined");
  if (callee.kind() != Kind::kFunction) return error(fmt::format("'{}' object is not callable", type_name(callee)));
  SOTTO_TRY(spend_on(arguments));
  return callee.callee()(*this, arguments);
}

Result<const Value*> Evaluator::find(const Value& mapping, const Value& key) {
  SOTTO_TRY(spend(mapping.pairs().size() / 16));
  return mapping.find(key);
}

Result<Value> Evaluator::attribute(const Value& of, const std::string& name) {
  if (of.is_undefined()) return error(of.name() + " is undefined");
  if (of.kind() == Kind::kNamespace) {
    SOTTO_ASSIGN(const Value* const v, find(of, Value::text(Text::literal(name))));
    return v ? *v : Value::undefined("'Namespace object' has no attribute '" + name + "'");
  }
  const Value method = find_method(of, name);
  if (!method.is_undefined()) return method;
  if (of.is_mapping()) {
    SOTTO_ASSIGN(const Value* const v, find(of, Value::text(Text::literal(name))));
    if (v) return *v;
  }
  // What groupby gives are pairs with names.
  if (of.kind() == Kind::kTuple && of.items().size() == 2 && (name == "grouper" || name == "list"))
    return of.items()[name == "list" ? 1 : 0];
  return Value::undefined(fmt::format("'{} object' has no attribute '{}'", type_name(of), name));
}

Result<Value> Evaluator::item(const Value& of, const Value& key) {
  if (of.is_undefined()) return error(of.name() + " is undefined");
  if (of.is_mapping()) {
    SOTTO_ASSIGN(const Value* const v, find(of, key));
    if (v) return *v;
  } else if ((of.has_places() || of.is_text()) && key.is_number() && key.kind() != Kind::kFloat) {
    if (of.is_text()) SOTTO_TRY(spend_on(of));
    const auto size = static_cast<int64_t>(of.is_text() ? character_count(of.as_text().bytes) : of.items().size());
    const int64_t at = key.as_int() < 0 ? key.as_int() + size : key.as_int();
    if (at < 0 || at >= size)
      return Value::undefined(fmt::format("'{} object' has no element {}", type_name(of), key.as_int()));
    if (of.has_places()) return of.items()[static_cast<size_t>(at)];
    const std::string& s = of.as_text().bytes;
    const size_t from = byte_offset(s, static_cast<size_t>(at)), to = byte_offset(s, static_cast<size_t>(at) + 1);
    return Value::text(of.as_text().part(from, to - from));
  }
  if (key.is_text()) return attribute(of, key.as_text().bytes);
  return Value::undefined(fmt::format("'{} object' has no element {}", type_name(of), repr(key)));
}

Result<List> Evaluator::exhaust(const Value& generator) {
  const Deeper deeper(&depth_);
  if (depth_ > kMaxDepth) return error("nested too deeply");
  SOTTO_TRY(spend(1));
  Series& s = generator.series();
  List items = std::exchange(s.items, {});
  if (const auto make = std::exchange(s.make, nullptr)) {
    SOTTO_ASSIGN(items, make(*this));
  }
  SOTTO_TRY(spend(items.size() / 4));
  uint64_t weight = 0;
  for (const Value& v : items) {
    SOTTO_TRY(check_size(v));
    weight += v.weight();
    if (weight > kMaxWeight) return error("a value became too large");
  }
  SOTTO_TRY(spend(weight / kBytesPerStep));
  return items;
}

Result<Value> joined(Evaluator& e, const List& items, const Text& separator) {
  uint64_t size = separator.bytes.size() * items.size();
  for (const Value& v : items) size += v.weight();
  if (size > Evaluator::kMaxWeight) return e.error("a text became too long");
  SOTTO_TRY(e.spend(items.size() + size / Evaluator::kBytesPerStep));
  return Value::text(join(items, separator));
}

Result<List> iterate(Evaluator& e, const Value& v) {
  if (v.is_undefined()) return List();
  if (v.is_generator()) return e.exhaust(v);
  if (v.is_sequence() || v.kind() == Kind::kSeries) {
    SOTTO_TRY(e.spend(v.items().size() / 4));
    return v.items();
  }
  List items;
  if (v.is_mapping()) {
    SOTTO_TRY(e.spend(v.pairs().size() / 4));
    for (const auto& [key, value] : v.pairs()) items.push_back(key);
    return items;
  }
  if (v.is_text()) {
    const std::string& s = v.as_text().bytes;
    SOTTO_TRY(e.spend(s.size()));
    for (size_t at = 0; at < s.size();) {
      size_t end = at + 1;
      while (end < s.size() && (static_cast<uint8_t>(s[end]) & 0xC0) == 0x80) ++end;
      items.push_back(Value::text(v.as_text().part(at, end - at)));
      at = end;
    }
    return items;
  }
  return e.error(fmt::format("'{}' object is not iterable", type_name(v)));
}

}  // namespace sotto::jinja

#include "text/template/evaluator.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "text/template/lexer.h"
#include "text/template/text_operations.h"

namespace sotto::jinja {
namespace {

struct Restore {
  ScopePtr* place;
  ScopePtr old;
  ~Restore() { *place = std::move(old); }
};

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

}  // namespace

Evaluator::~Evaluator() {
  for (const auto& pairs : namespaces_) Pairs().swap(*pairs);
}

Status Evaluator::error(std::string_view what) const { return template_error(line_, what); }

Status Evaluator::spend(uint64_t steps) {
  steps_ += steps;
  return steps_ <= kMaxSteps ? Status() : error("the template does too much work");
}

Status Evaluator::spend_on(const Arguments& arguments) {
  for (const Value& v : arguments.positional) SOTTO_TRY(spend_on(v));
  for (const auto& [name, v] : arguments.named) SOTTO_TRY(spend_on(v));
  return {};
}

Status Evaluator::check_length(const Text& text) const {
  return text.bytes.size() <= kMaxOutput ? Status() : error("a text became too long");
}

Status Evaluator::emit(const Text& text) {
  emitted_ += text.bytes.size();
  if (emitted_ > kMaxOutput) return error("the template writes too much");
  out_.append(text);
  return {};
}

const Value* Evaluator::look_up(std::string_view name) const {
  for (const Scope* s = scope_.get(); s; s = s->parent.get()) {
    const auto found = s->names.find(name);
    if (found != s->names.end()) return &found->second;
  }
  return nullptr;
}

Result<Text> Evaluator::render(const Node& root) {
  SOTTO_TRY(run(root));
  return std::move(out_);
}

Result<Text> Evaluator::capture(const Node& body, ScopePtr scope) {
  Text outer = std::move(out_);
  out_ = Text();
  Status s;
  {
    const Restore restore{&scope_, scope_};
    scope_ = std::move(scope);
    s = run(body);
  }
  Text inner = std::move(out_);
  out_ = std::move(outer);
  SOTTO_TRY(s);
  return inner;
}

Status Evaluator::run(const Node& n) {
  const Deeper deeper(&depth_);
  if (depth_ > kMaxDepth) return error("nested too deeply");
  SOTTO_TRY(spend(1));
  line_ = n.line;
  switch (n.kind) {
    case NodeKind::kText:
      return emit(n.value.as_text());
    case NodeKind::kPrint: {
      SOTTO_ASSIGN(const Value v, evaluate(*n.children[0]));
      return emit(to_text(v));
    }
    case NodeKind::kBlock:
      for (const NodePtr& child : n.children) {
        SOTTO_TRY(run(*child));
        if (flow_ != Flow::kNormal) break;
      }
      return {};
    case NodeKind::kIf: {
      SOTTO_ASSIGN(const Value condition, evaluate(*n.children[0]));
      const Node* branch = condition.truth() ? n.children[1].get() : n.children[2].get();
      return branch ? run(*branch) : Status();
    }
    case NodeKind::kFor:
      return run_for(n);
    case NodeKind::kSet:
    case NodeKind::kSetBlock:
      return run_set(n);
    case NodeKind::kMacro:
      return run_macro(n);
    case NodeKind::kCallBlock:
      return run_call_block(n);
    case NodeKind::kFilterBlock: {
      SOTTO_ASSIGN(Text body, capture(*n.children[0], std::make_shared<Scope>(Scope{{}, scope_})));
      SOTTO_ASSIGN(const Value v, apply_filter(*n.children[1], Value::text(std::move(body))));
      return emit(to_text(v));
    }
    case NodeKind::kWith:
      return run_with(n);
    case NodeKind::kBreak:
      flow_ = Flow::kBreak;
      return {};
    case NodeKind::kContinue:
      flow_ = Flow::kContinue;
      return {};
    default:
      return error("an expression stands where a statement belongs");
  }
}

Status Evaluator::bind(const Node& n, const Value& value, Scope* scope) {
  if (n.targets.size() == 1) {
    scope->names[n.targets[0]] = value;
    return {};
  }
  SOTTO_ASSIGN(const List parts, iterate(*this, value));
  if (parts.size() != n.targets.size()) return error(fmt::format("{} values for {} names", parts.size(), n.targets.size()));
  for (size_t i = 0; i < parts.size(); ++i) scope->names[n.targets[i]] = parts[i];
  return {};
}

Status Evaluator::run_for(const Node& n) {
  SOTTO_ASSIGN(const Value iterable, evaluate(*n.children[0]));
  SOTTO_ASSIGN(List items, iterate(*this, iterable));
  SOTTO_TRY(spend(items.size()));
  if (n.children[1]) {
    List kept;
    const Restore restore{&scope_, scope_};
    scope_ = std::make_shared<Scope>(Scope{{}, scope_});
    for (const Value& v : items) {
      SOTTO_TRY(bind(n, v, scope_.get()));
      SOTTO_ASSIGN(const Value wanted, evaluate(*n.children[1]));
      if (wanted.truth()) kept.push_back(v);
    }
    items = std::move(kept);
  }
  if (items.empty()) return n.children[3] ? run(*n.children[3]) : Status();
  return for_body(n, items);
}

Status Evaluator::for_body(const Node& n, const List& items) {
  const Restore restore{&scope_, scope_};
  const ScopePtr outer = scope_;
  const auto size = static_cast<int64_t>(items.size());
  const auto changed = std::make_shared<std::optional<List>>();
  // It may hold the loop itself, which holds it.
  const struct Clear {
    std::optional<List>& values;
    ~Clear() { values.reset(); }
  } clear{*changed};
  const auto word = [](const char* s) { return Value::text(Text::literal(s)); };
  for (int64_t i = 0; i < size; ++i) {
    SOTTO_TRY(spend(4));
    scope_ = std::make_shared<Scope>(Scope{{}, outer});
    Pairs loop = {{word("index"), Value::integer(i + 1)},       {word("index0"), Value::integer(i)},
                  {word("revindex"), Value::integer(size - i)}, {word("revindex0"), Value::integer(size - i - 1)},
                  {word("first"), Value::boolean(i == 0)},      {word("last"), Value::boolean(i + 1 == size)},
                  {word("length"), Value::integer(size)},       {word("depth"), Value::integer(1)},
                  {word("depth0"), Value::integer(0)}};
    if (i > 0) loop.emplace_back(word("previtem"), items[static_cast<size_t>(i) - 1]);
    if (i + 1 < size) loop.emplace_back(word("nextitem"), items[static_cast<size_t>(i) + 1]);
    loop.emplace_back(word("cycle"), Value::function("cycle", [i](Evaluator& e, Arguments& a) -> Result<Value> {
                        if (a.positional.empty()) return e.error("loop.cycle needs values");
                        return a.positional[static_cast<size_t>(i) % a.positional.size()];
                      }));
    loop.emplace_back(word("changed"), Value::function("changed", [changed](Evaluator&, Arguments& a) -> Result<Value> {
                        const bool same = *changed && std::equal((*changed)->begin(), (*changed)->end(), a.positional.begin(),
                                                                 a.positional.end(), equal);
                        *changed = a.positional;
                        return Value::boolean(!same);
                      }));
    scope_->names["loop"] = Value::dict(std::move(loop));
    SOTTO_TRY(bind(n, items[static_cast<size_t>(i)], scope_.get()));
    SOTTO_TRY(run(*n.children[2]));
    const Flow flow = flow_;
    flow_ = Flow::kNormal;
    if (flow == Flow::kBreak) break;
  }
  return {};
}

Status Evaluator::run_set(const Node& n) {
  Value value;
  if (n.kind == NodeKind::kSet) {
    SOTTO_ASSIGN(value, evaluate(*n.children[0]));
  } else {
    SOTTO_ASSIGN(Text body, capture(*n.children[0], std::make_shared<Scope>(Scope{{}, scope_})));
    value = Value::text(std::move(body));
    if (n.children[1]) {
      SOTTO_ASSIGN(value, apply_filter(*n.children[1], std::move(value)));
    }
  }
  line_ = n.line;
  if (n.text.empty()) return bind(n, value, scope_.get());
  const Value* target = look_up(n.targets[0]);
  if (!target || target->kind() != Kind::kNamespace) return error("cannot assign attribute on non-namespace object");
  target->set(Value::text(Text::literal(n.text)), std::move(value));
  return {};
}

// Parameters with defaults stand at the end of `targets`; `named` holds those defaults.
Value Evaluator::make_macro(const Node& n, const Node& body, std::string name) {
  // The scope is held weakly where the macro's own name lies in it, or it would keep itself alive.
  std::weak_ptr<Scope> defined = scope_;
  return Value::function(name, [&n, &body, defined, name](Evaluator& e, Arguments& a) -> Result<Value> {
    auto scope = std::make_shared<Scope>();
    scope->parent = defined.lock();
    if (a.positional.size() > n.targets.size())
      return e.error(fmt::format("macro '{}' takes not more than {} argument(s)", name, n.targets.size()));
    const Restore restore{&e.scope_, e.scope_};
    e.scope_ = scope;
    for (size_t i = 0; i < n.targets.size(); ++i) {
      const std::string& target = n.targets[i];
      const auto by_name = std::find_if(a.named.begin(), a.named.end(), [&](const auto& p) { return p.first == target; });
      const auto fallback = std::find_if(n.named.begin(), n.named.end(), [&](const NamedNode& d) { return d.name == target; });
      if (i < a.positional.size())
        scope->names[target] = a.positional[i];
      else if (by_name != a.named.end())
        scope->names[target] = by_name->second;
      else if (fallback != n.named.end()) {
        SOTTO_ASSIGN(scope->names[target], e.evaluate(*fallback->value));
      } else
        scope->names[target] = Value::undefined("'" + target + "'");
    }
    for (const auto& [key, value] : a.named) {
      if (key == "caller")
        scope->names["caller"] = value;
      else if (std::find(n.targets.begin(), n.targets.end(), key) == n.targets.end())
        return e.error(fmt::format("macro '{}' takes no keyword argument '{}'", name, key));
    }
    SOTTO_ASSIGN(Text text, e.capture(body, scope));
    return Value::text(std::move(text));
  });
}

Status Evaluator::run_macro(const Node& n) {
  scope_->names[n.text] = make_macro(n, *n.children[0], n.text);
  return {};
}

Status Evaluator::run_call_block(const Node& n) {
  const Node& call_node = *n.children[1];
  SOTTO_ASSIGN(const Value callee, evaluate(*call_node.children[0]));
  Arguments arguments;
  SOTTO_TRY(arguments_of(call_node, 1, &arguments).status());
  arguments.named.emplace_back("caller", make_macro(n, *n.children[0], "caller"));
  SOTTO_ASSIGN(const Value v, call(callee, arguments));
  return emit(to_text(v));
}

Status Evaluator::run_with(const Node& n) {
  auto scope = std::make_shared<Scope>(Scope{{}, scope_});
  for (size_t i = 0; i < n.targets.size(); ++i) {
    SOTTO_ASSIGN(scope->names[n.targets[i]], evaluate(*n.children[i + 1]));
  }
  const Restore restore{&scope_, scope_};
  scope_ = scope;
  return run(*n.children[0]);
}

Result<Value> Evaluator::evaluate(const Node& n) {
  const Deeper deeper(&depth_);
  if (depth_ > kMaxDepth) return error("nested too deeply");
  SOTTO_TRY(spend(1));
  line_ = n.line;
  Result<Value> v = evaluate_kind(n);
  if (v.ok() && v->nesting() > kMaxNesting) return error("a value became nested too deeply");
  if (v.ok() && v->weight() > kMaxWeight) return error("a value became too large");
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
    case NodeKind::kBinary:
      return evaluate_binary(n);
    case NodeKind::kCompare:
      return evaluate_compare(n);
    case NodeKind::kConditional: {
      SOTTO_ASSIGN(const Value condition, evaluate(*n.children[1]));
      if (condition.truth()) return evaluate(*n.children[0]);
      return n.children[2] ? evaluate(*n.children[2])
                           : Result<Value>(Value::undefined(
                                 "the inline if-expression evaluated to false and no else section was defined."));
    }
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
        SOTTO_ASSIGN(const Value* const found, find(right, left));
        holds = found != nullptr;
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

Result<Value> Evaluator::evaluate_binary(const Node& n) {
  SOTTO_ASSIGN(const Value a, evaluate(*n.children[0]));
  SOTTO_ASSIGN(const Value b, evaluate(*n.children[1]));
  line_ = n.line;
  const std::string& op = n.text;
  if (op == "~" || (op == "+" && a.is_text() && b.is_text())) {
    SOTTO_TRY(spend_on(a));
    SOTTO_TRY(spend_on(b));
    Text text = to_text(a);
    text.append(to_text(b));
    SOTTO_TRY(check_length(text));
    return Value::text(std::move(text));
  }
  for (const Value* v : {&a, &b})
    if (v->is_undefined()) return error(v->name() + " is undefined");
  if (a.is_number() && b.is_number()) return arithmetic(*this, op, a, b);
  if (op == "+" && a.is_sequence() && a.kind() == b.kind()) {
    SOTTO_TRY(spend(a.items().size() + b.items().size()));
    List items = a.items();
    items.insert(items.end(), b.items().begin(), b.items().end());
    return Value::list(std::move(items), a.kind() == Kind::kTuple);
  }
  if (op == "*" && (a.is_text() || a.is_sequence()) && b.is_number() && b.kind() != Kind::kFloat) {
    const uint64_t times = static_cast<uint64_t>(std::max<int64_t>(b.as_int(), 0));
    const uint64_t size = a.is_text() ? a.as_text().bytes.size() : a.items().size();
    if (size && times > kMaxOutput / size) return error("a repetition became too long");
    if (size == 0) return a;
    SOTTO_TRY(spend(a.is_text() ? times + times * size / kBytesPerStep : times * size));
    Text text;
    List items;
    for (uint64_t i = 0; i < times; ++i) {
      if (a.is_text())
        text.append(a.as_text());
      else
        items.insert(items.end(), a.items().begin(), a.items().end());
    }
    return a.is_text() ? Value::text(std::move(text)) : Value::list(std::move(items), a.kind() == Kind::kTuple);
  }
  if (op == "%" && a.is_text()) return error("formatting with % is not supported");
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
  if (!of.is_text() && !of.is_sequence())
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
  if (of.is_text()) return Value::text(join(items, Text()));
  return Value::list(std::move(items), of.kind() == Kind::kTuple);
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
    SOTTO_ASSIGN(Value v, evaluate(*n.children[i]));
    out->positional.push_back(std::move(v));
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
  return Value::undefined(fmt::format("'{} object' has no attribute '{}'", type_name(of), name));
}

Result<Value> Evaluator::item(const Value& of, const Value& key) {
  if (of.is_undefined()) return error(of.name() + " is undefined");
  if (of.is_mapping()) {
    SOTTO_ASSIGN(const Value* const v, find(of, key));
    if (v) return *v;
  } else if ((of.is_sequence() || of.is_text()) && key.is_number() && key.kind() != Kind::kFloat) {
    if (of.is_text()) SOTTO_TRY(spend_on(of));
    const auto size = static_cast<int64_t>(of.is_text() ? character_count(of.as_text().bytes) : of.items().size());
    const int64_t at = key.as_int() < 0 ? key.as_int() + size : key.as_int();
    if (at < 0 || at >= size)
      return Value::undefined(fmt::format("'{} object' has no element {}", type_name(of), key.as_int()));
    if (of.is_sequence()) return of.items()[static_cast<size_t>(at)];
    const std::string& s = of.as_text().bytes;
    const size_t from = byte_offset(s, static_cast<size_t>(at)), to = byte_offset(s, static_cast<size_t>(at) + 1);
    return Value::text(of.as_text().part(from, to - from));
  }
  if (key.is_text()) return attribute(of, key.as_text().bytes);
  return Value::undefined(fmt::format("'{} object' has no element {}", type_name(of), repr(key)));
}

Result<Value> joined(Evaluator& e, const List& items, const Text& separator) {
  uint64_t size = separator.bytes.size() * items.size();
  for (const Value& v : items) size += v.weight();
  if (size > Evaluator::kMaxWeight) return e.error("a text became too long");
  SOTTO_TRY(e.spend(items.size() + size / Evaluator::kBytesPerStep));
  return Value::text(join(items, separator));
}

Result<List> iterate(Evaluator& e, const Value& v) {
  if (v.is_sequence()) {
    SOTTO_TRY(e.spend(v.items().size() / 4));
    return v.items();
  }
  if (v.is_undefined()) return List();
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

#include "text/template/evaluator.h"

#include <fmt/format.h>

#include <algorithm>

#include "text/template/lexer.h"

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

// Whether a name is read anywhere in a part of the template.
bool mentions(const Node& n, std::string_view name, uint64_t* looked_at) {
  ++*looked_at;
  const auto in = [&](const NodePtr& child) { return child && mentions(*child, name, looked_at); };
  return (n.kind == NodeKind::kName && n.text == name) || std::any_of(n.children.begin(), n.children.end(), in) ||
         std::any_of(n.named.begin(), n.named.end(), [&](const NamedNode& d) { return in(d.value); });
}

}  // namespace

Evaluator::~Evaluator() {
  for (const Value& v : adopted_) {
    if (v.kind() == Kind::kNamespace) {
      Pairs().swap(v.pairs());
    } else {
      v.series().make = nullptr;
      List().swap(v.series().items);
    }
  }
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

Status Evaluator::check_size(const Value& v) const {
  if (v.nesting() > kMaxNesting) return error("a value became nested too deeply");
  return v.weight() <= kMaxWeight ? Status() : error("a value became too large");
}

Status Evaluator::printable(const Value& v) const {
  if (!v.is_generator()) return {};
  return error(fmt::format("a {} is no text; | list or | join makes one of it", type_name(v)));
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
      SOTTO_TRY(printable(v));
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

// The arguments under the macro's names. Those that have none go into varargs and kwargs where the body speaks of these.
Status Evaluator::bind_arguments(const Node& n, const Node& body, const std::string& name, Arguments& a, Scope* scope) {
  SOTTO_TRY(spend(a.named.size() * (n.targets.size() + 1) / 16));
  for (size_t i = 0; i < n.targets.size(); ++i) {
    const std::string& target = n.targets[i];
    const auto by_name = std::find_if(a.named.begin(), a.named.end(), [&](const auto& p) { return p.first == target; });
    const auto fallback = std::find_if(n.named.begin(), n.named.end(), [&](const NamedNode& d) { return d.name == target; });
    if (i < a.positional.size())
      scope->names[target] = a.positional[i];
    else if (by_name != a.named.end())
      scope->names[target] = by_name->second;
    else if (fallback != n.named.end()) {
      SOTTO_ASSIGN(scope->names[target], evaluate(*fallback->value));
    } else
      scope->names[target] = Value::undefined("'" + target + "'");
  }
  const size_t taken = std::min(a.positional.size(), n.targets.size());
  List rest(a.positional.begin() + static_cast<std::ptrdiff_t>(taken), a.positional.end());
  Pairs named;
  for (const auto& [key, value] : a.named) {
    if (key == "caller")
      scope->names["caller"] = value;
    else if (std::find(n.targets.begin(), n.targets.end(), key) == n.targets.end()) {
      SOTTO_TRY(spend(named.size() / 16));
      Value::put(&named, Value::text(Text::literal(key)), value);
    }
  }
  uint64_t looked_at = 0;
  const bool takes_rest = rest.empty() || mentions(body, "varargs", &looked_at);
  const bool takes_named = named.empty() || mentions(body, "kwargs", &looked_at);
  SOTTO_TRY(spend(looked_at / 16));
  if (!takes_rest) return error(fmt::format("macro '{}' takes not more than {} argument(s)", name, n.targets.size()));
  if (!takes_named) return error(fmt::format("macro '{}' takes no keyword argument '{}'", name, to_text(named[0].first).bytes));
  scope->names["varargs"] = Value::list(std::move(rest), true);
  scope->names["kwargs"] = Value::dict(std::move(named));
  return {};
}

// Parameters with defaults stand at the end of `targets`; `named` holds those defaults.
Value Evaluator::make_macro(const Node& n, const Node& body, std::string name) {
  // The scope is held weakly where the macro's own name lies in it, or it would keep itself alive.
  std::weak_ptr<Scope> defined = scope_;
  return Value::function(name, [&n, &body, defined, name](Evaluator& e, Arguments& a) -> Result<Value> {
    auto scope = std::make_shared<Scope>();
    scope->parent = defined.lock();
    const Restore restore{&e.scope_, e.scope_};
    e.scope_ = scope;
    SOTTO_TRY(e.bind_arguments(n, body, name, a, scope.get()));
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

}  // namespace sotto::jinja

// expression_parser.cc: one function for each level of the grammar.
#include "text/template/expression_parser.h"

#include <fmt/format.h>

#include <charconv>

namespace sotto::jinja {

Status ExpressionParser::expect_op(std::string_view text) {
  return take_op(text) ? Status() : error(fmt::format("expected '{}', found {}", text, seen()));
}

Result<std::string> ExpressionParser::expect_name() {
  if (now().type != TokenType::kName) return error(fmt::format("expected a name, found {}", seen()));
  std::string name = now().text;
  next();
  return name;
}

Status ExpressionParser::expect_tag_end() {
  if (now().type != TokenType::kTagEnd) return error(fmt::format("expected the end of the tag, found {}", seen()));
  next();
  return {};
}

Result<NodePtr> ExpressionParser::tuple(bool conditional) {
  SOTTO_ASSIGN(NodePtr first, conditional ? expression() : either());
  if (!is_op(",")) return first;
  NodePtr n = make(NodeKind::kTuple, std::move(first));
  while (take_op(",")) {
    if (now().type == TokenType::kPrintEnd || now().type == TokenType::kTagEnd || is_op(")")) break;
    SOTTO_ASSIGN(NodePtr item, conditional ? expression() : either());
    n->children.push_back(std::move(item));
  }
  return n;
}

Result<NodePtr> ExpressionParser::expression() {
  const Depth depth(this);
  if (depth_ > kMaxDepth) return error("nested too deeply");
  SOTTO_ASSIGN(NodePtr value, either());
  while (take_name("if")) {
    NodePtr n = make(NodeKind::kConditional, std::move(value));
    SOTTO_ASSIGN(NodePtr condition, either());
    NodePtr otherwise;
    if (take_name("else")) {
      SOTTO_ASSIGN(otherwise, expression());
    }
    n->children.push_back(std::move(condition));
    n->children.push_back(std::move(otherwise));
    value = std::move(n);
  }
  return value;
}
Result<NodePtr> ExpressionParser::either() {
  SOTTO_ASSIGN(NodePtr left, both());
  while (take_name("or")) SOTTO_TRY(join(NodeKind::kOr, &left, &ExpressionParser::both));
  return left;
}
Result<NodePtr> ExpressionParser::both() {
  SOTTO_ASSIGN(NodePtr left, negation());
  while (take_name("and")) SOTTO_TRY(join(NodeKind::kAnd, &left, &ExpressionParser::negation));
  return left;
}
Status ExpressionParser::join(NodeKind kind, NodePtr* left, Result<NodePtr> (ExpressionParser::*right)()) {
  NodePtr n = make(kind, std::move(*left));
  SOTTO_ASSIGN(NodePtr other, (this->*right)());
  n->children.push_back(std::move(other));
  *left = std::move(n);
  return {};
}
Result<NodePtr> ExpressionParser::negation() {
  if (!is_name("not") || (ahead(1).type == TokenType::kName && ahead(1).text == "in")) return comparison();
  const Depth depth(this);
  if (depth_ > kMaxDepth) return error("nested too deeply");
  next();
  SOTTO_ASSIGN(NodePtr value, negation());
  return make(NodeKind::kNot, std::move(value));
}
Result<NodePtr> ExpressionParser::comparison() {
  SOTTO_ASSIGN(NodePtr first, sum());
  NodePtr n = make(NodeKind::kCompare, std::move(first));
  constexpr std::string_view kSigns[] = {"==", "!=", "<", ">", "<=", ">="};
  while (true) {
    std::string op;
    if (now().type == TokenType::kOperator && std::find(std::begin(kSigns), std::end(kSigns), now().text) != std::end(kSigns))
      op = now().text;
    else if (is_name("in"))
      op = "in";
    else if (is_name("not") && ahead(1).text == "in")
      next(), op = "not in";
    else
      break;
    next();
    SOTTO_ASSIGN(NodePtr right, sum());
    n->operators.push_back(op);
    n->children.push_back(std::move(right));
  }
  if (n->operators.empty()) return std::move(n->children[0]);
  return n;
}
// Left-associative binary operators of one level.
Result<NodePtr> ExpressionParser::level(std::initializer_list<std::string_view> signs,
                                        Result<NodePtr> (ExpressionParser::*tighter)()) {
  SOTTO_ASSIGN(NodePtr left, (this->*tighter)());
  while (now().type == TokenType::kOperator && std::find(signs.begin(), signs.end(), now().text) != signs.end()) {
    const std::string sign = now().text;
    next();
    SOTTO_TRY(join(NodeKind::kBinary, &left, tighter));
    left->text = sign;
  }
  return left;
}
Result<NodePtr> ExpressionParser::sum() { return level({"+", "-"}, &ExpressionParser::concatenation); }
Result<NodePtr> ExpressionParser::concatenation() { return level({"~"}, &ExpressionParser::product); }
Result<NodePtr> ExpressionParser::product() { return level({"*", "/", "//", "%"}, &ExpressionParser::power); }
Result<NodePtr> ExpressionParser::power() { return level({"**"}, &ExpressionParser::filtered_unary); }
Result<NodePtr> ExpressionParser::filtered_unary() { return unary(true); }

Result<NodePtr> ExpressionParser::unary(bool with_filter) {
  const Depth depth(this);
  if (depth_ > kMaxDepth) return error("nested too deeply");
  NodePtr n;
  if (is_op("-") || is_op("+")) {
    const NodeKind kind = is_op("-") ? NodeKind::kNegate : NodeKind::kPlus;
    next();
    SOTTO_ASSIGN(NodePtr value, unary(false));
    n = make(kind, std::move(value));
  } else {
    SOTTO_ASSIGN(n, primary());
  }
  SOTTO_ASSIGN(n, postfix(std::move(n)));
  return with_filter ? filters(std::move(n)) : Result<NodePtr>(std::move(n));
}

Result<NodePtr> ExpressionParser::primary() {
  const Token& t = now();
  NodePtr n = make(NodeKind::kLiteral);
  if (t.type == TokenType::kString) {
    std::string text;
    for (; now().type == TokenType::kString; next()) text += now().text;
    n->value = Value::text(Text::literal(std::move(text)));
    return n;
  }
  if (t.type == TokenType::kInteger) {
    int64_t value = 0;
    const auto [end, code] = std::from_chars(t.text.data(), t.text.data() + t.text.size(), value);
    if (code != std::errc()) return error(fmt::format("the number {} is too large", t.text));
    n->value = Value::integer(value);
    next();
    return n;
  }
  if (t.type == TokenType::kReal) {
    n->value = Value::real(std::strtod(t.text.c_str(), nullptr));
    next();
    return n;
  }
  if (t.type == TokenType::kName) return name_or_constant();
  if (take_op("(")) return parenthesis();
  if (take_op("[")) return items(NodeKind::kList, "]");
  if (take_op("{")) return items(NodeKind::kDict, "}");
  return error(fmt::format("expected a value, found {}", seen()));
}
Result<NodePtr> ExpressionParser::name_or_constant() {
  NodePtr n = make(NodeKind::kLiteral);
  const std::string name = now().text;
  next();
  if (name == "true" || name == "True")
    n->value = Value::boolean(true);
  else if (name == "false" || name == "False")
    n->value = Value::boolean(false);
  else if (name == "none" || name == "None")
    n->value = Value::none();
  else {
    n->kind = NodeKind::kName;
    n->text = name;
  }
  return n;
}
Result<NodePtr> ExpressionParser::parenthesis() {
  if (take_op(")")) return make(NodeKind::kTuple);
  SOTTO_ASSIGN(NodePtr inside, tuple(true));
  SOTTO_TRY(expect_op(")"));
  return inside;
}
Result<NodePtr> ExpressionParser::items(NodeKind kind, std::string_view close) {
  NodePtr n = make(kind);
  while (!is_op(close)) {
    SOTTO_ASSIGN(NodePtr item, expression());
    n->children.push_back(std::move(item));
    if (kind == NodeKind::kDict) {
      SOTTO_TRY(expect_op(":"));
      SOTTO_ASSIGN(NodePtr value, expression());
      n->children.push_back(std::move(value));
    }
    if (!take_op(",")) break;
  }
  SOTTO_TRY(expect_op(close));
  return n;
}

Result<NodePtr> ExpressionParser::postfix(NodePtr n) {
  while (true) {
    if (take_op(".")) {
      if (now().type == TokenType::kInteger) {  // a.0 is a[0]
        NodePtr item = make(NodeKind::kItem, std::move(n));
        SOTTO_ASSIGN(NodePtr index, primary());
        item->children.push_back(std::move(index));
        n = std::move(item);
        continue;
      }
      NodePtr attribute = make(NodeKind::kAttribute, std::move(n));
      SOTTO_ASSIGN(attribute->text, expect_name());
      n = std::move(attribute);
    } else if (take_op("[")) {
      SOTTO_ASSIGN(n, subscript(std::move(n)));
    } else if (is_op("(")) {
      NodePtr call = make(NodeKind::kCall, std::move(n));
      SOTTO_TRY(arguments(call.get()));
      n = std::move(call);
    } else {
      return n;
    }
  }
}
Result<NodePtr> ExpressionParser::subscript(NodePtr of) {
  NodePtr n = make(NodeKind::kItem, std::move(of));
  NodePtr parts[3];
  int part = 0;
  bool sliced = false;
  while (!is_op("]")) {
    if (take_op(":")) {
      sliced = true;
      if (++part > 2) return error("a slice has at most three parts");
      continue;
    }
    SOTTO_ASSIGN(parts[part], expression());
    if (!is_op(":") && !is_op("]")) return error(fmt::format("expected ']', found {}", seen()));
  }
  SOTTO_TRY(expect_op("]"));
  if (!sliced && !parts[0]) return error("an index is missing");
  n->kind = sliced ? NodeKind::kSlice : NodeKind::kItem;
  for (int i = 0; i < (sliced ? 3 : 1); ++i) n->children.push_back(std::move(parts[i]));
  return n;
}
// "(a, b, name=c)"; arguments follow children that are there already.
Status ExpressionParser::arguments(Node* n) {
  SOTTO_TRY(expect_op("("));
  while (!is_op(")")) {
    if (is_op("*") || is_op("**")) {
      NodePtr spread = make(is_op("*") ? NodeKind::kSpread : NodeKind::kSpreadNamed);
      next();
      SOTTO_ASSIGN(NodePtr value, expression());
      spread->children.push_back(std::move(value));
      n->children.push_back(std::move(spread));
    } else if (now().type == TokenType::kName && ahead(1).type == TokenType::kOperator && ahead(1).text == "=") {
      std::string name = now().text;
      next();
      next();
      SOTTO_ASSIGN(NodePtr value, expression());
      n->named.push_back({std::move(name), std::move(value)});
    } else {
      SOTTO_ASSIGN(NodePtr value, expression());
      n->children.push_back(std::move(value));
    }
    if (!take_op(",")) break;
  }
  return expect_op(")");
}

// "| filter(...) is test ..." behind a value. `first`: the filter's name stands without a bar (a filter block).
Result<NodePtr> ExpressionParser::filters(NodePtr n, bool first) {
  while (true) {
    if (first || take_op("|")) {
      first = false;
      NodePtr filter = make(NodeKind::kFilter);
      filter->children.push_back(std::move(n));
      SOTTO_ASSIGN(filter->text, expect_name());
      if (is_op("(")) SOTTO_TRY(arguments(filter.get()));
      n = std::move(filter);
    } else if (n && is_name("is")) {
      next();
      SOTTO_ASSIGN(n, test(std::move(n)));
    } else if (n && (is_op("(") || is_op(".") || is_op("["))) {
      SOTTO_ASSIGN(n, postfix(std::move(n)));
    } else {
      return n;
    }
  }
}
Result<NodePtr> ExpressionParser::test(NodePtr of) {
  NodePtr n = make(NodeKind::kTest, std::move(of));
  n->negated = take_name("not");
  SOTTO_ASSIGN(n->text, expect_name());
  if (is_op("(")) {
    SOTTO_TRY(arguments(n.get()));
    return n;
  }
  const bool word = now().type == TokenType::kName && now().text != "else" && now().text != "or" && now().text != "and" &&
                    now().text != "is" && now().text != "if" && now().text != "in" && now().text != "not";
  const bool value = now().type == TokenType::kString || now().type == TokenType::kInteger || now().type == TokenType::kReal ||
                     is_op("[") || is_op("{");
  if (word || value) {
    SOTTO_ASSIGN(NodePtr argument, primary());
    SOTTO_ASSIGN(argument, postfix(std::move(argument)));
    n->children.push_back(std::move(argument));
  }
  return n;
}

}  // namespace sotto::jinja

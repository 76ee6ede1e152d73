// The grammar of the template language, by recursive descent; precedence as in Jinja2's own parser.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "text/template/ast.h"
#include "text/template/lexer.h"

namespace sotto::jinja {
namespace {

constexpr int kMaxDepth = 150;

class Parser {
 public:
  explicit Parser(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  Result<NodePtr> run() {
    SOTTO_ASSIGN(NodePtr all, block({}));
    return all;
  }

 private:
  const Token& now() const { return tokens_[at_]; }
  const Token& ahead(size_t n) const { return tokens_[std::min(at_ + n, tokens_.size() - 1)]; }
  void next() { at_ += at_ + 1 < tokens_.size(); }
  bool is(TokenType type, std::string_view text) const { return now().type == type && now().text == text; }
  bool is_op(std::string_view text) const { return is(TokenType::kOperator, text); }
  bool is_name(std::string_view text) const { return is(TokenType::kName, text); }
  bool take_op(std::string_view text) {
    const bool here = is_op(text);
    if (here) next();
    return here;
  }
  bool take_name(std::string_view text) {
    const bool here = is_name(text);
    if (here) next();
    return here;
  }
  Status error(std::string_view what) const { return template_error(now().line, what); }
  std::string seen() const {
    return now().type == TokenType::kEnd ? "the end"
           : now().text.empty()          ? "the end of the tag"
                                         : "'" + now().text.substr(0, 40) + "'";
  }
  Status expect_op(std::string_view text) {
    return take_op(text) ? Status() : error(fmt::format("expected '{}', found {}", text, seen()));
  }
  Result<std::string> expect_name() {
    if (now().type != TokenType::kName) return error(fmt::format("expected a name, found {}", seen()));
    std::string name = now().text;
    next();
    return name;
  }
  Status expect_tag_end() {
    if (now().type != TokenType::kTagEnd) return error(fmt::format("expected the end of the tag, found {}", seen()));
    next();
    return {};
  }
  NodePtr make(NodeKind kind) const {
    auto n = std::make_unique<Node>();
    n->kind = kind;
    n->line = now().line;
    return n;
  }
  NodePtr make(NodeKind kind, NodePtr child) const {
    NodePtr n = make(kind);
    n->line = child->line;
    n->children.push_back(std::move(child));
    return n;
  }

  // Statements up to a tag whose first word is in `ends`; that tag is left for the caller, at its first word.
  Result<NodePtr> block(const std::vector<std::string_view>& ends) {
    const Depth depth(this);
    if (depth_ > kMaxDepth) return error("nested too deeply");
    NodePtr all = make(NodeKind::kBlock);
    while (true) {
      if (now().type == TokenType::kEnd) {
        if (ends.empty()) return all;
        return error(fmt::format("the template ends before '{}'", ends.back()));
      }
      if (now().type == TokenType::kText) {
        NodePtr text = make(NodeKind::kText);
        text->value = Value::text(Text::literal(now().text));
        next();
        all->children.push_back(std::move(text));
      } else if (now().type == TokenType::kPrintBegin) {
        next();
        SOTTO_ASSIGN(NodePtr value, tuple(true));
        if (now().type != TokenType::kPrintEnd) return error(fmt::format("expected }}}}, found {}", seen()));
        next();
        all->children.push_back(make(NodeKind::kPrint, std::move(value)));
      } else {
        next();  // the tag's beginning
        if (now().type == TokenType::kName && std::find(ends.begin(), ends.end(), now().text) != ends.end()) return all;
        SOTTO_ASSIGN(NodePtr statement, tag());
        all->children.push_back(std::move(statement));
      }
    }
  }

  // Ends a block statement: "{% endfor %}".
  Status end_tag() {
    next();
    return expect_tag_end();
  }

  Result<NodePtr> tag() {
    SOTTO_ASSIGN(const std::string word, expect_name());
    struct Row {
      const char* word;
      Result<NodePtr> (Parser::*parse)();
    };
    static constexpr Row kTags[] = {{"for", &Parser::for_tag},           {"if", &Parser::if_tag},
                                    {"set", &Parser::set_tag},           {"macro", &Parser::macro_tag},
                                    {"call", &Parser::call_tag},         {"filter", &Parser::filter_tag},
                                    {"with", &Parser::with_tag},         {"break", &Parser::break_tag},
                                    {"continue", &Parser::continue_tag}, {"generation", &Parser::generation_tag}};
    const auto* row = std::find_if(std::begin(kTags), std::end(kTags), [&](const Row& r) { return r.word == word; });
    if (row == std::end(kTags)) return error(fmt::format("tag '{}' is not supported", word));
    return (this->*row->parse)();
  }

  Result<std::vector<std::string>> target_names() {
    std::vector<std::string> names;
    const bool parentheses = take_op("(");
    do {
      if (parentheses && is_op(")")) break;
      if (is_name("in")) break;
      SOTTO_ASSIGN(std::string name, expect_name());
      names.push_back(std::move(name));
    } while (take_op(","));
    if (parentheses) SOTTO_TRY(expect_op(")"));
    return names;
  }

  Result<NodePtr> for_tag() {
    NodePtr n = make(NodeKind::kFor);
    SOTTO_ASSIGN(n->targets, target_names());
    if (!take_name("in")) return error(fmt::format("expected 'in', found {}", seen()));
    SOTTO_ASSIGN(NodePtr iterable, tuple(false));
    NodePtr filter, otherwise;
    if (take_name("if")) {
      SOTTO_ASSIGN(filter, expression());
    }
    if (is_name("recursive")) return error("recursive loops are not supported");
    SOTTO_TRY(expect_tag_end());
    SOTTO_ASSIGN(NodePtr body, block({"else", "endfor"}));
    if (is_name("else")) {
      SOTTO_TRY(end_tag());
      SOTTO_ASSIGN(otherwise, block({"endfor"}));
    }
    SOTTO_TRY(end_tag());
    n->children.push_back(std::move(iterable));
    n->children.push_back(std::move(filter));
    n->children.push_back(std::move(body));
    n->children.push_back(std::move(otherwise));
    return n;
  }

  Result<NodePtr> if_tag() {
    NodePtr n = make(NodeKind::kIf);
    SOTTO_ASSIGN(NodePtr condition, tuple(true));
    SOTTO_TRY(expect_tag_end());
    SOTTO_ASSIGN(NodePtr then, block({"elif", "else", "endif"}));
    NodePtr otherwise;
    if (is_name("elif")) {
      next();
      const Depth depth(this);
      if (depth_ > kMaxDepth) return error("nested too deeply");
      SOTTO_ASSIGN(otherwise, if_tag());  // takes the endif
    } else {
      if (is_name("else")) {
        SOTTO_TRY(end_tag());
        SOTTO_ASSIGN(otherwise, block({"endif"}));
      }
      SOTTO_TRY(end_tag());
    }
    n->children.push_back(std::move(condition));
    n->children.push_back(std::move(then));
    n->children.push_back(std::move(otherwise));
    return n;
  }

  Result<NodePtr> set_tag() {
    NodePtr n = make(NodeKind::kSet);
    SOTTO_ASSIGN(n->targets, target_names());
    if (n->targets.size() == 1 && take_op(".")) {
      SOTTO_ASSIGN(n->text, expect_name());  // namespace attribute
    }
    if (take_op("=")) {
      SOTTO_ASSIGN(NodePtr value, tuple(true));
      n->children.push_back(std::move(value));
      SOTTO_TRY(expect_tag_end());
      return n;
    }
    n->kind = NodeKind::kSetBlock;
    NodePtr filter;
    if (is_op("|")) {
      SOTTO_ASSIGN(filter, filters(nullptr));
    }
    SOTTO_TRY(expect_tag_end());
    SOTTO_ASSIGN(NodePtr body, block({"endset"}));
    SOTTO_TRY(end_tag());
    n->children.push_back(std::move(body));
    n->children.push_back(std::move(filter));
    return n;
  }

  // "(a, b=1)" into targets and defaults.
  Status parameters(Node* n) {
    SOTTO_TRY(expect_op("("));
    while (!is_op(")")) {
      SOTTO_ASSIGN(std::string name, expect_name());
      n->targets.push_back(std::move(name));
      if (take_op("=")) {
        SOTTO_ASSIGN(NodePtr value, expression());
        n->named.push_back({n->targets.back(), std::move(value)});
      }
      if (!take_op(",")) break;
    }
    return expect_op(")");
  }

  Result<NodePtr> macro_tag() {
    NodePtr n = make(NodeKind::kMacro);
    SOTTO_ASSIGN(n->text, expect_name());
    SOTTO_TRY(parameters(n.get()));
    SOTTO_TRY(expect_tag_end());
    SOTTO_ASSIGN(NodePtr body, block({"endmacro"}));
    next();
    if (now().type == TokenType::kName) next();  // endmacro may repeat the name
    SOTTO_TRY(expect_tag_end());
    n->children.push_back(std::move(body));
    return n;
  }

  Result<NodePtr> call_tag() {
    NodePtr n = make(NodeKind::kCallBlock);
    if (is_op("(")) SOTTO_TRY(parameters(n.get()));
    SOTTO_ASSIGN(NodePtr call, expression());
    if (call->kind != NodeKind::kCall) return error("a call block needs a call");
    SOTTO_TRY(expect_tag_end());
    SOTTO_ASSIGN(NodePtr body, block({"endcall"}));
    SOTTO_TRY(end_tag());
    n->children.push_back(std::move(body));
    n->children.push_back(std::move(call));
    return n;
  }

  Result<NodePtr> filter_tag() {
    NodePtr n = make(NodeKind::kFilterBlock);
    SOTTO_ASSIGN(NodePtr filter, filters(nullptr, true));
    SOTTO_TRY(expect_tag_end());
    SOTTO_ASSIGN(NodePtr body, block({"endfilter"}));
    SOTTO_TRY(end_tag());
    n->children.push_back(std::move(body));
    n->children.push_back(std::move(filter));
    return n;
  }

  Result<NodePtr> with_tag() {
    NodePtr n = make(NodeKind::kWith);
    n->children.push_back(nullptr);
    while (now().type == TokenType::kName) {
      SOTTO_ASSIGN(std::string name, expect_name());
      SOTTO_TRY(expect_op("="));
      SOTTO_ASSIGN(NodePtr value, expression());
      n->targets.push_back(std::move(name));
      n->children.push_back(std::move(value));
      if (!take_op(",")) break;
    }
    SOTTO_TRY(expect_tag_end());
    SOTTO_ASSIGN(n->children[0], block({"endwith"}));
    SOTTO_TRY(end_tag());
    return n;
  }

  Result<NodePtr> break_tag() { return simple_tag(NodeKind::kBreak); }
  Result<NodePtr> continue_tag() { return simple_tag(NodeKind::kContinue); }
  Result<NodePtr> simple_tag(NodeKind kind) {
    NodePtr n = make(kind);
    SOTTO_TRY(expect_tag_end());
    return n;
  }
  // Marks the assistant's text for training; it renders as what it holds.
  Result<NodePtr> generation_tag() {
    SOTTO_TRY(expect_tag_end());
    SOTTO_ASSIGN(NodePtr body, block({"endgeneration"}));
    SOTTO_TRY(end_tag());
    return body;
  }

  // Expressions, loosest first.
  Result<NodePtr> tuple(bool conditional) {
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

  Result<NodePtr> expression() {
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
  Result<NodePtr> either() {
    SOTTO_ASSIGN(NodePtr left, both());
    while (take_name("or")) SOTTO_TRY(join(NodeKind::kOr, &left, &Parser::both));
    return left;
  }
  Result<NodePtr> both() {
    SOTTO_ASSIGN(NodePtr left, negation());
    while (take_name("and")) SOTTO_TRY(join(NodeKind::kAnd, &left, &Parser::negation));
    return left;
  }
  Status join(NodeKind kind, NodePtr* left, Result<NodePtr> (Parser::*right)()) {
    NodePtr n = make(kind, std::move(*left));
    SOTTO_ASSIGN(NodePtr other, (this->*right)());
    n->children.push_back(std::move(other));
    *left = std::move(n);
    return {};
  }
  Result<NodePtr> negation() {
    if (!is_name("not") || (ahead(1).type == TokenType::kName && ahead(1).text == "in")) return comparison();
    const Depth depth(this);
    if (depth_ > kMaxDepth) return error("nested too deeply");
    next();
    SOTTO_ASSIGN(NodePtr value, negation());
    return make(NodeKind::kNot, std::move(value));
  }
  Result<NodePtr> comparison() {
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
  Result<NodePtr> level(std::initializer_list<std::string_view> signs, Result<NodePtr> (Parser::*tighter)()) {
    SOTTO_ASSIGN(NodePtr left, (this->*tighter)());
    while (now().type == TokenType::kOperator && std::find(signs.begin(), signs.end(), now().text) != signs.end()) {
      const std::string sign = now().text;
      next();
      SOTTO_TRY(join(NodeKind::kBinary, &left, tighter));
      left->text = sign;
    }
    return left;
  }
  Result<NodePtr> sum() { return level({"+", "-"}, &Parser::concatenation); }
  Result<NodePtr> concatenation() { return level({"~"}, &Parser::product); }
  Result<NodePtr> product() { return level({"*", "/", "//", "%"}, &Parser::power); }
  Result<NodePtr> power() { return level({"**"}, &Parser::filtered_unary); }
  Result<NodePtr> filtered_unary() { return unary(true); }

  Result<NodePtr> unary(bool with_filter) {
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

  Result<NodePtr> primary() {
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
  Result<NodePtr> name_or_constant() {
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
  Result<NodePtr> parenthesis() {
    if (take_op(")")) return make(NodeKind::kTuple);
    SOTTO_ASSIGN(NodePtr inside, tuple(true));
    SOTTO_TRY(expect_op(")"));
    return inside;
  }
  Result<NodePtr> items(NodeKind kind, std::string_view close) {
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

  Result<NodePtr> postfix(NodePtr n) {
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
  Result<NodePtr> subscript(NodePtr of) {
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
  Status arguments(Node* n) {
    SOTTO_TRY(expect_op("("));
    while (!is_op(")")) {
      if (is_op("*") || is_op("**")) return error("unpacked arguments are not supported");
      if (now().type == TokenType::kName && ahead(1).type == TokenType::kOperator && ahead(1).text == "=") {
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
  Result<NodePtr> filters(NodePtr n, bool first = false) {
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
  Result<NodePtr> test(NodePtr of) {
    NodePtr n = make(NodeKind::kTest, std::move(of));
    n->negated = take_name("not");
    SOTTO_ASSIGN(n->text, expect_name());
    if (is_op("(")) {
      SOTTO_TRY(arguments(n.get()));
      return n;
    }
    const bool word = now().type == TokenType::kName && now().text != "else" && now().text != "or" && now().text != "and" &&
                      now().text != "is" && now().text != "if" && now().text != "in" && now().text != "not";
    const bool value = now().type == TokenType::kString || now().type == TokenType::kInteger ||
                       now().type == TokenType::kReal || is_op("[") || is_op("{");
    if (word || value) {
      SOTTO_ASSIGN(NodePtr argument, primary());
      SOTTO_ASSIGN(argument, postfix(std::move(argument)));
      n->children.push_back(std::move(argument));
    }
    return n;
  }

  // Counts the nesting of the C++ calls, which a hostile template could otherwise drive without bound.
  struct Depth {
    explicit Depth(Parser* parser) : p(parser) { ++p->depth_; }
    ~Depth() { --p->depth_; }
    Parser* p;
  };

  std::vector<Token> tokens_;
  size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

Result<NodePtr> parse(std::string_view source) {
  SOTTO_ASSIGN(auto tokens, tokenize(source));
  return Parser(std::move(tokens)).run();
}

}  // namespace sotto::jinja

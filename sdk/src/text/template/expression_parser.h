// expression_parser.h: the grammar of expressions, by recursive descent; precedence as in Jinja2's own parser. Inside the
// template folder only.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "text/template/ast.h"
#include "text/template/lexer.h"

namespace sotto::jinja {

class ExpressionParser {
 public:
  explicit ExpressionParser(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

 protected:
  static constexpr int kMaxDepth = 150;

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
  Status expect_op(std::string_view text);
  Result<std::string> expect_name();
  Status expect_tag_end();
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

  // Expressions, loosest first.
  Result<NodePtr> tuple(bool conditional);
  Result<NodePtr> expression();
  Result<NodePtr> either();
  Result<NodePtr> both();
  Status join(NodeKind kind, NodePtr* left, Result<NodePtr> (ExpressionParser::*right)());
  Result<NodePtr> negation();
  Result<NodePtr> comparison();
  // Left-associative binary operators of one level.
  Result<NodePtr> level(std::initializer_list<std::string_view> signs, Result<NodePtr> (ExpressionParser::*tighter)());
  Result<NodePtr> sum();
  Result<NodePtr> concatenation();
  Result<NodePtr> product();
  Result<NodePtr> power();
  Result<NodePtr> filtered_unary();
  Result<NodePtr> unary(bool with_filter);
  Result<NodePtr> primary();
  Result<NodePtr> name_or_constant();
  Result<NodePtr> parenthesis();
  Result<NodePtr> items(NodeKind kind, std::string_view close);
  Result<NodePtr> postfix(NodePtr n);
  Result<NodePtr> subscript(NodePtr of);
  // "(a, b, name=c)"; arguments follow children that are there already.
  Status arguments(Node* n);
  // "| filter(...) is test ..." behind a value. `first`: the filter's name stands without a bar (a filter block).
  Result<NodePtr> filters(NodePtr n, bool first = false);
  Result<NodePtr> test(NodePtr of);

  // Counts the nesting of the C++ calls, which a hostile template could otherwise drive without bound.
  struct Depth {
    explicit Depth(ExpressionParser* parser) : p(parser) { ++p->depth_; }
    ~Depth() { --p->depth_; }
    ExpressionParser* p;
  };

  int depth_ = 0;

 private:
  std::vector<Token> tokens_;
  size_t at_ = 0;
};

}  // namespace sotto::jinja

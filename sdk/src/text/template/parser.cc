// The grammar of statements, by recursive descent; expressions are in expression_parser.cc.
#include <fmt/format.h>

#include <algorithm>

#include "text/template/expression_parser.h"

namespace sotto::jinja {
namespace {

class Parser : public ExpressionParser {
 public:
  using ExpressionParser::ExpressionParser;

  Result<NodePtr> run() {
    SOTTO_ASSIGN(NodePtr all, block({}));
    return all;
  }

 private:
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
};

}  // namespace

Result<NodePtr> parse(std::string_view source) {
  SOTTO_ASSIGN(auto tokens, tokenize(source));
  return Parser(std::move(tokens)).run();
}

}  // namespace sotto::jinja

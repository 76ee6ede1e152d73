// ast.h: a parsed template. Inside the template folder only.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "text/template/value.h"

namespace sotto::jinja {

enum class NodeKind : uint8_t {
  // expressions
  kLiteral,  // value
  kName,     // text
  kList,     // children
  kTuple,
  kDict,  // key, value, key, value ...
  kNegate,
  kPlus,
  kNot,
  kBinary,  // text: the operator; two children
  kAnd,
  kOr,
  kCompare,      // children[0], then for each of operators one more
  kConditional,  // value, condition, else (may be absent)
  kAttribute,    // children[0].text
  kItem,         // children[0][children[1]]
  kSlice,        // children[0][start:stop:step]; absent ones are null
  kCall,         // children[0](arguments)
  kSpread,       // *children[0], among the arguments
  kSpreadNamed,  // **children[0]
  kFilter,       // children[0] (null in a filter block) | text(arguments)
  kTest,         // children[0] is text(arguments); negated
  // statements
  kText,         // value
  kPrint,        // children[0]
  kBlock,        // children, in order
  kFor,          // targets = names; children: iterable, filter (may be null), body, else (may be null)
  kIf,           // children: condition, then, else (may be null)
  kSet,          // targets or an attribute; children[0] the value
  kSetBlock,     // targets[0]; children: body, filter (may be null)
  kMacro,        // text: name; targets: parameters; children: body, then defaults of the last parameters
  kCallBlock,    // targets: parameters of caller; children: call, body
  kFilterBlock,  // children: filter, body
  kWith,         // targets; children: body, then the values
  kBreak,
  kContinue,
};

struct Node;
using NodePtr = std::unique_ptr<Node>;

struct NamedNode {
  std::string name;
  NodePtr value;
};

struct Node {
  NodeKind kind;
  uint32_t line;
  std::string text;
  Value value;
  bool negated = false;
  std::vector<NodePtr> children;
  std::vector<NamedNode> named;        // keyword arguments
  std::vector<std::string> operators;  // of kCompare
  std::vector<std::string> targets;
};

Result<NodePtr> parse(std::string_view source);

}  // namespace sotto::jinja

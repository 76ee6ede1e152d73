// evaluator.h: runs a parsed template over values, within bounds. Inside the template folder only.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "text/template/ast.h"

namespace sotto::jinja {

// Names of one region of the template; inner ones see outer ones.
struct Scope {
  std::map<std::string, Value, std::less<>> names;
  std::shared_ptr<Scope> parent;
};
using ScopePtr = std::shared_ptr<Scope>;

// One rendering. A hostile template is stopped by the bounds on steps, output and depth.
class Evaluator {
 public:
  static constexpr uint64_t kMaxSteps = 1000000, kMaxOutput = 16 << 20;
  static constexpr int kMaxDepth = 120;

  explicit Evaluator(ScopePtr globals) : scope_(std::move(globals)) {}

  Result<Text> render(const Node& root);

  // For functions, filters and tests: an error at the place being evaluated; work counted against the bounds.
  Status error(std::string_view what) const;
  Status spend(uint64_t steps);
  Result<Value> call(const Value& callee, Arguments& arguments);
  // An error for what Python would print with its address.
  Status printable(const Value& v) const;
  uint32_t line() const { return line_; }

 private:
  enum class Flow : uint8_t { kNormal, kBreak, kContinue };

  Status run(const Node& n);
  Status run_for(const Node& n);
  Status for_body(const Node& n, const List& items);
  Status run_set(const Node& n);
  Status run_macro(const Node& n);
  Status run_call_block(const Node& n);
  Status run_with(const Node& n);
  Status bind(const Node& n, const Value& value, Scope* scope);
  Status emit(const Text& text);
  // Runs a body into text of its own, in a scope of its own.
  Result<Text> capture(const Node& body, ScopePtr scope);
  Value make_macro(const Node& n, const Node& body, std::string name);
  Status bind_arguments(const Node& n, const Node& body, const std::string& name, Arguments& a, Scope* scope);

  Result<Value> evaluate(const Node& n);
  Result<Value> evaluate_sequence(const Node& n);
  Result<Value> evaluate_compare(const Node& n);
  Result<Value> evaluate_binary(const Node& n);
  Result<Value> repeated(const Value& v, int64_t count);
  Result<Value> evaluate_slice(const Node& n);
  Result<Value> evaluate_test(const Node& n);
  Result<Value> arguments_of(const Node& n, size_t first, Arguments* out);
  Result<Value> apply_filter(const Node& n, Value input);
  Result<Value> attribute(const Value& of, const std::string& name);
  Result<Value> item(const Value& of, const Value& key);
  const Value* look_up(std::string_view name) const;

  ScopePtr scope_;
  Text out_;
  uint64_t steps_ = 0, emitted_ = 0;
  int depth_ = 0;
  uint32_t line_ = 0;
  Flow flow_ = Flow::kNormal;
};

// Tables of the language's words; nullptr for an unknown one.
using FilterFunction = Result<Value> (*)(Evaluator& e, const Value& input, Arguments& arguments);
FilterFunction find_filter(std::string_view name);
FilterFunction find_sequence_filter(std::string_view name);  // the part of them that works on lists
using TestFunction = Result<bool> (*)(Evaluator& e, const Value& input, Arguments& arguments);
TestFunction find_test(std::string_view name);
// A method of str, dict or list bound to `self`; undefined for an unknown one.
Value find_method(const Value& self, std::string_view name);
// range, dict, namespace, raise_exception, strftime_now, joiner, cycler. `now`: seconds since 1970, UTC.
void add_functions(Scope* globals, int64_t now);

// The items that iterating a value gives, once for a generator; `e` for the error.
Result<List> iterate(Evaluator& e, const Value& v);
// + - * / // % ** of two numbers.
Result<Value> arithmetic(Evaluator& e, const std::string& op, const Value& a, const Value& b);
// "%s %d %%" with its values.
Result<Value> percent_format(Evaluator& e, const Text& format, const List& values);
// str.center, ljust, rjust.
Result<Value> padded(Evaluator& e, const Text& text, const Arguments& arguments, bool left, bool right);

}  // namespace sotto::jinja

// evaluator.h: runs a parsed template over values, within bounds. Inside the template folder only.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

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
  // Of a value: see Value::weight and Value::nesting. Work on text is counted as a step for so many bytes.
  static constexpr uint64_t kMaxWeight = 2 * kMaxOutput, kBytesPerStep = 64;
  static constexpr uint32_t kMaxNesting = 100;

  explicit Evaluator(ScopePtr globals) : scope_(std::move(globals)) {}
  ~Evaluator();
  Evaluator(const Evaluator&) = delete;
  Evaluator& operator=(const Evaluator&) = delete;

  Result<Text> render(const Node& root);

  // For functions, filters and tests: an error at the place being evaluated; work counted against the bounds.
  Status error(std::string_view what) const;
  Status spend(uint64_t steps);
  // Counts a walk over all of the values.
  Status spend_on(const Value& v) { return spend(v.weight() / kBytesPerStep); }
  Status spend_on(const Arguments& arguments);
  // Counts a search for one text in another, which at worst compares all of one at every place of the other.
  Status spend_on_search(std::string_view text, std::string_view what) {
    return spend((text.size() / kBytesPerStep + 1) * (what.size() / kBytesPerStep + 1));
  }
  Status check_length(const Text& text) const;
  // Namespaces, and generators that keep what they made, may hold one another in circles and in long chains: they are emptied
  // together at the end.
  void adopt(const Value& made) { adopted_.push_back(made); }
  // What a generator gives: counted when it is made, not before. It may ask others, as deep as calls go.
  Result<List> exhaust(const Value& generator);
  Result<Value> call(const Value& callee, Arguments& arguments);
  // Looks in a mapping, which costs what it holds: keys lie in their order.
  Result<const Value*> find(const Value& mapping, const Value& key);
  // The bounds on a single value.
  Status check_size(const Value& v) const;
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
  Result<Value> evaluate_kind(const Node& n);
  Result<Value> evaluate_logic(const Node& n);
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
  List adopted_;
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
// The items' texts with a separator between.
Result<Value> joined(Evaluator& e, const List& items, const Text& separator);
// + - * / // % ** of two numbers.
Result<Value> arithmetic(Evaluator& e, const std::string& op, const Value& a, const Value& b);
// "%s %d %%" with its values.
Result<Value> percent_format(Evaluator& e, const Text& format, const List& values);
// str.center, ljust, rjust.
Result<Value> padded(Evaluator& e, const Text& text, const Arguments& arguments, bool left, bool right);

}  // namespace sotto::jinja

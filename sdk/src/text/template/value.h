// value.h: the values of the template language: Python's, as far as chat templates use them. Inside the template folder only.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "text/byte_range.h"

namespace sotto::jinja {

// Text that knows which of its bytes the template itself wrote: the rest came from messages and other data.
struct Text {
  std::string bytes;
  std::vector<ByteRange> trusted;  // ascending, apart

  static Text data(std::string s) { return Text{std::move(s), {}}; }
  static Text literal(std::string s);
  bool is_trusted() const { return bytes.empty() || (trusted.size() == 1 && trusted[0].count == bytes.size()); }
  void append(const Text& other);
  Text part(size_t first, size_t count) const;
  // The result of an operation on this text: trusted only if all of this is.
  Text derived(std::string s) const { return is_trusted() ? literal(std::move(s)) : data(std::move(s)); }
};

// Rounded towards zero; what int64 does not hold becomes the nearest that it does, no number 0.
int64_t to_integer(double d);

class Value;
using List = std::vector<Value>;
using Pairs = std::vector<std::pair<Value, Value>>;  // in order of insertion

struct Arguments;
// What a call needs of its surroundings.
class Evaluator;
using Function = std::function<Result<Value>(Evaluator&, Arguments&)>;

enum class Kind : uint8_t { kUndefined, kNone, kBool, kInt, kFloat, kText, kList, kTuple, kDict, kNamespace, kFunction };

// Copies share what they hold. Only namespaces change after they were made. Every value knows how much a walk over it meets, so
// that a template cannot make much out of little by sharing: [x, x] again and again.
class Value {
 public:
  Value() = default;  // undefined
  static Value undefined(std::string what) { return make(Kind::kUndefined, std::move(what)); }
  static Value none();
  static Value boolean(bool b);
  static Value integer(int64_t i);
  static Value real(double d);
  static Value text(Text t);
  static Value list(List items, bool tuple = false);
  static Value dict(Pairs pairs, bool is_namespace = false);
  // `holds`: a value that the function keeps.
  static Value function(std::string name, Function f, const Value& holds);
  static Value function(std::string name, Function f);

  Kind kind() const { return kind_; }
  bool is_undefined() const { return kind_ == Kind::kUndefined; }
  bool is_number() const { return kind_ == Kind::kInt || kind_ == Kind::kFloat || kind_ == Kind::kBool; }
  bool is_sequence() const { return kind_ == Kind::kList || kind_ == Kind::kTuple; }
  bool is_mapping() const { return kind_ == Kind::kDict || kind_ == Kind::kNamespace; }
  bool is_text() const { return kind_ == Kind::kText; }

  int64_t as_int() const { return kind_ == Kind::kFloat ? to_integer(real_) : int_; }
  double as_real() const { return kind_ == Kind::kFloat ? real_ : static_cast<double>(int_); }
  const Text& as_text() const { return *text_; }
  const List& items() const { return *list_; }
  Pairs& pairs() const { return *pairs_; }
  const Function& callee() const { return *function_; }
  const std::string& name() const { return *name_; }  // undefined: what is missing; function: its name

  // Bytes of text and items, all shared parts counted each time they occur; of a namespace, which no walk enters, 1.
  uint64_t weight() const { return weight_; }
  // Levels of lists and dicts: how deep a walk goes, and the destructor.
  uint32_t nesting() const { return nesting_; }

  bool truth() const;
  const Value* find(const Value& key) const;  // in a mapping
  const Value* find(std::string_view key) const;
  void set(const Value& key, Value value) const { put(pairs_.get(), key, std::move(value)); }  // REQUIRES: a namespace
  static void put(Pairs* pairs, const Value& key, Value value);
  const std::shared_ptr<Pairs>& shared_pairs() const { return pairs_; }

 private:
  void contain(const Value& part);
  static Value make(Kind kind, std::string name) {
    Value v;
    v.kind_ = kind;
    v.name_ = std::make_shared<const std::string>(std::move(name));
    return v;
  }

  Kind kind_ = Kind::kUndefined;
  uint32_t nesting_ = 0;
  uint64_t weight_ = 1;
  int64_t int_ = 0;
  double real_ = 0;
  std::shared_ptr<const Text> text_;
  std::shared_ptr<const List> list_;
  std::shared_ptr<Pairs> pairs_;
  std::shared_ptr<const Function> function_;
  std::shared_ptr<const std::string> name_;
};

struct Arguments {
  List positional;
  std::vector<std::pair<std::string, Value>> named;

  // The argument at a place or under a name; undefined when not given.
  Value get(size_t place, std::string_view name) const;
};

bool equal(const Value& a, const Value& b);
// -1, 0, 1, or nothing when the two have no order.
std::optional<int> compare(const Value& a, const Value& b);
const char* type_name(const Value& v);  // Python's
Text to_text(const Value& v);           // str()
std::string repr(const Value& v);
std::string real_text(double d);
// json.dumps(v, ensure_ascii=False). indent < 0: on one line. Fails when more than `most` bytes come of it.
Status to_json(const Value& v, int indent, bool sort_keys, std::string_view item_separator, std::string_view key_separator,
               int depth, size_t most, std::string* out);

// Characters of UTF-8: how many, and the byte where one starts.
size_t character_count(std::string_view s);
size_t byte_offset(std::string_view s, size_t character);

}  // namespace sotto::jinja

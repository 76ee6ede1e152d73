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
  std::vector<ByteRange> trusted{};  // ascending, apart
  bool is_markup = false;            // made by the filters safe and escape: + escapes what it joins to it

  static Text data(std::string s) { return Text{std::move(s)}; }
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

enum class Kind : uint8_t {
  kUndefined,
  kNone,
  kBool,
  kInt,
  kFloat,
  kText,
  kList,
  kTuple,
  kDict,
  kNamespace,
  kFunction,
  kSeries
};

// What Python hands out in the place of a list: a generator is made when it is first asked and runs dry, a view of a dict has
// a size but no places, a range has both.
struct Series {
  enum class Form : uint8_t { kGenerator, kView, kRange } form;
  std::string type;                                // Python's name of it: "dict_items"
  std::function<Result<List>(Evaluator&)> make{};  // of a generator that nobody asked yet
  List items{};
  int64_t bounds[3] = {0, 0, 1};  // of a range: start, stop, step
};

// Copies share what they hold. Only namespaces change after they were made, and generators run dry. Every value knows how much
// a walk over it meets, so that a template cannot make much out of little by sharing: [x, x] again and again.
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
  // `holds`: the values that `make` keeps.
  static Value generator(std::function<Result<List>(Evaluator&)> make, const List& holds, std::string type = "generator");
  static Value view(std::string type, List items);
  static Value range(int64_t start, int64_t stop, int64_t step, List items);

  Kind kind() const { return kind_; }
  bool is_undefined() const { return kind_ == Kind::kUndefined; }
  bool is_number() const { return kind_ == Kind::kInt || kind_ == Kind::kFloat || kind_ == Kind::kBool; }
  bool is_sequence() const { return kind_ == Kind::kList || kind_ == Kind::kTuple; }
  bool is_mapping() const { return kind_ == Kind::kDict || kind_ == Kind::kNamespace; }
  bool is_text() const { return kind_ == Kind::kText; }
  bool is_generator() const { return kind_ == Kind::kSeries && series_->form == Series::Form::kGenerator; }
  bool is_range() const { return kind_ == Kind::kSeries && series_->form == Series::Form::kRange; }
  // Has items at places: a list, a tuple or a range.
  bool has_places() const { return is_sequence() || is_range(); }

  int64_t as_int() const { return kind_ == Kind::kFloat ? to_integer(real_) : int_; }
  double as_real() const { return kind_ == Kind::kFloat ? real_ : static_cast<double>(int_); }
  const Text& as_text() const { return *text_; }
  const List& items() const { return kind_ == Kind::kSeries ? series_->items : *list_; }  // none in a generator
  Series& series() const { return *series_; }
  Pairs& pairs() const { return *pairs_; }
  const Function& callee() const { return *function_; }
  const std::string& name() const { return *name_; }  // undefined: what is missing; function: its name

  // Bytes of text and items, all shared parts counted each time they occur; of a namespace, which no walk enters, 1; of a
  // generator what it is made from: what comes of it counts when it comes.
  uint64_t weight() const { return weight_; }
  // Levels of lists, dicts and generators: how deep a walk goes, a generator that asks others, and the destructor.
  uint32_t nesting() const { return nesting_; }

  bool truth() const;
  const Value* find(const Value& key) const;  // in a mapping
  const Value* find(std::string_view key) const;
  void set(const Value& key, Value value) const { put(pairs_.get(), key, std::move(value)); }  // REQUIRES: a namespace
  static void put(Pairs* pairs, const Value& key, Value value);

 private:
  void contain(const Value& part);
  static Value made_of(Series s, const List& holds);
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
  std::shared_ptr<Series> series_;
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

// The arguments of json.dumps.
struct JsonForm {
  std::optional<std::string> indent{};  // none: on one line
  std::string item_separator = ", ", key_separator = ": ";
  bool sort_keys = false, ensure_ascii = false;
  size_t most = SIZE_MAX;  // bytes: it fails when more come of it
};
Status to_json(const Value& v, const JsonForm& form, int depth, std::string* out);

// Characters of UTF-8: how many, and the byte where one starts.
size_t character_count(std::string_view s);
size_t byte_offset(std::string_view s, size_t character);

}  // namespace sotto::jinja

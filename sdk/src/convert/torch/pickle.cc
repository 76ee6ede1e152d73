#include "convert/torch/pickle.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <unordered_map>

#include "base/printable.h"

namespace sotto {

// The pickle machine (Python's pickletools describes it): a stack, marks on it, a memo. One object, one pickle.
class PickleMachine {
 public:
  PickleMachine(Span<const uint8_t> bytes, const std::string& where)
      : bytes_(bytes), where_(where), values_(std::make_unique<std::deque<PickleValue>>()) {
    for (size_t i = 0; i < 3; ++i) values_->emplace_back();
    none_ = &(*values_)[0];
    truth_[0] = &(*values_)[1];
    truth_[1] = &(*values_)[2];
    truth_[0]->kind = truth_[1]->kind = PickleKind::kBool;
    truth_[1]->integer = 1;
  }

  Result<Pickle> run();

 private:
  using Handler = Status (PickleMachine::*)();
  struct Opcode {
    uint8_t code;
    Handler handler;
  };
  static const Opcode kOpcodes[];

  Status fail(std::string_view what) const;
  // Numbers and bytes that follow an opcode.
  template <class T>
  Status take_number(uint64_t* out);
  Status take_bytes(uint64_t count, std::string_view* out);
  Status take_line(std::string_view* out);

  Status make(PickleKind kind, PickleValue** out);
  Status push_new(PickleKind kind);
  Status push_integer(int64_t value);
  Status push_text(PickleKind kind, uint64_t count);
  Status pop(PickleValue** out);
  Status top(PickleValue** out);
  // What lies above the last mark, taken off the stack with it.
  Status pop_to_mark(std::vector<PickleValue*>* out);
  Status push_tuple(size_t count);
  Status push_name(std::string_view module, std::string_view name);
  Status call(const PickleValue* state);
  Status put(uint64_t index);
  Status get(uint64_t index);
  Status extend(std::vector<PickleValue*>* items, size_t unit);

  Status on_protocol();
  Status on_frame();
  Status on_stop() { return is_done_ = true, Status(); }
  Status on_mark() { return marks_.push_back(stack_.size()), Status(); }
  Status on_pop();
  Status on_pop_mark();
  Status on_duplicate();
  Status on_none() { return stack_.push_back(none_), Status(); }
  template <int value>
  Status on_bool() {
    return stack_.push_back(truth_[value]), Status();
  }
  template <class T, class Signed>
  Status on_integer();
  template <class T>
  Status on_long();
  Status on_real();
  template <class T, PickleKind kind>
  Status on_text();
  template <PickleKind kind>
  Status on_empty() {
    return push_new(kind);
  }
  Status on_tuple();
  template <int count>
  Status on_small_tuple() {
    return push_tuple(count);
  }
  Status on_marked_list();  // FROZENSET
  template <bool is_many, size_t unit>
  Status on_extend();
  Status on_global();
  Status on_stack_global();
  Status on_reduce() { return call(nullptr); }
  Status on_new_object_with_keywords();
  Status on_build();
  template <class T>
  Status on_put();
  template <class T>
  Status on_get();
  Status on_memoize() { return put(memo_.size()); }
  Status on_persistent();

  Span<const uint8_t> bytes_;
  const std::string& where_;
  size_t at_ = 0, opcode_at_ = 0;
  bool is_done_ = false;
  std::unique_ptr<std::deque<PickleValue>> values_;
  PickleValue* none_;
  PickleValue* truth_[2];
  std::vector<PickleValue*> stack_;
  std::vector<size_t> marks_;
  std::unordered_map<uint64_t, PickleValue*> memo_;
};

Status PickleMachine::fail(std::string_view what) const {
  return Status(SOTTO_BAD_FILE, fmt::format("{}: pickle, byte {}: {}", where_, opcode_at_, what));
}

Status PickleMachine::take_bytes(uint64_t count, std::string_view* out) {
  if (count > bytes_.size() - at_) return fail(fmt::format("{} bytes are announced, {} are left", count, bytes_.size() - at_));
  *out = std::string_view(reinterpret_cast<const char*>(bytes_.data()) + at_, static_cast<size_t>(count));
  at_ += static_cast<size_t>(count);
  return {};
}

template <class T>
Status PickleMachine::take_number(uint64_t* out) {
  std::string_view bytes;
  SOTTO_TRY(take_bytes(sizeof(T), &bytes));
  T value;
  std::memcpy(&value, bytes.data(), sizeof value);
  *out = static_cast<uint64_t>(value);
  return {};
}

Status PickleMachine::take_line(std::string_view* out) {
  const auto* begin = bytes_.data() + at_;
  const auto* end = std::find(begin, bytes_.end(), uint8_t{'\n'});
  if (end == bytes_.end()) return fail("a name does not end");
  SOTTO_TRY(take_bytes(static_cast<uint64_t>(end - begin), out));
  ++at_;
  return {};
}

Status PickleMachine::make(PickleKind kind, PickleValue** out) {
  if (values_->size() >= Pickle::kMaxValues) return fail(fmt::format("more than {} objects", Pickle::kMaxValues));
  *out = &values_->emplace_back();
  (*out)->kind = kind;
  return {};
}

Status PickleMachine::push_new(PickleKind kind) {
  PickleValue* value = nullptr;
  SOTTO_TRY(make(kind, &value));
  stack_.push_back(value);
  return {};
}

Status PickleMachine::push_integer(int64_t number) {
  SOTTO_TRY(push_new(PickleKind::kInteger));
  stack_.back()->integer = number;
  return {};
}

Status PickleMachine::push_text(PickleKind kind, uint64_t count) {
  std::string_view text;
  SOTTO_TRY(take_bytes(count, &text));
  SOTTO_TRY(push_new(kind));
  stack_.back()->text = text;
  return {};
}

Status PickleMachine::top(PickleValue** out) {
  if (stack_.size() <= (marks_.empty() ? 0 : marks_.back())) return fail("the stack is empty");
  *out = stack_.back();
  return {};
}

Status PickleMachine::pop(PickleValue** out) {
  SOTTO_TRY(top(out));
  stack_.pop_back();
  return {};
}

Status PickleMachine::pop_to_mark(std::vector<PickleValue*>* out) {
  if (marks_.empty()) return fail("there is no mark");
  out->assign(stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back()), stack_.end());
  stack_.resize(marks_.back());
  marks_.pop_back();
  return {};
}

Status PickleMachine::push_tuple(size_t count) {
  std::vector<PickleValue*> items(count);
  for (size_t i = count; i-- > 0;) SOTTO_TRY(pop(&items[i]));
  SOTTO_TRY(push_new(PickleKind::kTuple));
  stack_.back()->items = std::move(items);
  return {};
}

Status PickleMachine::push_name(std::string_view module, std::string_view name) {
  const KnownName* known = find_known_name(module, name);
  if (known == nullptr)
    return Status(SOTTO_REFUSED,
                  fmt::format("{}: pickle, byte {}: it names {}.{}, which is no known data of a checkpoint; nothing "
                              "of it was executed",
                              where_, opcode_at_, printable(module), printable(name)));
  SOTTO_TRY(push_new(PickleKind::kName));
  stack_.back()->known = known;
  stack_.back()->text = name;
  return {};
}

// Callee and arguments become a record of the call.
Status PickleMachine::call(const PickleValue* state) {
  PickleValue *arguments = nullptr, *callee = nullptr;
  SOTTO_TRY(pop(&arguments));
  SOTTO_TRY(pop(&callee));
  if (!callee->is(PickleKind::kName)) return fail(fmt::format("{} is called", describe(*callee)));
  if (!arguments->is(PickleKind::kTuple)) return fail(fmt::format("{} are a call's arguments", describe(*arguments)));
  SOTTO_TRY(push_new(PickleKind::kCall));
  stack_.back()->callee = callee;
  stack_.back()->arguments = arguments;
  stack_.back()->state = state;
  return {};
}

Status PickleMachine::put(uint64_t index) {
  PickleValue* value = nullptr;
  SOTTO_TRY(top(&value));
  if (memo_.size() >= Pickle::kMaxValues) return fail(fmt::format("more than {} memo entries", Pickle::kMaxValues));
  memo_[index] = value;
  return {};
}

Status PickleMachine::get(uint64_t index) {
  const auto found = memo_.find(index);
  if (found == memo_.end()) return fail(fmt::format("memo entry {} was never put", index));
  stack_.push_back(found->second);
  return {};
}

// `items` go into the list, dictionary or object below.
Status PickleMachine::extend(std::vector<PickleValue*>* items, size_t unit) {
  PickleValue* container = nullptr;
  SOTTO_TRY(top(&container));
  const PickleKind plain = unit == 2 ? PickleKind::kDict : PickleKind::kList;
  if (!container->is(plain) && !container->is(PickleKind::kCall))
    return fail(fmt::format("{} gets items", describe(*container)));
  if (items->size() % unit != 0) return fail("a key has no value");
  container->items.insert(container->items.end(), items->begin(), items->end());
  return {};
}

Status PickleMachine::on_protocol() {
  uint64_t protocol = 0;
  SOTTO_TRY(take_number<uint8_t>(&protocol));
  return protocol >= 2 && protocol <= 5 ? Status() : fail(fmt::format("protocol {}, expected 2 to 5", protocol));
}

Status PickleMachine::on_frame() {
  uint64_t size = 0;
  SOTTO_TRY(take_number<uint64_t>(&size));
  if (size <= bytes_.size() - at_) return {};
  return fail(fmt::format("a frame of {} bytes begins, {} are left", size, bytes_.size() - at_));
}

Status PickleMachine::on_pop() {
  // On a mark that nothing lies above, POP takes the mark.
  if (!marks_.empty() && stack_.size() == marks_.back()) return marks_.pop_back(), Status();
  PickleValue* unused = nullptr;
  return pop(&unused);
}

Status PickleMachine::on_pop_mark() {
  std::vector<PickleValue*> unused;
  return pop_to_mark(&unused);
}

Status PickleMachine::on_duplicate() {
  PickleValue* value = nullptr;
  SOTTO_TRY(top(&value));
  stack_.push_back(value);
  return {};
}

template <class T, class Signed>
Status PickleMachine::on_integer() {
  uint64_t number = 0;
  SOTTO_TRY(take_number<T>(&number));
  return push_integer(static_cast<int64_t>(static_cast<Signed>(number)));
}

template <class T>
Status PickleMachine::on_long() {
  uint64_t size = 0;
  SOTTO_TRY(take_number<T>(&size));
  std::string_view bytes;
  SOTTO_TRY(take_bytes(size, &bytes));
  if (size > sizeof(int64_t)) {
    SOTTO_TRY(push_new(PickleKind::kLong));
    stack_.back()->text = bytes;
    return {};
  }
  // Two's complement of any length.
  uint64_t number = size > 0 && (static_cast<uint8_t>(bytes.back()) & 0x80) != 0 ? ~uint64_t{0} : 0;
  std::memcpy(&number, bytes.data(), bytes.size());
  return push_integer(static_cast<int64_t>(number));
}

Status PickleMachine::on_real() {
  std::string_view bytes;
  SOTTO_TRY(take_bytes(sizeof(double), &bytes));
  char reversed[sizeof(double)];  // big endian, the only number of a pickle that is
  std::reverse_copy(bytes.begin(), bytes.end(), reversed);
  SOTTO_TRY(push_new(PickleKind::kReal));
  std::memcpy(&stack_.back()->real, reversed, sizeof reversed);
  return {};
}

template <class T, PickleKind kind>
Status PickleMachine::on_text() {
  uint64_t size = 0;
  SOTTO_TRY(take_number<T>(&size));
  return push_text(kind, size);
}

Status PickleMachine::on_tuple() {
  std::vector<PickleValue*> items;
  SOTTO_TRY(pop_to_mark(&items));
  SOTTO_TRY(push_new(PickleKind::kTuple));
  stack_.back()->items = std::move(items);
  return {};
}

Status PickleMachine::on_marked_list() {
  SOTTO_TRY(on_tuple());
  stack_.back()->kind = PickleKind::kList;
  return {};
}

template <bool is_many, size_t unit>
Status PickleMachine::on_extend() {
  std::vector<PickleValue*> items;
  if (is_many) {
    SOTTO_TRY(pop_to_mark(&items));
  } else {
    items.resize(unit);
    for (size_t i = unit; i-- > 0;) SOTTO_TRY(pop(&items[i]));
  }
  return extend(&items, unit);
}

Status PickleMachine::on_global() {
  std::string_view module, name;
  SOTTO_TRY(take_line(&module));
  SOTTO_TRY(take_line(&name));
  return push_name(module, name);
}

Status PickleMachine::on_stack_global() {
  PickleValue *name = nullptr, *module = nullptr;
  SOTTO_TRY(pop(&name));
  SOTTO_TRY(pop(&module));
  if (!name->is(PickleKind::kText) || !module->is(PickleKind::kText))
    return fail("a name is made of something that is no text");
  return push_name(module->text, name->text);
}

Status PickleMachine::on_new_object_with_keywords() {
  PickleValue* keywords = nullptr;
  SOTTO_TRY(pop(&keywords));
  if (!keywords->is(PickleKind::kDict)) return fail(fmt::format("{} are a call's keywords", describe(*keywords)));
  return call(keywords);
}

Status PickleMachine::on_build() {
  PickleValue *state = nullptr, *object = nullptr;
  SOTTO_TRY(pop(&state));
  SOTTO_TRY(top(&object));
  if (!object->is(PickleKind::kCall) && !object->is(PickleKind::kDict) && !object->is(PickleKind::kList))
    return fail(fmt::format("{} gets a state", describe(*object)));
  object->state = state;
  return {};
}

template <class T>
Status PickleMachine::on_put() {
  uint64_t index = 0;
  SOTTO_TRY(take_number<T>(&index));
  return put(index);
}

template <class T>
Status PickleMachine::on_get() {
  uint64_t index = 0;
  SOTTO_TRY(take_number<T>(&index));
  return get(index);
}

Status PickleMachine::on_persistent() {
  PickleValue* id = nullptr;
  SOTTO_TRY(pop(&id));
  SOTTO_TRY(push_new(PickleKind::kPersistent));
  stack_.back()->arguments = id;
  return {};
}

// Names as in Python's pickle.py. Opcodes of protocols 0 and 1 that write numbers as text are not among them.
const PickleMachine::Opcode PickleMachine::kOpcodes[] = {
    {0x80, &PickleMachine::on_protocol},                            // PROTO
    {0x95, &PickleMachine::on_frame},                               // FRAME
    {'.', &PickleMachine::on_stop},                                 // STOP
    {'(', &PickleMachine::on_mark},                                 // MARK
    {'0', &PickleMachine::on_pop},                                  // POP
    {'1', &PickleMachine::on_pop_mark},                             // POP_MARK
    {'2', &PickleMachine::on_duplicate},                            // DUP
    {'N', &PickleMachine::on_none},                                 // NONE
    {0x88, &PickleMachine::on_bool<1>},                             // NEWTRUE
    {0x89, &PickleMachine::on_bool<0>},                             // NEWFALSE
    {'J', &PickleMachine::on_integer<uint32_t, int32_t>},           // BININT
    {'K', &PickleMachine::on_integer<uint8_t, uint8_t>},            // BININT1
    {'M', &PickleMachine::on_integer<uint16_t, uint16_t>},          // BININT2
    {0x8a, &PickleMachine::on_long<uint8_t>},                       // LONG1
    {0x8b, &PickleMachine::on_long<uint32_t>},                      // LONG4
    {'G', &PickleMachine::on_real},                                 // BINFLOAT
    {'T', &PickleMachine::on_text<uint32_t, PickleKind::kText>},    // BINSTRING
    {'U', &PickleMachine::on_text<uint8_t, PickleKind::kText>},     // SHORT_BINSTRING
    {'B', &PickleMachine::on_text<uint32_t, PickleKind::kBytes>},   // BINBYTES
    {'C', &PickleMachine::on_text<uint8_t, PickleKind::kBytes>},    // SHORT_BINBYTES
    {0x8e, &PickleMachine::on_text<uint64_t, PickleKind::kBytes>},  // BINBYTES8
    {0x96, &PickleMachine::on_text<uint64_t, PickleKind::kBytes>},  // BYTEARRAY8
    {'X', &PickleMachine::on_text<uint32_t, PickleKind::kText>},    // BINUNICODE
    {0x8c, &PickleMachine::on_text<uint8_t, PickleKind::kText>},    // SHORT_BINUNICODE
    {0x8d, &PickleMachine::on_text<uint64_t, PickleKind::kText>},   // BINUNICODE8
    {']', &PickleMachine::on_empty<PickleKind::kList>},             // EMPTY_LIST
    {0x8f, &PickleMachine::on_empty<PickleKind::kList>},            // EMPTY_SET
    {'}', &PickleMachine::on_empty<PickleKind::kDict>},             // EMPTY_DICT
    {')', &PickleMachine::on_empty<PickleKind::kTuple>},            // EMPTY_TUPLE
    {'t', &PickleMachine::on_tuple},                                // TUPLE
    {0x85, &PickleMachine::on_small_tuple<1>},                      // TUPLE1
    {0x86, &PickleMachine::on_small_tuple<2>},                      // TUPLE2
    {0x87, &PickleMachine::on_small_tuple<3>},                      // TUPLE3
    {0x91, &PickleMachine::on_marked_list},                         // FROZENSET
    {'a', &PickleMachine::on_extend<false, 1>},                     // APPEND
    {'e', &PickleMachine::on_extend<true, 1>},                      // APPENDS
    {0x90, &PickleMachine::on_extend<true, 1>},                     // ADDITEMS
    {'s', &PickleMachine::on_extend<false, 2>},                     // SETITEM
    {'u', &PickleMachine::on_extend<true, 2>},                      // SETITEMS
    {'c', &PickleMachine::on_global},                               // GLOBAL
    {0x93, &PickleMachine::on_stack_global},                        // STACK_GLOBAL
    {'R', &PickleMachine::on_reduce},                               // REDUCE
    {0x81, &PickleMachine::on_reduce},                              // NEWOBJ
    {0x92, &PickleMachine::on_new_object_with_keywords},            // NEWOBJ_EX
    {'b', &PickleMachine::on_build},                                // BUILD
    {'q', &PickleMachine::on_put<uint8_t>},                         // BINPUT
    {'r', &PickleMachine::on_put<uint32_t>},                        // LONG_BINPUT
    {'h', &PickleMachine::on_get<uint8_t>},                         // BINGET
    {'j', &PickleMachine::on_get<uint32_t>},                        // LONG_BINGET
    {0x94, &PickleMachine::on_memoize},                             // MEMOIZE
    {'Q', &PickleMachine::on_persistent},                           // BINPERSID
};

Result<Pickle> PickleMachine::run() {
  Handler handlers[256] = {};
  for (const Opcode& o : kOpcodes) handlers[o.code] = o.handler;
  while (!is_done_) {
    opcode_at_ = at_;
    if (at_ >= bytes_.size()) return fail("it ends without a STOP");
    const uint8_t code = bytes_[at_++];
    if (handlers[code] == nullptr) return fail(fmt::format("opcode 0x{:02x} is not one that checkpoints use", code));
    SOTTO_TRY((this->*handlers[code])());
  }
  if (stack_.size() != 1) return fail(fmt::format("{} objects are left at the end, expected one", stack_.size()));
  SOTTO_TRY(check_pickle_shape(*stack_.back(), where_));
  Pickle pickle;
  pickle.root_ = stack_.back();
  pickle.values_ = std::move(values_);
  pickle.size_ = at_;
  return pickle;
}

std::vector<const PickleValue*> Pickle::persistent_ids() const {
  std::vector<const PickleValue*> ids;
  for (const PickleValue& v : *values_)
    if (v.is(PickleKind::kPersistent)) ids.push_back(v.arguments);
  return ids;
}

Result<Pickle> Pickle::read(Span<const uint8_t> bytes, const std::string& where) { return PickleMachine(bytes, where).run(); }

}  // namespace sotto

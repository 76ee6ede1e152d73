// pickle.h: reads what Python's pickle wrote (protocols 2 to 5) as inert data. Nothing is called, imported or constructed: a
// class or function is a name, calling it is a record of the call. Names outside a table are refused.
//
// Bytes are hostile: time and memory are bounded by their number, the depth of the result by kMaxDepth, circles are refused.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/span.h"
#include "base/status.h"
#include "convert/element.h"

namespace sotto {

// What we know of a name that a pickle may mention.
enum class Meaning : uint8_t {
  kData,         // an object that holds values: its state and items are read where wanted
  kDictionary,   // OrderedDict, defaultdict: items behind SETITEMS
  kSequence,     // torch.Size, set, frozenset, list: the items of its one argument
  kTensor,       // torch._utils._rebuild_tensor_v2: storage, offset, size, stride, ...
  kTypedTensor,  // torch._utils._rebuild_tensor_v3: the same with its element type behind
  kParameter,    // torch._utils._rebuild_parameter: the tensor is its first argument
  kStorage,      // torch.FloatStorage and friends: an element type
  kElement,      // torch.float32 and friends
};

struct KnownName {
  const char* module;
  const char* name;  // "*": every name of that module
  Meaning meaning = Meaning::kData;
  uint8_t bytes = 0;        // kStorage, kElement: of a number; 0: unknown
  bool is_element = false;  // kStorage, kElement: `element` is meant
  Element element = Element::kF32;
};
const KnownName* find_known_name(std::string_view module, std::string_view name);

enum class PickleKind : uint8_t {
  kNone,
  kBool,
  kInteger,
  kLong,
  kReal,
  kText,
  kBytes,
  kList,
  kTuple,
  kDict,
  kName,
  kCall,
  kPersistent
};

struct PickleValue {
  PickleKind kind = PickleKind::kNone;
  int64_t integer = 0;    // kBool, kInteger
  double real = 0;        // kReal
  std::string_view text;  // kText, kBytes, kLong (little-endian), kName (without its module). Borrowed from the pickle
  const KnownName* known = nullptr;        // kName
  const PickleValue* callee = nullptr;     // kCall: a kName
  const PickleValue* arguments = nullptr;  // kCall: a tuple; kPersistent: the id
  const PickleValue* state = nullptr;      // kCall, kDict, kList: of BUILD; NULL: none
  std::vector<PickleValue*> items;         // kList, kTuple; kDict and calls of dictionaries: key, value, key, value, ...

  bool is(PickleKind k) const { return kind == k; }
  bool is_none() const { return kind == PickleKind::kNone; }
  // A call of a name with that meaning.
  bool calls(Meaning meaning) const;
  // A call of that name.
  bool calls(std::string_view name) const;
  // The value under a text key of a dict, a called dictionary, or an object's state; NULL: there is none.
  const PickleValue* find(std::string_view key) const;
  // Elements of a list, a tuple, or a called sequence (its one argument's); NULL: it is none of them.
  const std::vector<PickleValue*>* elements() const;
  // Key, value, key, value of a dict, a called dictionary or an object's state; NULL: it is none of them.
  const std::vector<PickleValue*>* entries() const;
};
// No object contains itself, and none lies deeper than Pickle::kMaxDepth: who reads the result may follow it down.
Status check_pickle_shape(const PickleValue& root, const std::string& where);
std::string describe(const PickleValue& value);  // for messages: "the number 3", "a call of torch.Size"

// A pickle's objects. Borrows the bytes it was read from.
class Pickle {
 public:
  static constexpr size_t kMaxDepth = 200;
  static constexpr size_t kMaxValues = 8 << 20;

  // Reads one pickle from the beginning; what lies behind it stays unread. `where` stands in messages.
  static Result<Pickle> read(Span<const uint8_t> bytes, const std::string& where);

  const PickleValue& root() const { return *root_; }
  size_t size() const { return size_; }  // bytes read
  // The ids of all persistent references, in the order of the pickle.
  std::vector<const PickleValue*> persistent_ids() const;

 private:
  friend class PickleMachine;

  std::unique_ptr<std::deque<PickleValue>> values_;  // stable addresses
  const PickleValue* root_ = nullptr;
  size_t size_ = 0;
};

}  // namespace sotto

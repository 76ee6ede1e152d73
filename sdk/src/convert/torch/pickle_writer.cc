#include "convert/torch/pickle_writer.h"

#include <algorithm>
#include <cstring>

namespace sotto {
namespace {

// As pickletools names them.
constexpr char kProto = '\x80', kStop = '.', kNone = 'N', kTrue = '\x88', kFalse = '\x89', kInt32 = 'J', kLong1 = '\x8a',
               kReal = 'G', kText = 'X', kMark = '(', kTuple = 't', kEmptyTuple = ')', kEmptyList = ']', kAppends = 'e',
               kEmptyDict = '}', kSetItems = 'u', kGlobal = 'c', kReduce = 'R', kNewObject = '\x81', kBuild = 'b',
               kPersistentId = 'Q';

// PyTorch names the storage of a number type, and finds the type by that name.
const char* storage_name(Element element) {
  constexpr const char* kNames[] = {"FloatStorage", "HalfStorage", "BFloat16Storage", "DoubleStorage"};
  return kNames[static_cast<size_t>(element)];
}

}  // namespace

PickleWriter::PickleWriter() {
  byte(kProto);
  byte('\x02');
}

template <class T>
void PickleWriter::number(T value) {
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  out_.append(bytes, sizeof value);
}

void PickleWriter::none() { byte(kNone); }
void PickleWriter::truth(bool value) { byte(value ? kTrue : kFalse); }

void PickleWriter::integer(int64_t value) {
  if (value >= INT32_MIN && value <= INT32_MAX) {
    byte(kInt32);
    return number(static_cast<int32_t>(value));
  }
  byte(kLong1);
  byte(static_cast<char>(sizeof value));
  number(value);
}

void PickleWriter::real(double value) {
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  std::reverse(std::begin(bytes), std::end(bytes));
  byte(kReal);
  out_.append(bytes, sizeof bytes);
}

void PickleWriter::text(std::string_view value) {
  byte(kText);
  number(static_cast<uint32_t>(value.size()));
  out_.append(value);
}

void PickleWriter::integers(const std::vector<int64_t>& values) {
  byte(kEmptyList);
  byte(kMark);
  for (const int64_t v : values) integer(v);
  byte(kAppends);
}

void PickleWriter::reals(const std::vector<double>& values) {
  byte(kEmptyList);
  byte(kMark);
  for (const double v : values) real(v);
  byte(kAppends);
}

void PickleWriter::tuple(const std::vector<int64_t>& values) {
  if (values.empty()) return byte(kEmptyTuple);
  byte(kMark);
  for (const int64_t v : values) integer(v);
  byte(kTuple);
}

void PickleWriter::texts(const std::vector<std::string>& values) {
  byte(kEmptyList);
  byte(kMark);
  for (const std::string& v : values) text(v);
  byte(kAppends);
}

void PickleWriter::name(std::string_view module, std::string_view name) {
  byte(kGlobal);
  out_.append(module).append("\n").append(name).append("\n");
}

void PickleWriter::begin_dictionary() {
  byte(kEmptyDict);
  byte(kMark);
}
void PickleWriter::end_dictionary() { byte(kSetItems); }

void PickleWriter::begin_ordered_dictionary() {
  name("collections", "OrderedDict");
  byte(kEmptyTuple);
  byte(kReduce);
  byte(kMark);
}
void PickleWriter::end_ordered_dictionary() { byte(kSetItems); }

void PickleWriter::begin_namespace() {
  name("argparse", "Namespace");
  byte(kEmptyTuple);
  byte(kNewObject);
  begin_dictionary();
}
void PickleWriter::end_namespace() {
  end_dictionary();
  byte(kBuild);
}

void PickleWriter::tensor(std::string_view key, Element element, const std::vector<uint64_t>& size) {
  std::vector<int64_t> sizes(size.begin(), size.end()), strides(size.size(), 1);
  int64_t count = 1;
  for (size_t d = size.size(); d-- > 0;) {
    strides[d] = count;
    count *= sizes[d];
  }
  name("torch._utils", "_rebuild_tensor_v2");
  byte(kMark);
  byte(kMark);
  text("storage");
  name("torch", storage_name(element));
  text(key);
  text("cpu");
  integer(count);
  byte(kTuple);
  byte(kPersistentId);
  integer(0);
  tuple(sizes);
  tuple(strides);
  truth(false);
  begin_ordered_dictionary();
  end_ordered_dictionary();
  byte(kTuple);
  byte(kReduce);
}

std::string PickleWriter::finish() {
  byte(kStop);
  return std::move(out_);
}

}  // namespace sotto

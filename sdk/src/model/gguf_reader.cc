// The parser of gguf.h. Layout: "GGUF", version, tensor count, metadata count, metadata, tensor table, padding, tensor data.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/printable.h"
#include "model/gguf.h"

namespace sotto {
namespace {

constexpr uint64_t kMaxKeyBytes = 65535, kMaxTensorNameBytes = 64, kMaxDimensions = 4;    // of the specification
constexpr uint64_t kLeastKeyValue = 8 + 1 + 4 + 1, kLeastTensor = 8 + 1 + 4 + 8 + 4 + 8;  // bytes in the file
// Many times what real files have: with these the tables below stay under 8 MB, whatever a file announces.
constexpr uint64_t kMaxKeyValues = 1 << 14, kMaxTensors = 1 << 15;
// The least is the specification's; numbers of weights would not be aligned below it.
constexpr uint64_t kDefaultAlignment = 32, kLeastAlignment = 8, kMaxAlignment = 1 << 20;

// Bytes of a scalar; 0: not a scalar.
uint64_t scalar_bytes(GgufType type) {
  constexpr uint8_t kBytes[] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
  return kBytes[static_cast<uint32_t>(type)];
}

Status bad(std::string text) { return Status(SOTTO_BAD_FILE, std::move(text)); }

std::string key_name(std::string_view key) { return fmt::format("key '{}'", printable(key)); }
std::string tensor_name(const GgufTensor& t) { return fmt::format("tensor '{}'", printable(t.name)); }

}  // namespace

class GgufReader {
 public:
  // `file_bytes`: of the file that the bytes begin.
  GgufReader(Span<const uint8_t> bytes, uint64_t file_bytes) : bytes_(bytes), file_bytes_(file_bytes) {}

  Result<Gguf> read() {
    SOTTO_TRY(header());
    for (uint64_t i = 0; i < value_count_; ++i) SOTTO_TRY(key_value(i));
    SOTTO_TRY(alignment());
    offsets_.reserve(static_cast<size_t>(tensor_count_));
    for (uint64_t i = 0; i < tensor_count_; ++i) SOTTO_TRY(tensor(i));
    SOTTO_TRY(place_tensors());
    return std::move(out_);
  }

 private:
  uint64_t left() const { return bytes_.size() - at_; }

  template <class T>
  Status number(T* value, std::string_view what) {
    if (left() < sizeof(T))
      return bad(fmt::format("{}: the file ends at byte {}, {} more are needed", what, bytes_.size(), sizeof(T)));
    std::memcpy(value, bytes_.data() + at_, sizeof(T));
    at_ += sizeof(T);
    return {};
  }
  Status take(uint64_t count, std::string_view what, Span<const uint8_t>* out) {
    if (left() < count)
      return bad(fmt::format("{}: {} bytes are announced at byte {}, the file has {} left", what, count, at_, left()));
    *out = bytes_.part(static_cast<size_t>(at_), static_cast<size_t>(count));
    at_ += count;
    return {};
  }
  Status text(uint64_t most, std::string_view what, std::string_view* out) {
    uint64_t length = 0;
    SOTTO_TRY(number(&length, what));
    if (length > most)
      return bad(fmt::format("{} has a length of {} bytes, expected at most {}", what, length, std::min(most, left())));
    Span<const uint8_t> view;
    SOTTO_TRY(take(length, what, &view));
    *out = std::string_view(reinterpret_cast<const char*>(view.data()), view.size());
    return {};
  }

  Status header() {
    Span<const uint8_t> magic;
    uint32_t version = 0;
    const Status big_endian(SOTTO_UNSUPPORTED, "its byte order is big-endian; Sotto reads little-endian GGUF files");
    if (bytes_.size() >= 4 && std::memcmp(bytes_.data(), "FUGG", 4) == 0) return big_endian;
    if (bytes_.size() < 4 || std::memcmp(bytes_.data(), "GGUF", 4) != 0)
      return bad("it does not begin with the letters GGUF: not a GGUF file");
    SOTTO_TRY(take(4, "magic", &magic));
    SOTTO_TRY(number(&version, "version"));
    if (version != 0 && (version & 0xFFFF) == 0) return big_endian;
    if (version != 2 && version != 3)
      return Status(SOTTO_UNSUPPORTED, fmt::format("GGUF version {}, this library reads versions 2 and 3", version));
    SOTTO_TRY(number(&tensor_count_, "tensor count"));
    SOTTO_TRY(number(&value_count_, "metadata count"));
    const uint64_t values = std::min(kMaxKeyValues, left() / kLeastKeyValue),
                   tensors = std::min(kMaxTensors, left() / kLeastTensor);
    if (value_count_ > values)
      return bad(fmt::format("{} metadata values are announced, a file of {} bytes holds at most {}", value_count_,
                             bytes_.size(), values));
    if (tensor_count_ > tensors)
      return bad(
          fmt::format("{} tensors are announced, a file of {} bytes holds at most {}", tensor_count_, bytes_.size(), tensors));
    out_.keys_.reserve(static_cast<size_t>(value_count_));
    out_.values_.reserve(static_cast<size_t>(value_count_));
    out_.tensors_.reserve(static_cast<size_t>(tensor_count_));
    return {};
  }

  Status type(std::string_view key, GgufType* out) {
    uint32_t code = 0;
    SOTTO_TRY(number(&code, key_name(key)));
    if (code > static_cast<uint32_t>(GgufType::kF64))
      return bad(fmt::format("{}: value type {} is unknown, known are 0 to {}", key_name(key), code,
                             static_cast<uint32_t>(GgufType::kF64)));
    *out = static_cast<GgufType>(code);
    return {};
  }

  Status key_value(uint64_t index) {
    std::string_view key;
    SOTTO_TRY(text(kMaxKeyBytes, fmt::format("metadata key {}", index), &key));
    if (key.empty()) return bad(fmt::format("metadata key {} is empty", index));
    GgufValue value;
    SOTTO_TRY(type(key, &value.type));
    if (value.type == GgufType::kText) {
      std::string_view content;
      SOTTO_TRY(text(left(), key_name(key), &content));
      value.bytes = Span<const uint8_t>(reinterpret_cast<const uint8_t*>(content.data()), content.size());
    } else if (value.type == GgufType::kArray) {
      SOTTO_TRY(array(key, &value));
    } else {
      SOTTO_TRY(take(scalar_bytes(value.type), key_name(key), &value.bytes));
      if (value.type == GgufType::kBool && value.bytes[0] > 1)
        return bad(fmt::format("{}: {} is no truth value, expected 0 or 1", key_name(key), value.bytes[0]));
    }
    if (!out_.values_.emplace(key, value).second) return bad(fmt::format("{} stands in it twice", key_name(key)));
    out_.keys_.push_back(key);
    return {};
  }

  Status array(std::string_view key, GgufValue* value) {
    SOTTO_TRY(type(key, &value->element));
    SOTTO_TRY(number(&value->count, key_name(key)));
    const auto start = at_;
    if (value->element == GgufType::kArray)
      return Status(SOTTO_UNSUPPORTED, fmt::format("{}: arrays of arrays are not supported", key_name(key)));
    if (const uint64_t each = scalar_bytes(value->element)) {
      if (value->count > left() / each)
        return bad(
            fmt::format("{}: {} elements are announced, the file has {} bytes left", key_name(key), value->count, left()));
      SOTTO_TRY(take(value->count * each, key_name(key), &value->bytes));
      if (value->element == GgufType::kBool &&
          std::any_of(value->bytes.begin(), value->bytes.end(), [](uint8_t b) { return b > 1; }))
        return bad(fmt::format("{}: an element is no truth value, expected 0 or 1", key_name(key)));
      return {};
    }
    if (value->count > left() / 8)
      return bad(fmt::format("{}: {} texts are announced, the file has {} bytes left", key_name(key), value->count, left()));
    for (uint64_t i = 0; i < value->count; ++i) {
      uint64_t length = 0;
      if (left() >= 8) std::memcpy(&length, bytes_.data() + at_, 8);
      if (left() < 8 || length > left() - 8)
        return bad(fmt::format("{}: text {} has {} bytes, the file has {} left", key_name(key), i, length, left()));
      at_ += 8 + length;
    }
    value->bytes = bytes_.part(static_cast<size_t>(start), static_cast<size_t>(at_ - start));
    return {};
  }

  Status alignment() {
    auto found = out_.integer("general.alignment", kDefaultAlignment);
    if (!found.ok()) return found.status();
    alignment_ = found.value();
    if (alignment_ < kLeastAlignment || alignment_ > kMaxAlignment || (alignment_ & (alignment_ - 1)) != 0)
      return bad(fmt::format("key 'general.alignment' is {}, expected a power of two from {} to {}", alignment_,
                             kLeastAlignment, kMaxAlignment));
    return {};
  }

  Status tensor(uint64_t index) {
    GgufTensor t;
    SOTTO_TRY(text(kMaxTensorNameBytes, fmt::format("the name of tensor {}", index), &t.name));
    if (t.name.empty()) return bad(fmt::format("tensor {} has no name", index));
    SOTTO_TRY(shape(&t));
    uint64_t offset = 0;
    SOTTO_TRY(number(&t.type, tensor_name(t)));
    SOTTO_TRY(number(&offset, tensor_name(t)));
    SOTTO_TRY(measure(&t));
    if (!out_.tensor_index_.emplace(t.name, out_.tensors_.size()).second)
      return bad(fmt::format("{} stands in it twice", tensor_name(t)));
    offsets_.push_back(offset);
    out_.tensors_.push_back(t);
    return {};
  }

  Status shape(GgufTensor* t) {
    uint32_t dimensions = 0;
    SOTTO_TRY(number(&dimensions, tensor_name(*t)));
    if (dimensions < 1 || dimensions > kMaxDimensions)
      return bad(fmt::format("{} has {} dimensions, expected 1 to {}", tensor_name(*t), dimensions, kMaxDimensions));
    t->rows = 1;
    for (uint32_t d = 0; d < dimensions; ++d) {
      uint64_t size = 0;
      SOTTO_TRY(number(&size, tensor_name(*t)));
      if (size == 0) return bad(fmt::format("{}: dimension {} is 0, expected 1 or more", tensor_name(*t), d));
      if (d == 0 || size > 1) t->dimensions = d + 1;
      if (d == 0)
        t->columns = size;
      else if (__builtin_mul_overflow(t->rows, size, &t->rows))
        return bad(fmt::format("{}: the product of its dimensions overflows", tensor_name(*t)));
    }
    return {};
  }

  // Row bytes from the type, with the whole checked against what a file of this size can hold.
  Status measure(GgufTensor* t) {
    const WeightType* type = find_weight_type(t->type);
    if (!type)
      return Status(SOTTO_UNSUPPORTED,
                    fmt::format("{} has weight type {}, which this version does not know", tensor_name(*t), t->type));
    if (t->columns % type->block != 0)
      return bad(
          fmt::format("{}: rows of {} are no whole blocks of {} ({})", tensor_name(*t), t->columns, type->block, type->name));
    uint64_t total = 0;
    if (__builtin_mul_overflow(t->columns / type->block, uint64_t{type->bytes}, &t->row_bytes) ||
        __builtin_mul_overflow(t->row_bytes, t->rows, &total) || total > file_bytes_)
      return bad(fmt::format("{} of {} x {} {} is larger than the file of {} bytes", tensor_name(*t), t->rows, t->columns,
                             type->name, file_bytes_));
    return {};
  }

  // Every tensor begins where the one before it ends, rounded up to the alignment: the one order that all writers use. Anything
  // else means overlaps, or a type, shape or offset that is not what was written.
  Status place_tensors() {
    out_.head_ = bytes_.part(0, static_cast<size_t>(at_));
    if (out_.tensors_.empty()) return {};
    const uint64_t start = padded(at_);
    if (start > file_bytes_)
      return bad(fmt::format("the tensor data would start at {}, the file has {} bytes", start, file_bytes_));
    const uint64_t room = file_bytes_ - start;
    uint64_t expected = 0;
    for (size_t i = 0; i < out_.tensors_.size(); ++i) {
      GgufTensor& t = out_.tensors_[i];
      const uint64_t size = t.row_bytes * t.rows;
      if (offsets_[i] > room || size > room - offsets_[i])
        return bad(fmt::format("{} of {} bytes at {} reaches past the end of the data of {} bytes", tensor_name(t), size,
                               offsets_[i], room));
      if (offsets_[i] != expected)
        return bad(fmt::format("{} starts at {} of the data, expected {}, behind the tensor before it", tensor_name(t),
                               offsets_[i], expected));
      if (file_bytes_ == bytes_.size())
        t.bytes = bytes_.part(static_cast<size_t>(start + offsets_[i]), static_cast<size_t>(size));
      expected = padded(expected + size);
    }
    return {};
  }

  uint64_t padded(uint64_t at) const { return (at + alignment_ - 1) / alignment_ * alignment_; }

  Span<const uint8_t> bytes_;
  const uint64_t file_bytes_;
  uint64_t at_ = 0;
  uint64_t tensor_count_ = 0, value_count_ = 0, alignment_ = kDefaultAlignment;
  std::vector<uint64_t> offsets_;
  Gguf out_;
};

Result<Gguf> Gguf::read(Span<const uint8_t> bytes) { return GgufReader(bytes, bytes.size()).read(); }

Result<Gguf> Gguf::read_head(Span<const uint8_t> head, uint64_t file_bytes) {
  if (file_bytes < head.size()) return bad(fmt::format("a head of {} bytes of a file of {}", head.size(), file_bytes));
  return GgufReader(head, file_bytes).read();
}

}  // namespace sotto

// gguf.h: the GGUF container (versions 2 and 3), zero-copy, for everyone who reads model files. Its bytes are hostile until
// checked: every count, length, type, offset and alignment is verified once, in Gguf::read; what it returns can be used without
// further bounds.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/span.h"
#include "base/status.h"

namespace sotto {

enum class GgufType : uint32_t { kU8, kI8, kU16, kI16, kU32, kI32, kF32, kBool, kText, kArray, kU64, kI64, kF64 };

// A metadata value as it lies in the file.
struct GgufValue {
  GgufType type = GgufType::kU8;
  GgufType element = GgufType::kU8;  // of an array
  uint64_t count = 1;                // elements of an array
  Span<const uint8_t> bytes;         // scalars and texts: the value; arrays: the elements as stored
};

struct GgufTensor {
  std::string_view name;
  uint32_t type = 0;        // SOTTO_F32 ...
  uint32_t dimensions = 0;  // trailing ones not counted
  uint64_t columns = 0;     // the first GGUF dimension
  uint64_t rows = 0;        // product of the others
  uint64_t row_bytes = 0;
  Span<const uint8_t> bytes;
};

// Facts of a weight type; nullptr for one we do not know.
struct WeightType {
  uint32_t type;
  const char* name;
  uint32_t block;  // columns in a block
  uint32_t bytes;  // of a block
};
const WeightType* find_weight_type(uint32_t type);

class Gguf {
 public:
  static constexpr uint64_t kMaxElements = 1 << 20;

  // Borrows the bytes.
  static Result<Gguf> read(Span<const uint8_t> bytes);
  // From the head alone of a file of `file_bytes`: the tensors have no bytes until they are given some.
  static Result<Gguf> read_head(Span<const uint8_t> head, uint64_t file_bytes);
  // REQUIRES: as many as it has.
  void give_bytes(size_t tensor, Span<const uint8_t> bytes) { tensors_[tensor].bytes = bytes; }

  const std::vector<GgufTensor>& tensors() const { return tensors_; }
  const GgufTensor* tensor(std::string_view name) const;
  const std::vector<std::string_view>& keys() const { return keys_; }  // in file order
  const GgufValue* find(std::string_view key) const;

  // A value under a key. Absent: the fallback; of another type or range: SOTTO_BAD_FILE.
  Result<uint64_t> integer(std::string_view key, uint64_t fallback) const;
  Result<double> real(std::string_view key, double fallback) const;
  Result<bool> boolean(std::string_view key, bool fallback) const;
  Result<std::string_view> text(std::string_view key, std::string_view fallback) const;
  // Arrays; absent: empty. At most kMaxElements are taken out of the file.
  Result<std::vector<std::string_view>> texts(std::string_view key) const;
  Result<std::vector<float>> reals(std::string_view key) const;
  Result<std::vector<int64_t>> integers(std::string_view key) const;
  Result<Span<const uint8_t>> raw_bytes(std::string_view key) const;
  // Any value as text: numbers in decimal, arrays as "[1, 2, ...]" of at most 16 elements.
  std::string describe(const GgufValue& value) const;

  // Bytes before the tensor data: header, metadata and tensor table.
  Span<const uint8_t> head() const { return head_; }

 private:
  friend class GgufReader;

  std::vector<std::string_view> keys_;
  std::unordered_map<std::string_view, GgufValue> values_;
  std::vector<GgufTensor> tensors_;
  std::unordered_map<std::string_view, size_t> tensor_index_;
  Span<const uint8_t> head_;
};

}  // namespace sotto

// gguf_writer.h: writes a GGUF v3 file in one pass: keys and the table of tensors first, then the tensors' bytes in that order.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/span.h"
#include "base/status.h"
#include "convert/output_file.h"
#include "model/gguf.h"

namespace sotto {

class GgufWriter {
 public:
  // Keys, in the order in which they are put. A key that is there already keeps its place and gets the new value.
  void put_u32(std::string_view key, uint32_t value);
  void put_u64(std::string_view key, uint64_t value);
  void put_f32(std::string_view key, double value);
  void put_bool(std::string_view key, bool value);
  void put_text(std::string_view key, std::string_view value);
  void put_texts(std::string_view key, const std::vector<std::string>& values);
  void put_i32s(std::string_view key, const std::vector<int32_t>& values);
  void put_f32s(std::string_view key, const std::vector<float>& values);
  void put_bytes(std::string_view key, std::string_view bytes);  // an array of uint8
  // A value as another file holds it.
  void put_value(std::string_view key, const GgufValue& value);
  void remove(std::string_view key);

  // The next tensor of the table. `rows` 0: one dimension. REQUIRES: columns fit the type's blocks.
  void add_tensor(std::string_view name, uint32_t type, uint64_t columns, uint64_t rows);
  uint64_t tensor_bytes() const { return tensor_bytes_; }  // with padding

  // Writes head and table. Then write_tensor once for each tensor, in the order of the table.
  Status begin(OutputFile* file);
  // REQUIRES: as many bytes as the tensor has.
  Status write_tensor(Span<const uint8_t> bytes);

 private:
  struct Key {
    std::string name;
    std::string value;  // type and value as the file has them
  };
  struct Tensor {
    std::string name;
    uint32_t type;
    uint64_t columns, rows, bytes;
  };
  std::string& value_of(std::string_view key);

  std::vector<Key> keys_;
  std::vector<Tensor> tensors_;
  uint64_t tensor_bytes_ = 0;
  size_t next_ = 0;
  OutputFile* file_ = nullptr;
};

}  // namespace sotto

// torch_file.h: what torch.save wrote, a zip archive or (before PyTorch 1.6) a sequence of pickles: one object, and the
// storages that its tensors are views of.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "base/span.h"
#include "base/status.h"
#include "convert/checkpoint.h"
#include "convert/torch/pickle.h"

namespace sotto {

// A view of a storage. Checked: every number of it lies inside.
struct TorchTensor {
  StoredBytes* storage = nullptr;
  Element element = Element::kF32;
  uint64_t offset = 0;  // bytes
  std::vector<uint64_t> size;
  std::vector<uint64_t> stride;  // bytes
  // As a matrix: the last dimension is the columns, of which a vector has one; the ones before it are one dimension. False: it
  // cannot be seen so.
  bool as_matrix(bool is_vector, uint64_t* rows, uint64_t* columns, Piece* piece) const;
};

class TorchFile {
 public:
  // Borrows the bytes. Storages are appended to `stored`, which must outlive what is made of them.
  static Result<TorchFile> read(Span<const uint8_t> bytes, const std::string& where, std::deque<StoredBytes>* stored);

  const PickleValue& root() const { return pickle_.root(); }
  const std::string& where() const { return where_; }
  // A tensor or parameter. `name` stands in messages. Refused: what is none, element types that hold no weights.
  Result<TorchTensor> tensor(const PickleValue& value, std::string_view name) const;
  static bool is_tensor(const PickleValue& value);

 private:
  Status read_archive(Span<const uint8_t> bytes, std::deque<StoredBytes>* stored);
  Status read_sequence(Span<const uint8_t> bytes, std::deque<StoredBytes>* stored);
  Status read_storages(Span<const uint8_t> bytes, const PickleValue& keys, std::deque<StoredBytes>* stored);
  Status find_storage(const PickleValue& id, std::string_view name, StoredBytes** storage, const KnownName** type) const;

  std::string where_;
  Pickle pickle_;
  std::map<std::string, StoredBytes*, std::less<>> storages_;
};

}  // namespace sotto

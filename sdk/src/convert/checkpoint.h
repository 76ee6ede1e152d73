// checkpoint.h: a checkpoint of any format as the importer sees it: a description, and tensors under GGUF names that are read
// one at a time. Every format's reader only says where the pieces of a tensor lie; copying, integrity checks and the memory
// limit are here, once.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/mapped_file.h"
#include "base/span.h"
#include "base/status.h"
#include "convert/description.h"
#include "convert/element.h"

namespace sotto {

// A run of bytes in a mapped file that was written as one: a storage of a torch file, a tensor of a safetensors file.
struct StoredBytes {
  Span<const uint8_t> bytes;
  std::string where;     // for messages: "mp_rank_00/model_optim_rng.pt, storage 17"
  bool has_crc = false;  // CRC-32 of the bytes, as zip archives keep it
  uint32_t crc = 0;
  bool checked = false;
};

// A rectangle of a tensor and where its numbers lie. Strides are in bytes and may be anything: transposing, slicing columns and
// picking interleaved rows are all strides. The reader that makes a piece has checked that it lies inside `from`.
struct Piece {
  StoredBytes* from = nullptr;
  uint64_t offset = 0;  // of the first number within from->bytes
  uint64_t row_stride = 0;
  uint64_t column_stride = 0;
  uint64_t first_row = 0;  // in the tensor
  uint64_t rows = 0;
  uint64_t first_column = 0;
  uint64_t columns = 0;
};

// How GGUF wants the rows of a tensor that a checkpoint stores otherwise.
enum class RowOrder : uint8_t { kAsStored, kHalvesToPairs };  // rotated halves of each head become neighbours

struct ModelTensor {
  std::string name;  // as GGUF names it: "blk.3.attn_q.weight"
  uint64_t rows = 1;
  uint64_t columns = 0;
  bool is_vector = false;  // rows * columns numbers, written as float32 with one dimension
  RowOrder order = RowOrder::kAsStored;
  uint64_t head_dim = 0;  // for kHalvesToPairs
  Element element = Element::kF32;
  float add = 0;  // to every value: 1 for zero-centred gains
  std::vector<Piece> pieces;
};

// A head for sotto.head.NAME.*; its weight and bias are among the tensors.
struct HeadDescription {
  std::string name;
  std::string kind;  // "sequence", "token", "span"
  std::vector<std::string> labels;
  std::vector<float> thresholds;
  double temperature = 1;
};

// What a format's reader makes. Owns the mappings and the records that pieces point to (stable addresses).
struct Checkpoint {
  std::string format;  // sotto_import_report.format
  ModelDescription description;
  std::vector<ModelTensor> tensors;
  std::vector<HeadDescription> heads;
  std::deque<MappedFile> files;
  std::deque<StoredBytes> stored;
  std::deque<std::vector<uint8_t>> made;  // bytes of tensors that no file holds
  std::vector<std::string> warnings;
};

// The bytes are those that the archive has a checksum of. Done once.
Status check_crc(StoredBytes* stored);

// The piece's last byte lies inside its bytes and nothing overflows.
Status check_piece(const ModelTensor& tensor, const Piece& piece);
// Every number of the tensor is given by exactly one piece; names what is missing.
Status check_coverage(const ModelTensor& tensor);

// Rows [first, first + count) of `from` become rows [at, at + count) of `to`. REQUIRES: they exist.
void add_rows(const ModelTensor& from, uint64_t first, uint64_t count, uint64_t at, ModelTensor* to);

// A vector as rows of one number, whichever way it was written down; a matrix as it is.
ModelTensor as_rows(const ModelTensor& tensor);

// Rows that padded the vocabulary to the ranks of the training are cut off. REQUIRES: rows <= description.vocabulary.
void cut_vocabulary(uint32_t rows, Checkpoint* checkpoint);

// The tensor's numbers, row-major, in its own element type (`add` not applied). Checks the CRC of what it reads for the first
// time, and gives the pages back to the system afterwards.
Result<std::vector<uint8_t>> load_tensor(const ModelTensor& tensor);

}  // namespace sotto

// shard_file.h: a file that holds one rank's part of a model: the pieces of each tensor that this rank reads, and the model's
// own head, so that keys, tokenizer, shapes and hash are those of the whole file. `sotto shard` writes it (convert/shard.h).
//
// It is a GGUF of architecture "sotto-shard". Keys: sotto.shard.version, .rank, .ranks, .split (absent: even), .file_bytes (of
// the model), .head (its bytes before the tensor data), .places: a Place for each tensor of this file, in its order.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "model/gguf.h"
#include "model/plan_builder.h"

namespace sotto {

constexpr const char* kShardArchitecture = "sotto-shard";
constexpr uint64_t kShardVersion = 1;

// Where a stored piece belongs.
struct Place {
  uint64_t tensor;  // index in the model's table
  uint64_t offset;  // of the tensor's bytes
  uint64_t rows;
  uint64_t bytes;  // of a row
};
static_assert(sizeof(Place) == 32);

// Const after reading. Borrows the file's bytes.
class ShardFile {
 public:
  // None: the file is no shard. `model` receives the model that it is a part of: tensors whose bytes are all here have them.
  static Result<std::optional<ShardFile>> read(const Gguf& file, std::optional<Gguf>* model);

  uint32_t rank() const { return rank_; }
  uint32_t ranks() const { return ranks_; }
  const std::vector<uint32_t>& split() const { return split_; }  // empty: even
  uint64_t model_bytes() const { return model_bytes_; }
  // Points the plan's weights at this file's pieces. REQUIRES: the plan was made of `model` for these ranks and this split.
  Status place(const Gguf& model, Plan* plan) const;
  std::string describe() const;  // "rank 1 of 2, split 5,3"

 private:
  struct Held {
    Place place;
    Span<const uint8_t> bytes;
  };
  Status read_keys(const Gguf& file);
  Status read_places(const Gguf& file, Gguf* model);

  uint32_t rank_ = 0, ranks_ = 0;
  std::vector<uint32_t> split_;
  uint64_t model_bytes_ = 0;
  std::vector<std::vector<Held>> held_;  // by the model's tensors
};

std::string describe_split(const std::vector<uint32_t>& split);  // "even", "5,3"

}  // namespace sotto

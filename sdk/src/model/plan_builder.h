// plan_builder.h: writes a plan (sotto/plan.h) step by step, for the architecture files, and owns it.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "model/gguf.h"
#include "model/shard.h"
#include "sotto/backend.h"

namespace sotto {

using Value = uint32_t;      // index of a value of the plan
using WeightRef = uint32_t;  // index of a weight of the plan, or SOTTO_NONE

// Where a weight's bytes come from: rows of a tensor of the file, or a table that the host made.
struct WeightSource {
  Span<const uint8_t> bytes;
  uint64_t row_bytes = 0;
  uint64_t first_row = 0;  // of the tensor; of a vector its first column
  uint64_t offset = 0;     // of `bytes` in the tensor
};

// What one rank is given of a tensor's bytes: rows of so many bytes, row_bytes of the tensor apart.
struct ShardPiece {
  uint64_t offset = 0;
  uint64_t rows = 0;
  uint64_t bytes = 0;  // of a row

  bool operator==(const ShardPiece& o) const { return offset == o.offset && rows == o.rows && bytes == o.bytes; }
};

// A finished plan with everything it points to. Moves keep the pointers valid.
class Plan {
 public:
  Plan() = default;
  Plan(Plan&&) = default;
  Plan& operator=(Plan&&) = default;

  const sotto_plan& c() const { return plan_; }
  const std::vector<WeightSource>& sources() const { return sources_; }
  // The bytes a rank is given for a weight: from the first stored row and block on.
  sotto_upload upload_of(uint32_t weight, uint32_t rank) const;
  ShardPiece piece_of(uint32_t weight, uint32_t rank) const;
  // The bytes of one rank lie elsewhere than in the tensor, row behind row: a file that holds this rank's pieces alone.
  void give_piece(uint32_t weight, Span<const uint8_t> bytes) { pieces_[weight] = bytes; }
  // Bytes of all weights that one token reads: the tables count a row, the rest whole.
  uint64_t bytes_per_token() const;
  // The weights made from this tensor: one, or the parts of a fused tensor in order, or none.
  Span<const WeightRef> find(const std::string& tensor) const;

 private:
  friend class PlanBuilder;
  union Args {
    sotto_embed_args embed;
    sotto_norm_args norm;
    sotto_linear_args linear;
    sotto_attention_args attention;
    sotto_add_args add;
    sotto_mul_args mul;
    sotto_output_args output;
  };

  sotto_plan plan_{};
  std::vector<uint32_t> widths_;
  std::vector<sotto_weight> weights_;
  std::vector<WeightSource> sources_;
  std::unordered_map<uint32_t, Span<const uint8_t>> pieces_;
  std::deque<std::string> names_;
  std::unordered_map<std::string, std::vector<WeightRef>> by_name_;
  std::deque<std::vector<sotto_slice>> slices_;
  std::deque<std::vector<float>> tables_;
  std::deque<std::vector<sotto_rank_heads>> heads_;
  std::deque<Args> args_;
  std::vector<sotto_step> steps_;
  std::vector<sotto_slot> slots_;
};

struct LinearParts {
  WeightRef weight = SOTTO_NONE;
  WeightRef bias = SOTTO_NONE;
  WeightRef gate = SOTTO_NONE;
  WeightRef gate_bias = SOTTO_NONE;
  uint32_t activation = SOTTO_ACT_NONE;
  float scale = 0;
  float clamp = 0;
  float gate_offset = 0;
};

struct AttentionParts {
  uint32_t head_dim = 0;
  uint32_t heads = 0;
  uint32_t kv_heads = 0;
  float scale = 0;
  uint32_t window = 0;
  WeightRef q_norm = SOTTO_NONE;
  WeightRef k_norm = SOTTO_NONE;
  WeightRef q_norm_bias = SOTTO_NONE;
  WeightRef k_norm_bias = SOTTO_NONE;
  WeightRef sink = SOTTO_NONE;
  uint32_t norm_kind = SOTTO_NORM_RMS;
  float norm_epsilon = 0;
  const RotationConfig* rotation = nullptr;
};

class PlanBuilder {
 public:
  PlanBuilder(const Sharding& sharding, uint32_t vocabulary, uint32_t max_positions);

  // Weights. `rows`: which of the tensor's rows make the weight (a part of a fused tensor); per rank the slice of those. A
  // weight asked for twice with the same tensor, rows and slices is one weight (tied embeddings).
  WeightRef rows(const GgufTensor& tensor, Range rows, const std::vector<Range>& slices, uint32_t use);
  WeightRef columns(const GgufTensor& tensor, const std::vector<Range>& slices);
  // A row of numbers; `part`: which of the tensor's columns; slices of those.
  WeightRef vector(const GgufTensor& tensor, Range part, const std::vector<Range>& slices);
  WeightRef table(std::string name, std::vector<float> numbers);

  // Steps.
  Value embed(WeightRef table, WeightRef positions, uint32_t width, float scale = 0);  // scale 0: 1
  Value norm(Value in, uint32_t kind, WeightRef weight, WeightRef bias, float epsilon);
  Value linear(Value in, const LinearParts& parts);
  Value attention(Value q, Value k, Value v, const AttentionParts& parts);  // one cache slot each, in order
  Value add(Value a, Value b, WeightRef bias = SOTTO_NONE);
  Value all_reduce(Value in);  // the value itself with one rank
  Value all_gather(Value in);
  void output(Value in, uint32_t index);

  Plan finish();

 private:
  WeightRef add_weight(const std::string& name, uint32_t type, uint64_t rows, uint64_t columns, std::vector<sotto_slice> slices,
                       uint32_t use, WeightSource source);
  Value add_value(const std::vector<uint32_t>& widths);
  Value step(uint32_t kind, std::vector<Value> in, const std::vector<uint32_t>& widths, const void* args);
  std::vector<uint32_t> widths_of(Value v) const;
  std::vector<uint32_t> rows_of(WeightRef w) const;
  void hash();

  Sharding sharding_;
  Plan plan_;
};

}  // namespace sotto

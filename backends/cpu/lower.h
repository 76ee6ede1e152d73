// lower.h - a plan turned into what the CPU runs: fused operations, row classes, buffer places, sizes. No memory is taken here,
// so that `check` can tell the cost and `compile` can take exactly that.
//
// Row classes: a value that only feeds OUTPUT steps is computed for the rows that want one of these outputs; class 0 is all
// rows. Shared values: those that are the same on every local rank (after an ALL_REDUCE, say) are computed and stored once. Row
// operations: neighbouring steps that work row by row (norm, add, quantise ...) run as one job, row after row in cache.
#pragma once

#include <cstdint>
#include <vector>

#include "common/step_read.h"
#include "group.h"
#include "types.h"

namespace sotto::cpu {

struct Step {
  uint32_t kind = 0;
  uint32_t out = SOTTO_NONE;
  uint32_t in[3] = {SOTTO_NONE, SOTTO_NONE, SOTTO_NONE};
  backend::StepArgs args = {};
};

struct Value {
  uint32_t row_class = 0;
  bool shared = false;
  bool needed = false;
  uint32_t first_op = 0;
  uint32_t last_op = 0;
  std::vector<uint32_t> widths;   // by local rank
  std::vector<uint64_t> columns;  // by local rank: place in the arena, in numbers per row
};

// A value as integers or as bf16 (QuantRows), the input of LINEAR operations.
struct Quant {
  bool is_bf16 = false;
  uint32_t value = SOTTO_NONE;
  uint32_t row_class = 0;
  bool shared = false;
  uint32_t buffer = 0;           // 0, or 1 for a gate whose blocks lie otherwise than its weight's
  std::vector<uint32_t> skip;    // by local rank: zeros in front
  std::vector<uint32_t> counts;  // by local rank: numbers
  std::vector<uint32_t> units;   // by local rank
};

// Query heads that share a KV head, at most kTileQueries of them.
struct HeadGroup {
  uint32_t rank;
  uint32_t kv_head;     // within the rank
  uint32_t first_head;  // within the rank
  uint32_t heads;
};

enum class OpKind { kRows, kLinear, kAttention, kAllReduce, kAllGather, kDeliver };

struct RowAction {
  uint32_t step = SOTTO_NONE;
  uint32_t quant = SOTTO_NONE;  // when step is SOTTO_NONE
};

struct Op {
  OpKind kind = OpKind::kRows;
  uint32_t row_class = 0;
  bool shared = false;                            // run for the first local rank only
  std::vector<RowAction> actions;                 // kRows
  uint32_t step = SOTTO_NONE;                     // other kinds
  uint32_t quants[2] = {SOTTO_NONE, SOTTO_NONE};  // kLinear: of the weight and the gate
  uint32_t rotary = SOTTO_NONE;                   // kAttention
  std::vector<HeadGroup> head_groups;             // kAttention
  bool is_one_group_a_head = false;               // kAttention: of every KV head that is here
  uint32_t gather = 0;                            // kAllGather: its number among them
  uint32_t deliver = SOTTO_NONE;  // kDeliver: the value that holds the rows; its own copy unless it is the step's input
};

struct Rotary {
  uint32_t inv_freq;
  uint32_t dim;
  float magnitude;
};

struct Sizes {
  uint64_t wide_columns = 0;    // numbers per row, class 0
  uint64_t narrow_columns = 0;  // numbers per row, other classes
  uint64_t quant_bytes[2] = {0, 0};
  uint64_t quant_stride[2] = {0, 0};
  uint64_t panel_bytes = 0;       // per thread
  uint64_t attention_floats = 0;  // per thread
  uint64_t rotary_floats = 0;     // per row
};

// Rows of narrow classes that are provided for from the start: enough for decoding 16 sequences at once. A batch that wants
// more (logits of every position of a prompt) makes the program grow by just these rows, outside of the decode path.
constexpr uint32_t kNarrowRows = 16;
// Numbers of a gate that a thread holds until they are multiplied in.
constexpr uint32_t kGateFloats = 8192;

struct Lowered {
  uint32_t max_batch = 0;
  uint32_t local_ranks = 1;
  uint32_t vocabulary = 0;
  uint32_t max_positions = 0;
  uint32_t output_count = 0;
  bool embeds = false;
  std::vector<uint32_t> inputs;  // widths by input index; 0: not used
  std::vector<Step> steps;
  std::vector<Value> values;
  std::vector<Quant> quants;
  std::vector<Op> ops;
  std::vector<Rotary> rotaries;
  std::vector<uint32_t> class_masks;                      // [0] stands for all rows
  std::vector<sotto_slot> slots;                          // `ranks` is null: see slot_heads
  std::vector<std::vector<sotto_rank_heads>> slot_heads;  // by slot, by local rank
  std::vector<uint64_t> gather_bytes;                     // [ALL_GATHER operation][process]: what each process brings per row
  std::vector<uint32_t> output_ops;                       // by output: its kDeliver operation
  Sizes sizes;
};

// REQUIRES: the plan passed check_plan; max_batch >= 1.
Lowered lower(const sotto_plan& plan, const sotto_group& group, uint32_t max_batch);
// Bytes that a program takes, all local ranks together.
uint64_t workspace_bytes(const Lowered& lowered, const sotto_group& group);

}  // namespace sotto::cpu

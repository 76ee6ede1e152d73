// plan_copy.h: a plan in this backend's own memory, with what the run needs to know beforehand: for which rows a value is
// computed and in which buffer it lies. This is where your compiler begins: find patterns to fuse, choose kernels, record.
#pragma once

#include <cstring>
#include <string>
#include <vector>

#include <sotto/backend.h>

#include "number_types.h"

namespace external {

// Array entries are `stride` bytes apart: the host's struct may be longer than ours.
template <class T>
const T& entry(const T* first, uint32_t stride, uint32_t index) {
  return *reinterpret_cast<const T*>(reinterpret_cast<const char*>(first) + size_t{index} * stride);
}

struct Step {
  uint32_t kind = 0;
  uint32_t out = SOTTO_NONE;
  uint32_t in[3] = {SOTTO_NONE, SOTTO_NONE, SOTTO_NONE};
  unsigned char args_bytes[sizeof(sotto_attention_args)] = {};  // the largest

  template <class Args>
  Args args() const {
    static_assert(sizeof(Args) <= sizeof args_bytes);
    Args args;
    std::memcpy(&args, args_bytes, sizeof args);
    return args;
  }
};

struct Value {
  std::vector<uint32_t> widths;   // by rank
  std::vector<uint32_t> buffers;  // by rank: index into Plan::buffers
  bool every_row = false;         // the cache wants them all
  uint32_t outputs = 0;           // else: computed for rows that want one of these outputs
};

struct Slot {
  uint32_t kv_heads = 0;  // of the model
  uint32_t head_dim = 0;
  uint32_t heads = 0;                   // of the model
  std::vector<sotto_rank_heads> ranks;  // what each rank has
};

struct Weight {
  const WeightType* type = nullptr;
  uint64_t rows = 0, columns = 0;
  uint32_t uses = 0;
  std::string name;
  std::vector<sotto_slice> slices;  // by rank
};

struct Plan {
  std::vector<Step> steps;
  std::vector<Value> values;
  std::vector<Slot> slots;
  std::vector<Weight> weights;
  std::vector<uint64_t> buffers;        // numbers per batch row
  std::vector<uint32_t> output_widths;  // by output
  std::vector<uint32_t> input_widths;   // by input of the batch; 0: no step takes it
  uint32_t gate_width = 0;              // of the widest gated LINEAR on any rank
  uint32_t ranks = 1;
  uint32_t vocabulary = 0;  // 0: no EMBED, tokens are ignored
  uint32_t max_positions = 0;
};

// Throws Failure: SOTTO_INVALID_ARGUMENT for what contradicts itself, SOTTO_UNSUPPORTED for what is unknown here. A plan that
// passes can be copied and run without looking back.
void check_plan(const sotto_plan* plan);

// REQUIRES: check_plan has passed.
Plan copy_plan(const sotto_plan& plan);

inline bool is_empty(const sotto_slice& slice) { return slice.rows == 0 || slice.columns == 0; }

}  // namespace external

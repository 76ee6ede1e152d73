// lower.h - a plan copied out of the host's memory: the steps as they are, which rows of each value anyone wants, and which
// buffer holds it. REQUIRES everywhere: check_plan has passed.
#pragma once

#include <vector>

#include "common/slots.h"
#include "common/step_read.h"
#include "group.h"

namespace sotto::reference {

struct Step {
  uint32_t kind = 0;
  uint32_t out = SOTTO_NONE;
  uint32_t in[3] = {SOTTO_NONE, SOTTO_NONE, SOTTO_NONE};
  backend::StepArgs args = {};

  bool fills_slot() const { return kind == SOTTO_STEP_ATTENTION && (args.attention.flags & SOTTO_ATTENTION_READ_ONLY) == 0; }
};

struct Value {
  std::vector<uint32_t> widths;   // by rank of the world
  std::vector<uint32_t> buffers;  // by local rank
  uint32_t outputs = 0;           // computed for the rows that want one of these outputs
  bool every_row = false;         // a cache wants them all
};

struct Lowered {
  std::vector<Step> steps;
  std::vector<Value> values;
  std::vector<backend::Slot> slots;
  std::vector<uint64_t> buffers;        // numbers per batch row
  std::vector<uint32_t> output_widths;  // by output
  std::vector<uint32_t> input_widths;   // by batch input; 0: not used
  uint32_t vocabulary = 0;
  uint32_t max_positions = 0;
  bool embeds = false;

  uint64_t workspace_bytes(uint32_t max_batch) const;
  // Of K and V of one token on a local rank.
  uint64_t token_numbers(uint32_t local_rank) const;
};

Lowered lower(const sotto_plan& plan, const sotto_group& group);

}  // namespace sotto::reference

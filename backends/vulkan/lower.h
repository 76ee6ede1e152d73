// lower.h - a plan turned into what the device runs: classes of rows, rows gathered where a step needs fewer than its input
// has, neighbours fused, values placed in buffers. No memory is taken here, so that `check` can tell the cost.
//
// Row classes: a value that only feeds OUTPUT steps is computed for the rows that want one of them; class 0 is all rows. All
// inputs of a step are of its own class, but the k and v that an ATTENTION stores. Shared values are the same on every rank and
// computed once. REQUIRES everywhere: check_plan has passed.
#pragma once

#include <vector>

#include "common/slots.h"
#include "common/step_read.h"
#include "group.h"

namespace sotto::vulkan {

constexpr uint32_t kStepGather = 1000;  // out: the rows of `in[0]` that the class of `out` wants

struct Step {
  uint32_t kind = 0;
  uint32_t out = SOTTO_NONE;
  uint32_t in[3] = {SOTTO_NONE, SOTTO_NONE, SOTTO_NONE};
  backend::StepArgs args = {};
  uint32_t row_class = 0;
  uint32_t rotary = SOTTO_NONE;    // ATTENTION: into Lowered::rotaries
  uint32_t residual = SOTTO_NONE;  // LINEAR with a following ADD: out = residual + add.scale * (its own result + add.bias)
  sotto_add_args residual_add = {};
  // LINEAR: what a NORM before it reads; NORM: its own input. Set where the LINEARs that read the NORM's value may normalise
  // for themselves, which they do where it costs less than a dispatch.
  uint32_t norm_in = SOTTO_NONE;
  sotto_norm_args norm = {};
  bool attends = true;  // ATTENTION: someone wants its rows

  bool fills_slot() const { return kind == SOTTO_STEP_ATTENTION && (args.attention.flags & SOTTO_ATTENTION_READ_ONLY) == 0; }
};

struct Value {
  std::vector<uint32_t> widths;   // by local rank
  std::vector<uint32_t> buffers;  // by local rank; the same one for all where shared
  uint32_t row_class = 0;
  bool is_shared = false;
  bool is_needed = false;

  uint32_t stride(uint32_t local_rank) const { return (widths[local_rank] + 63) / 64 * 64; }  // floats from row to row
};

// Angles of the rows of a batch, which the host computes: no driver's sine is exact enough.
struct Rotary {
  uint32_t inv_freq;
  uint32_t dim;
  float magnitude;

  bool operator==(const Rotary& o) const { return inv_freq == o.inv_freq && dim == o.dim && magnitude == o.magnitude; }
};

// Where in the rows of class `from` those of class `to` are.
struct Map {
  uint32_t from, to;
  bool operator==(const Map& o) const { return from == o.from && to == o.to; }
};

struct ValueBuffer {
  uint64_t stride = 0;  // floats per row
  bool is_narrow = false;
};

struct Lowered {
  std::vector<Step> steps;
  std::vector<Value> values;
  std::vector<backend::Slot> slots;
  std::vector<ValueBuffer> buffers;
  std::vector<uint32_t> class_masks;  // outputs of each class; [0] stands for all rows
  std::vector<Map> maps;
  std::vector<Rotary> rotaries;
  std::vector<uint32_t> output_widths;
  std::vector<uint32_t> output_classes;
  std::vector<uint32_t> input_widths;  // by batch input; 0: not used
  uint32_t vocabulary = 0;
  uint32_t max_positions = 0;
  bool embeds = false;

  uint32_t map_of(uint32_t from, uint32_t to) const;  // into maps; SOTTO_NONE: from is to
};

// Rows of narrow classes that are provided for from the start; a batch that wants more makes the program grow.
constexpr uint32_t kNarrowRows = 16;

Lowered lower(const sotto_plan& plan, const sotto_group& group);
// ADD behind LINEAR becomes part of it, NORM before LINEAR may (fuse.cc). Called by lower, before buffers are placed.
void fuse(Lowered& lowered);

}  // namespace sotto::vulkan

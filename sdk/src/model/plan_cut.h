// plan_cut.h: a plan cut behind a layer, into two that two backends run one after the other. The only place that knows what
// crosses.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "base/status.h"
#include "sotto/plan.h"

namespace sotto {

// The steps that fill a slot of the cache: one a layer.
uint32_t layers_of(const sotto_plan& plan);

// The first part ends in an OUTPUT of the one value that the second begins with, as an INPUT. Both keep the whole plan's table
// of weights, so that indices mean the same; what a part does not use has empty slices in it. Slots are each part's own, the
// first part's being the whole plan's first ones. Borrows from the plan.
class PlanCut {
 public:
  // Behind the first `layers` layers, 1 to all of them. SOTTO_UNSUPPORTED: more than one value crosses there, or an output or a
  // slot belongs to both sides.
  static Result<std::unique_ptr<PlanCut>> make(const sotto_plan& plan, uint32_t layers);
  PlanCut(const PlanCut&) = delete;
  PlanCut& operator=(const PlanCut&) = delete;

  const sotto_plan& first() const { return parts_[0].plan; }
  const sotto_plan& second() const { return parts_[1].plan; }
  // Of the second part's batch: where the rows of the first part's output go, behind the whole plan's own.
  uint32_t input() const { return handed_in_.input; }
  uint32_t width() const { return width_; }

 private:
  struct Part {
    std::vector<sotto_step> steps;
    std::vector<sotto_weight> weights;
    std::vector<sotto_slot> slots;
    sotto_plan plan = {};
  };
  PlanCut(const sotto_plan& plan, uint32_t step, uint32_t value);
  void add(Part& part, sotto_step step, uint32_t first_slot);
  void finish(const sotto_plan& whole, Part& part, uint8_t name);

  Part parts_[2];
  std::deque<sotto_attention_args> attention_;  // with the part's own slots
  std::vector<sotto_slice> nothing_;            // [world]
  sotto_output_args handed_out_ = {};
  sotto_input_args handed_in_ = {};
  uint32_t width_ = 0;
};

}  // namespace sotto

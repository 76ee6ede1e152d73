// observing_plan.h: a model's plan that delivers what its matrices are multiplied with, instead of logits. For run/observe.
#pragma once

#include <string_view>
#include <vector>

#include "base/span.h"
#include "sotto/plan.h"

namespace sotto {

// A value that LINEAR steps read.
struct LinearInput {
  uint32_t value = 0;
  uint32_t width = 0;
  uint32_t first_reader = 0;              // step
  std::vector<std::string_view> tensors;  // multiplied with it, each once; the plan's names
};

// By first reader. REQUIRES: a plan of one rank.
std::vector<LinearInput> linear_inputs(const sotto_plan& plan);

// The steps up to the last of `inputs`, each of which is an output in turn. The weights are the plan's own, so that what was
// uploaded for it serves this one too.
class ObservingPlan {
 public:
  // Of the 32 that plan.h has room for.
  static constexpr size_t kMostOutputs = 30;

  // REQUIRES: 1 to kMostOutputs of linear_inputs(plan), in order. Borrows from the plan.
  ObservingPlan(const sotto_plan& plan, Span<const LinearInput> inputs);
  ObservingPlan(const ObservingPlan&) = delete;
  ObservingPlan& operator=(const ObservingPlan&) = delete;

  const sotto_plan& c() const { return plan_; }

 private:
  void add(const sotto_step& step);
  void hash(const sotto_plan& whole, Span<const LinearInput> inputs);

  std::vector<sotto_output_args> outputs_;
  std::vector<sotto_step> steps_;
  sotto_plan plan_;
};

}  // namespace sotto

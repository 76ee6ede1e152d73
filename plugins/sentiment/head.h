// head.h: a task's head in the model file, applied to a hidden state.
#pragma once

#include <optional>

#include "services.h"
#include "tasks.h"

namespace sotto::sentiment {

// Probabilities of a task's labels, in the order of the task.
using Shares = std::array<double, kMostLabels>;

// const after construction, any thread.
class Head {
 public:
  // None where the model has no head of that name; throws where its labels are not the task's.
  static std::optional<Head> find(const Services& services, const sotto_model* model, const Task& task);

  // Softmax of the head's logits, which are divided by its temperature. `hidden`: the model's hidden size.
  Shares read(const std::vector<float>& hidden) const;
  float threshold(size_t label) const { return thresholds_[label]; }  // 0: none

 private:
  Head(const Services& services, const sotto_model* model, uint32_t index)
      : services_(&services), model_(model), index_(index) {}
  void take_labels(const Task& task);

  const Services* services_;
  const sotto_model* model_;
  uint32_t index_;
  std::vector<size_t> label_of_;  // the task's label of each of the head's
  std::array<float, kMostLabels> thresholds_{};
};

// exp(x - max) / sum over the first `count`; throws when one is no number.
Shares softmax(const double* logits, size_t count);

}  // namespace sotto::sentiment

// weights.h: the tensors of a file by name with their shard rules, as the architecture files name them. Every shape is checked
// here.
#pragma once

#include <set>
#include <string>

#include "model/config.h"
#include "model/plan_builder.h"

namespace sotto {

// A view of the tensors under a prefix ("blk.3."). The first failure is kept and told by status(); until then SOTTO_NONE stands
// in.
class Weights {
 public:
  Weights(const Gguf& file, const ModelConfig& config, const Sharding& sharding, PlanBuilder& plan)
      : file_(file), config_(config), sharding_(sharding), plan_(plan) {}

  void enter_layer(uint32_t layer) { prefix_ = "blk." + std::to_string(layer) + "."; }
  void leave_layers() { prefix_.clear(); }

  // Four rules. Names are without the prefix; `optional_*` answers SOTTO_NONE when the tensor is absent.
  WeightRef table(const char* name, uint64_t rows, const std::vector<Range>& slices, uint32_t use);
  WeightRef rows(const char* name, Range part, uint64_t tensor_rows, const std::vector<Range>& slices);
  WeightRef columns(const char* name, uint64_t columns, const std::vector<Range>& slices);
  WeightRef vector(const char* name, uint64_t columns);
  WeightRef vector(const char* name, Range part, uint64_t columns, const std::vector<Range>& slices);
  WeightRef optional_vector(const char* name, uint64_t columns);
  WeightRef optional_vector(const char* name, Range part, uint64_t columns, const std::vector<Range>& slices);

  bool has(const char* name) const { return file_.tensor(prefix_ + name) != nullptr; }
  const Status& status() const { return status_; }
  const ModelConfig& config() const { return config_; }
  const Sharding& sharding() const { return sharding_; }
  PlanBuilder& plan() { return plan_; }
  // Refuses a file with a tensor that nothing used: ignoring it could give wrong text.
  Status check_all_used() const;

 private:
  const GgufTensor* take(const char* name, uint64_t rows, uint64_t columns, bool vector);

  const Gguf& file_;
  const ModelConfig& config_;
  const Sharding& sharding_;
  PlanBuilder& plan_;
  std::string prefix_;
  std::set<std::string_view> used_;
  Status status_;
};

}  // namespace sotto

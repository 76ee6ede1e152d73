// lora.h: the LoRA pairs of a GGUF adapter file, cut for the ranks of a plan, for the engine. LoRA: Hu et al. 2021,
// arXiv:2106.09685.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "model/plan_builder.h"

namespace sotto {

// Pairs as a backend's adapter_create takes them; the backend copies, so this is needed for that call only.
class LoraAdapter {
 public:
  // `bytes`: the adapter's file, needed during the call. Every pair of it must fit a weight of the plan.
  static Result<LoraAdapter> read(Span<const uint8_t> bytes, const std::string& architecture, const Plan& plan,
                                  uint32_t first_rank, uint32_t local_ranks);

  LoraAdapter(LoraAdapter&&) = default;
  LoraAdapter& operator=(LoraAdapter&&) = default;

  Span<const sotto_adapter_pair> pairs() const { return pairs_; }

 private:
  LoraAdapter() = default;
  Status add(const Plan& plan, const std::string& target, const GgufTensor& a, const GgufTensor& b, double alpha);
  // The part of one pair that belongs to one weight: the whole, or rows of a fused tensor.
  void add_part(const Plan& plan, WeightRef weight, uint32_t rank_dim, const std::vector<float>& a, const std::vector<float>& b,
                double alpha);

  uint32_t first_rank_ = 0, local_ranks_ = 0;
  std::deque<std::vector<float>> numbers_;
  std::deque<std::vector<const float*>> per_rank_;
  std::vector<sotto_adapter_pair> pairs_;
};

}  // namespace sotto

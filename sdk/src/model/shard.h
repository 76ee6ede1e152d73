// shard.h: which part of each weight a rank owns. The only place that knows tensor parallelism (Megatron-LM, arXiv:1909.08053).
#pragma once

#include <cstdint>
#include <vector>

#include "base/status.h"
#include "model/config.h"
#include "sotto/plan.h"

namespace sotto {

struct Range {
  uint64_t first = 0;
  uint64_t count = 0;
};

// How one model is cut over the ranks. Heads stay whole; KV heads fewer than ranks are replicated; the feed-forward width falls
// on quantization blocks where there are enough of them; the vocabulary is cut anywhere.
struct Sharding {
  uint32_t ranks = 1;
  std::vector<sotto_rank_heads> heads;  // per rank
  std::vector<Range> ffn;
  std::vector<Range> vocabulary;
  std::vector<Range> positions;  // rows of a table of learned positions

  // `split`: the ranks' weights, empty for even. `ffn_block`: columns in a block of the weights that are cut by ffn columns.
  static Result<Sharding> make(const ModelConfig& config, uint32_t ranks, const std::vector<uint32_t>& split,
                               uint32_t ffn_block);

  // Columns or rows of q, or of k and v, that each rank's heads cover.
  std::vector<Range> q_rows(uint32_t head_dim) const;
  std::vector<Range> kv_rows(uint32_t head_dim) const;
  std::vector<Range> whole(uint64_t total) const;
};

// Cuts `total` units into parts proportional to `split`, in multiples of `unit`; every rank gets at least `least` units if
// there are enough.
std::vector<Range> proportional(uint64_t total, uint64_t unit, uint64_t least, const std::vector<uint32_t>& split);

}  // namespace sotto

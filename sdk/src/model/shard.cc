#include "model/shard.h"

#include <fmt/format.h>

#include <algorithm>

namespace sotto {
namespace {

constexpr uint32_t kMostOfSplit = 1 << 20;  // keeps the products below within 64 bits

}  // namespace

std::vector<Range> proportional(uint64_t total, uint64_t unit, uint64_t least, const std::vector<uint32_t>& split) {
  const size_t ranks = split.size();
  uint64_t sum = 0;
  for (const uint32_t part : split) sum += part;
  const uint64_t units = total / unit;
  std::vector<Range> ranges(ranks);
  uint64_t before = 0, first = 0;
  for (size_t r = 0; r < ranks; ++r) {
    before += split[r];
    // The cut after rank r, rounded to the nearest unit, moved so that it and every rank behind it keep their least.
    uint64_t cut = (units * before + sum / 2) / sum;
    const uint64_t behind = (ranks - 1 - r) * least;
    cut = std::max(cut, first / unit + least);
    if (units >= behind) cut = std::min(cut, units - behind);
    const uint64_t end = r + 1 == ranks ? total : std::min(cut * unit, total);
    ranges[r] = Range{first, end > first ? end - first : 0};
    first = std::max(first, end);
  }
  return ranges;
}

Result<Sharding> Sharding::make(const ModelConfig& c, uint32_t ranks, const std::vector<uint32_t>& split, uint32_t ffn_block) {
  if (ranks == 0) ranks = 1;
  if (ranks > c.heads)
    return Status(SOTTO_INVALID_ARGUMENT,
                  fmt::format("{} ranks cannot share {} attention heads: at most {} ranks", ranks, c.heads, c.heads));
  std::vector<uint32_t> weights = split.empty() ? std::vector<uint32_t>(ranks, 1) : split;
  const auto fits = [](uint32_t part) { return part >= 1 && part <= kMostOfSplit; };
  if (weights.size() != ranks || !std::all_of(weights.begin(), weights.end(), fits))
    return Status(SOTTO_INVALID_ARGUMENT, fmt::format("the split has {} parts for {} ranks; it needs one from 1 to {} for each",
                                                      weights.size(), ranks, kMostOfSplit));
  Sharding s;
  s.ranks = ranks;
  const uint64_t group = c.heads / c.kv_heads;
  const uint64_t unit = c.kv_heads >= ranks ? group : 1;
  for (const Range& h : proportional(c.heads, unit, 1, weights)) {
    const uint64_t first_kv = h.first / group, last_kv = (h.first + h.count - 1) / group;
    s.heads.push_back({static_cast<uint32_t>(h.first), static_cast<uint32_t>(h.count), static_cast<uint32_t>(first_kv),
                       static_cast<uint32_t>(last_kv - first_kv + 1)});
  }
  const uint64_t block = ffn_block > 0 && c.ffn % ffn_block == 0 && c.ffn / ffn_block >= ranks ? ffn_block : 1;
  s.ffn = proportional(c.ffn, block, 1, weights);
  s.vocabulary = proportional(c.vocabulary, 1, 0, weights);
  s.positions = proportional(c.context_trained, 1, 0, weights);
  return s;
}

std::vector<Range> Sharding::q_rows(uint32_t head_dim) const {
  std::vector<Range> rows;
  for (const auto& h : heads) rows.push_back({uint64_t{h.first_head} * head_dim, uint64_t{h.heads} * head_dim});
  return rows;
}

std::vector<Range> Sharding::kv_rows(uint32_t head_dim) const {
  std::vector<Range> rows;
  for (const auto& h : heads) rows.push_back({uint64_t{h.first_kv_head} * head_dim, uint64_t{h.kv_heads} * head_dim});
  return rows;
}

std::vector<Range> Sharding::whole(uint64_t total) const { return std::vector<Range>(ranks, Range{0, total}); }

}  // namespace sotto

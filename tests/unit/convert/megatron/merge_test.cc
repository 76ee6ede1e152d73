#include "convert/megatron/merge.h"

#include <gtest/gtest.h>

#include <cstring>

namespace sotto {
namespace {

// Ranks' matrices of numbers, in memory.
class Ranks {
 public:
  void add(uint64_t rows, uint64_t columns, const std::vector<float>& values) {
    values_.push_back(values);
    stored_.push_back(
        {Span<const uint8_t>(reinterpret_cast<const uint8_t*>(values_.back().data()), values.size() * sizeof(float)), "rank"});
    RankPart part;
    part.where = "rank " + std::to_string(parts_.size());
    part.rows = rows;
    part.columns = columns;
    part.whole = Piece{&stored_.back(), 0, columns * sizeof(float), sizeof(float), 0, rows, 0, columns};
    parts_.push_back(part);
  }
  Result<ModelTensor> merge(Cut cut, const MergeOptions& options = {}) const {
    ParameterName name;
    name.name = "p";
    name.cut = cut;
    return merge_parts(name, parts_, options);
  }

 private:
  std::deque<std::vector<float>> values_;
  mutable std::deque<StoredBytes> stored_;
  std::vector<RankPart> parts_;
};

std::vector<float> values_of(const Result<ModelTensor>& t) {
  EXPECT_TRUE(t.ok()) << t.status().text();
  EXPECT_TRUE(check_coverage(t.value()).ok());
  const auto bytes = load_tensor(t.value());
  std::vector<float> values(bytes->size() / sizeof(float));
  std::memcpy(values.data(), bytes->data(), bytes->size());
  return values;
}

TEST(Merge, RowsColumnsAndGates) {
  Ranks rows;
  rows.add(1, 2, {1, 2});
  rows.add(1, 2, {3, 4});
  EXPECT_EQ(values_of(rows.merge(Cut::kRows)), (std::vector<float>{1, 2, 3, 4}));
  EXPECT_EQ(values_of(rows.merge(Cut::kColumns)), (std::vector<float>{1, 2, 3, 4}));
  Ranks columns;
  columns.add(2, 1, {1, 3});
  columns.add(2, 2, {2, 9, 4, 9});
  EXPECT_FALSE(columns.merge(Cut::kColumns).ok()) << "ranks of different widths are not of one model";
  Ranks gated;  // [gate; up] on each rank
  gated.add(2, 1, {1, 10});
  gated.add(2, 1, {2, 20});
  MergeOptions options;
  options.is_gated = true;
  EXPECT_EQ(values_of(gated.merge(Cut::kFirst, options)), (std::vector<float>{1, 2, 10, 20}));
}

TEST(Merge, WhatIsTheSameOnEveryRankMustBe) {
  Ranks same;
  same.add(2, 1, {1, 2});
  same.add(2, 1, {1, 2});
  EXPECT_EQ(values_of(same.merge(Cut::kWhole)), (std::vector<float>{1, 2}));
  Ranks other;
  other.add(2, 1, {1, 2});
  other.add(2, 1, {1, 3});
  const auto merged = other.merge(Cut::kWhole);
  ASSERT_FALSE(merged.ok());
  EXPECT_NE(merged.status().text().find("rank 1"), std::string::npos) << merged.status().text();
}

// 4 heads of 2 over 2 ranks, rows numbered by head * 100 + part * 10 + channel: each version's order gives today's.
TEST(Merge, OlderOrdersOfQkvBecomeTodays) {
  constexpr uint64_t kHeads = 4, kRanks = 2, kHeadDim = 2;
  std::vector<float> today;
  for (uint64_t h = 0; h < kHeads; ++h)
    for (uint64_t part = 0; part < 3; ++part)
      for (uint64_t d = 0; d < kHeadDim; ++d) today.push_back(static_cast<float>(h * 100 + part * 10 + d));
  const auto number = [](uint64_t h, uint64_t part, uint64_t d) { return static_cast<float>(h * 100 + part * 10 + d); };
  for (const double version : {0.0, 1.0, 2.0, 3.0}) {
    Ranks ranks;
    for (uint64_t r = 0; r < kRanks; ++r) {
      const uint64_t first = r * kHeads / kRanks, end = first + kHeads / kRanks;
      std::vector<float> rows;
      if (version == 0)
        for (uint64_t part = 0; part < 3; ++part)
          for (uint64_t h = first; h < end; ++h)
            for (uint64_t d = 0; d < kHeadDim; ++d) rows.push_back(number(h, part, d));
      else if (version == 1)
        for (uint64_t h = first; h < end; ++h)
          for (uint64_t d = 0; d < kHeadDim; ++d)
            for (uint64_t part = 0; part < 3; ++part) rows.push_back(number(h, part, d));
      else
        for (uint64_t h = first; h < end; ++h)
          for (uint64_t part = 0; part < 3; ++part)
            for (uint64_t d = 0; d < kHeadDim; ++d) rows.push_back(number(h, part, d));
      ranks.add(rows.size(), 1, rows);
    }
    MergeOptions options;
    options.version = version;
    options.heads = kHeads;
    EXPECT_EQ(values_of(ranks.merge(Cut::kQkv, options)), today) << "version " << version;
  }
}

}  // namespace
}  // namespace sotto

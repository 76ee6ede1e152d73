#include "model/shard.h"

#include <gtest/gtest.h>

namespace sotto {
namespace {

ModelConfig shape(uint32_t heads, uint32_t kv_heads, uint32_t ffn, uint32_t vocabulary) {
  ModelConfig c;
  c.heads = heads;
  c.kv_heads = kv_heads;
  c.ffn = ffn;
  c.vocabulary = vocabulary;
  c.context_trained = 64;
  return c;
}

void expect_covers(const std::vector<Range>& parts, uint64_t total, const char* what) {
  uint64_t at = 0;
  for (const Range& r : parts) {
    EXPECT_EQ(r.first, at) << what;
    at += r.count;
  }
  EXPECT_EQ(at, total) << what;
}

TEST(Shard, EverythingIsCoveredOnceAndKvHeadsServeTheirQueries) {
  for (const auto& [heads, kv] : {std::pair<uint32_t, uint32_t>{4, 2}, {8, 8}, {9, 3}, {6, 2}, {14, 2}, {5, 1}, {32, 8}})
    for (uint32_t ranks = 1; ranks <= heads && ranks <= 8; ++ranks)
      for (const uint32_t first : {1u, 3u, 100u}) {
        SCOPED_TRACE(testing::Message() << heads << "/" << kv << " on " << ranks << ", first part " << first);
        std::vector<uint32_t> split(ranks, 1);
        split[0] = first;
        const auto s = Sharding::make(shape(heads, kv, 96, 321), ranks, split, 32);
        ASSERT_TRUE(s.ok()) << s.status().text();
        expect_covers(s->ffn, 96, "ffn");
        expect_covers(s->vocabulary, 321, "vocabulary");
        expect_covers(s->positions, 64, "positions");
        expect_covers(s->q_rows(7), uint64_t{heads} * 7, "query rows");
        for (const sotto_rank_heads& h : s->heads) {
          EXPECT_GE(h.heads, 1u);
          const uint32_t group = heads / kv;
          EXPECT_EQ(h.first_kv_head, h.first_head / group);
          EXPECT_EQ(h.first_kv_head + h.kv_heads - 1, (h.first_head + h.heads - 1) / group);
        }
      }
}

TEST(Shard, KvHeadsAreNotReplicatedWhereThereAreEnough) {
  for (const uint32_t ranks : {2u, 3u, 4u}) {
    const auto s = Sharding::make(shape(32, 8, 96, 320), ranks, {}, 1);
    ASSERT_TRUE(s.ok());
    uint32_t held = 0;
    for (const auto& h : s->heads) held += h.kv_heads;
    EXPECT_EQ(held, 8u) << ranks;
  }
}

TEST(Shard, KvHeadsFewerThanRanksAreReplicated) {
  const auto s = Sharding::make(shape(8, 2, 96, 320), 4, {}, 1);
  ASSERT_TRUE(s.ok());
  for (uint32_t r = 0; r < 4; ++r) {
    EXPECT_EQ(s->heads[r].heads, 2u);
    EXPECT_EQ(s->heads[r].kv_heads, 1u);
    EXPECT_EQ(s->heads[r].first_kv_head, r / 2);
  }
}

TEST(Shard, PartsFollowTheSplit) {
  const auto s = Sharding::make(shape(8, 8, 800, 1600), 2, {5, 3}, 1);
  ASSERT_TRUE(s.ok());
  EXPECT_EQ(s->heads[0].heads, 5u);
  EXPECT_EQ(s->ffn[0].count, 500u);
  EXPECT_EQ(s->vocabulary[0].count, 1000u);
}

TEST(Shard, FfnIsCutBetweenBlocksWhereThereAreEnough) {
  const auto blocks = Sharding::make(shape(4, 2, 512, 320), 3, {}, 128);
  ASSERT_TRUE(blocks.ok());
  for (const Range& r : blocks->ffn) EXPECT_EQ(r.first % 128, 0u);
  const auto through = Sharding::make(shape(4, 2, 512, 320), 3, {}, 256);  // two blocks for three ranks
  ASSERT_TRUE(through.ok());
  for (const Range& r : through->ffn) EXPECT_GE(r.count, 170u);
}

TEST(Shard, WhatCannotBeCutIsRefused) {
  const ModelConfig c = shape(4, 2, 96, 320);
  const auto too_many = Sharding::make(c, 5, {}, 1);
  EXPECT_EQ(too_many.status().code(), SOTTO_INVALID_ARGUMENT);
  EXPECT_NE(too_many.status().text().find("5 ranks cannot share 4"), std::string::npos) << too_many.status().text();
  for (const std::vector<uint32_t>& split : {std::vector<uint32_t>{1}, {1, 1, 1}, {1, 0}, {1, ~0u}})
    EXPECT_EQ(Sharding::make(c, 2, split, 1).status().code(), SOTTO_INVALID_ARGUMENT) << split.size();
}

}  // namespace
}  // namespace sotto

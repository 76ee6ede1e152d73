// The plans that model files make: what the backends rely on beyond their own checks.
#include <gtest/gtest.h>

#include <cstring>
#include <set>

#include "unit/model/backend_run.h"
#include "unit/model/raw_gguf.h"

namespace sotto {
namespace {

Plan plan_of(const ModelFile& file, const PlanOptions& options) {
  auto plan = file.plan(options);
  EXPECT_TRUE(plan.ok()) << plan.status().text();
  return plan.ok() ? plan.take() : Plan();
}

ModelFile model(const std::string& name) {
  auto file = open_model(std::string(SOTTO_FIXTURES) + "/" + name + ".gguf");
  EXPECT_TRUE(file.ok()) << file.status().text();
  return file.take();
}

size_t count(const Plan& plan, uint32_t kind) {
  size_t n = 0;
  for (uint32_t i = 0; i < plan.c().step_count; ++i) n += plan.c().steps[i].kind == kind;
  return n;
}

TEST(PlanTest, OneRankReducesNothing) {
  const Plan plan = plan_of(model("gguf/small-f32"), {1, {}});
  EXPECT_EQ(count(plan, SOTTO_STEP_ALL_REDUCE), 0u);
  EXPECT_EQ(count(plan, SOTTO_STEP_ALL_GATHER), 0u);
  EXPECT_EQ(count(plan, SOTTO_STEP_ATTENTION), 2u);
  EXPECT_EQ(plan.c().output_count, 2u);
  EXPECT_EQ(plan.c().slot_count, 2u);
}

TEST(PlanTest, RanksReduceTwicePerLayerAndOnceForTheEmbedding) {
  const Plan plan = plan_of(model("gguf/small-f32"), {3, {}});
  EXPECT_EQ(count(plan, SOTTO_STEP_ALL_REDUCE), 5u);
  EXPECT_EQ(count(plan, SOTTO_STEP_ALL_GATHER), 1u);
}

TEST(PlanTest, TiedTablesAreOneWeightWithTwoUses) {
  const Plan plan = plan_of(model("hf/gpt2"), {2, {}});
  const auto table = plan.find("token_embd.weight");
  ASSERT_EQ(table.size(), 1u);
  EXPECT_EQ(plan.c().weights[table[0]].uses, SOTTO_USE_TABLE | SOTTO_USE_LINEAR);
}

TEST(PlanTest, AFusedTensorIsThreeWeightsBehindEachOther) {
  const ModelFile file = model("hf/gpt2");
  const Plan plan = plan_of(file, {2, {}});
  const auto parts = plan.find("blk.0.attn_qkv.weight");
  ASSERT_EQ(parts.size(), 3u);
  const GgufTensor* t = file.gguf().tensor("blk.0.attn_qkv.weight");
  for (uint32_t i = 0; i < 3; ++i) {
    EXPECT_EQ(plan.c().weights[parts[i]].rows, 40u);
    EXPECT_EQ(plan.sources()[parts[i]].first_row, 40u * i);
    // Rank 1 has the second half of the heads: 20 rows in each part.
    EXPECT_EQ(plan.upload_of(parts[i], 1).bytes, t->bytes.data() + (40 * i + 20) * t->row_bytes);
  }
}

// Every upload stays within its tensor, and together they cover every weight.
TEST(PlanTest, UploadsCoverTheirTensorsAndStayWithin) {
  for (const char* name : {"gguf/small-q4_0", "gguf/small-bf16", "gguf/wide-q4_k_m", "hf/gpt2", "hf/llama-bias"}) {
    const ModelFile file = model(name);
    for (const PlanOptions& options : {PlanOptions{1, {}}, {2, {}}, {3, {}}, {4, {}}, {3, {7, 1, 2}}}) {
      const Plan plan = plan_of(file, options);
      for (uint32_t w = 0; w < plan.c().weight_count; ++w) {
        const sotto_weight& weight = plan.c().weights[w];
        const std::string tensor(weight.name.data, weight.name.size);
        SCOPED_TRACE(std::string(name) + " " + tensor + " on " + std::to_string(options.ranks));
        const WeightType& type = *find_weight_type(weight.type);
        const auto& source = plan.sources()[w].bytes;
        std::vector<uint8_t> seen(weight.rows * weight.columns);
        for (uint32_t rank = 0; rank < options.ranks; ++rank) {
          const sotto_slice& s = weight.slices[rank];
          ASSERT_LE(s.first_row + s.rows, weight.rows);
          ASSERT_LE(s.first_column + s.columns, weight.columns);
          for (uint64_t row = s.first_row; row < s.first_row + s.rows; ++row)
            for (uint64_t c = s.first_column; c < s.first_column + s.columns; ++c) seen[row * weight.columns + c] = 1;
          if (s.rows == 0) continue;
          const sotto_upload u = plan.upload_of(w, rank);
          const auto* begin = static_cast<const uint8_t*>(u.bytes);
          ASSERT_GE(begin, source.data());
          ASSERT_LE(begin + u.byte_count, source.data() + source.size());
          EXPECT_EQ((s.first_column - s.skip_columns) % type.block, 0u);
          EXPECT_LT(s.skip_columns, type.block);
        }
        for (const uint8_t one : seen) ASSERT_EQ(one, 1);
      }
    }
  }
}

TEST(PlanTest, TheHashTellsPlansApart) {
  const ModelFile a = model("gguf/small-f32"), b = model("gguf/small-f16");
  std::set<std::string> hashes;
  const auto hash = [](const Plan& p) { return std::string(reinterpret_cast<const char*>(p.c().hash), 32); };
  for (const PlanOptions& o : {PlanOptions{1, {}}, {2, {}}, {2, {3, 1}}, {3, {}}}) hashes.insert(hash(plan_of(a, o)));
  hashes.insert(hash(plan_of(b, {1, {}})));
  EXPECT_EQ(hashes.size(), 5u);
  EXPECT_EQ(hash(plan_of(a, {2, {}})), hash(plan_of(a, {2, {1, 1}})));
}

TEST(PlanTest, MovedPlansKeepTheirPointers) {
  const ModelFile file = model("hf/qwen3");
  Plan first = plan_of(file, {2, {}});
  const sotto_plan before = first.c();
  const Plan second = std::move(first);
  EXPECT_EQ(std::memcmp(&before, &second.c(), sizeof before), 0);
  EXPECT_EQ(second.c().weights[0].name.size, std::strlen("token_embd.weight"));
  EXPECT_EQ(second.find("blk.1.attn_k_norm.weight").size(), 1u);
}

TEST(PlanTest, RanksBeyondTheHeadsAreRefusedWithTheFileSaid) {
  const auto plan = model("gguf/small-f32").plan({5, {}});
  EXPECT_EQ(plan.status().code(), SOTTO_INVALID_ARGUMENT);
  EXPECT_NE(plan.status().text().find("small-f32.gguf"), std::string::npos) << plan.status().text();
}

}  // namespace
}  // namespace sotto

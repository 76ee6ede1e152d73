#include "run/memory_planner.h"

#include <gtest/gtest.h>

namespace sotto {
namespace {

// 100 for the weights, 1 a row of the chunk, KV of 1 a token in 16 bits and half of it in 8.
Result<sotto_memory_estimate> measure(const MemoryChoice& c) {
  sotto_memory_estimate e{};
  e.context_tokens = c.context_tokens;
  e.weights_mapped = 100;
  e.workspace = c.max_batch;
  e.kv_cache = c.kv_type == SOTTO_KV_Q8_0 ? c.kv_tokens / 2 : c.kv_tokens;
  e.total = e.weights_mapped + e.workspace + e.kv_cache;
  return e;
}

MemoryWishes wishes(uint64_t cap) {
  MemoryWishes w;
  w.context_trained = 8192;
  w.cap_bytes = cap;
  return w;
}

TEST(MemoryPlanner, GivesWayInTheDocumentedOrder) {
  const struct {
    uint64_t cap;
    uint32_t batch, kv, context;
  } cases[] = {{0, 256, SOTTO_KV_F16, 4096},    {4452, 256, SOTTO_KV_F16, 4096}, {4451, 128, SOTTO_KV_F16, 4096},
               {4212, 16, SOTTO_KV_F16, 4096},  {4211, 16, SOTTO_KV_Q8_0, 4096}, {2164, 16, SOTTO_KV_Q8_0, 4096},
               {2163, 16, SOTTO_KV_Q8_0, 4032}, {244, 16, SOTTO_KV_Q8_0, 256}};
  for (const auto& c : cases) {
    const auto plan = plan_memory(wishes(c.cap), measure);
    ASSERT_TRUE(plan.ok()) << c.cap << ": " << plan.status().text();
    EXPECT_EQ(plan.value().choice.max_batch, c.batch) << c.cap;
    EXPECT_EQ(plan.value().choice.kv_type, c.kv) << c.cap;
    EXPECT_EQ(plan.value().choice.context_tokens, c.context) << c.cap;
    EXPECT_LE(plan.value().estimate.total, c.cap ? c.cap : UINT64_MAX);
  }
}

TEST(MemoryPlanner, RefusesWhatCannotFitWithTheNumbers) {
  const auto plan = plan_memory(wishes(243), measure);
  ASSERT_FALSE(plan.ok());
  EXPECT_EQ(plan.status().code(), SOTTO_OUT_OF_MEMORY);
  EXPECT_NE(plan.status().text().find("cap"), std::string::npos);
}

TEST(MemoryPlanner, KeepsWhatTheCallerFixed) {
  auto w = wishes(2000);
  w.context_tokens = 4096;
  EXPECT_EQ(plan_memory(w, measure).status().code(), SOTTO_OUT_OF_MEMORY);
  w = wishes(3000);
  w.kv_type = SOTTO_KV_F16;
  const auto plan = plan_memory(w, measure);
  ASSERT_TRUE(plan.ok());
  EXPECT_EQ(plan.value().choice.kv_type, SOTTO_KV_F16);
  EXPECT_EQ(plan.value().choice.context_tokens, 2880u);
  w.context_tokens = 9000;
  EXPECT_EQ(plan_memory(w, measure).status().code(), SOTTO_INVALID_ARGUMENT);
}

TEST(MemoryPlanner, TakesFloatsWhereTheBackendHasNothingElse) {
  const auto floats_only = [](const MemoryChoice& c) -> Result<sotto_memory_estimate> {
    if (c.kv_type != SOTTO_KV_F32) return Status(SOTTO_UNSUPPORTED, "floats only");
    return measure(c);
  };
  const auto plan = plan_memory(wishes(0), floats_only);
  ASSERT_TRUE(plan.ok());
  EXPECT_EQ(plan.value().choice.kv_type, SOTTO_KV_F32);
}

}  // namespace
}  // namespace sotto

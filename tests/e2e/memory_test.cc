// The memory contract: estimate, hard caps of model and runtime, trim, what a session gives back.
#include <gtest/gtest.h>

#include "e2e/objects.h"

namespace sotto::e2e {
namespace {

const char* const kModel = "gguf/wide-q4_k_m.gguf";

sotto_memory_estimate estimate(sotto_runtime* runtime, const sotto_model_options& options) {
  const std::string path = fixture(kModel);
  const auto source = path_source(path);
  auto found = sized<sotto_memory_estimate>();
  Error error;
  EXPECT_EQ(sotto_model_estimate(runtime, &source, &options, &found, &error), SOTTO_OK) << error.text;
  return found;
}

sotto_model_options cpu_options() {
  auto o = sized<sotto_model_options>();
  o.backend = sotto_cstr("cpu");
  return o;
}

TEST(Memory, AnEstimateIsTheSumOfItsPartsAndWhatWasAskedFor) {
  const auto runtime = make_runtime();
  auto o = cpu_options();
  o.context_tokens = 64;
  o.max_batch = 32;
  o.kv_type = SOTTO_KV_F32;
  const auto e = estimate(runtime.get(), o);
  EXPECT_EQ(e.context_tokens, 64u);
  EXPECT_EQ(e.max_batch, 32u);
  EXPECT_EQ(e.kv_type, SOTTO_KV_F32);
  EXPECT_EQ(e.total, e.weights_mapped + e.weights_copied + e.kv_cache + e.workspace + e.host);
  EXPECT_GT(e.weights_mapped + e.weights_copied, 0u);
  o.kv_type = SOTTO_KV_F16;
  EXPECT_LT(estimate(runtime.get(), o).kv_cache, e.kv_cache);
  o.kv_type = SOTTO_KV_Q8_0;
  EXPECT_LT(estimate(runtime.get(), o).kv_cache, e.kv_cache * 3 / 10);
}

TEST(Memory, UnderACapEverythingGivesWayBeforeItIsRefused) {
  const auto runtime = make_runtime();
  auto o = cpu_options();
  const auto free = estimate(runtime.get(), o);
  o.memory_cap_bytes = free.total;
  EXPECT_EQ(estimate(runtime.get(), o).total, free.total);
  uint64_t last = free.total;
  bool was_refused = false;
  for (uint64_t cap = free.total - 1; cap > 0 && !was_refused; cap -= std::min<uint64_t>(cap, 20000)) {
    o.memory_cap_bytes = cap;
    const std::string path = fixture(kModel);
    const auto source = path_source(path);
    auto found = sized<sotto_memory_estimate>();
    Error error;
    const sotto_status status = sotto_model_estimate(runtime.get(), &source, &o, &found, &error);
    was_refused = status != SOTTO_OK;
    if (was_refused) {
      EXPECT_EQ(status, SOTTO_OUT_OF_MEMORY) << error.text;
      break;
    }
    EXPECT_LE(found.total, cap);
    EXPECT_LE(found.total, last);
    last = found.total;
  }
  EXPECT_TRUE(was_refused);
  EXPECT_LT(last, free.total);
}

// The CPU's copies of the weights are the first to go; what it then reads is the file itself.
TEST(Memory, WeightsStayInPlaceWhereTheirCopyDoesNotFit) {
  const auto runtime = make_runtime();
  auto o = cpu_options();
  const auto roomy = estimate(runtime.get(), o);
  o.memory_cap_bytes = roomy.total - 1;
  const auto tight = estimate(runtime.get(), o);
  EXPECT_LT(tight.weights_copied, roomy.weights_copied);
  EXPECT_GT(tight.weights_mapped, roomy.weights_mapped);
  const auto in_place = open_model(runtime.get(), fixture(kModel), "cpu", &o);
  o.memory_cap_bytes = 0;
  const auto copied = open_model(runtime.get(), fixture(kModel), "cpu", &o);
  const auto says = [](sotto_model* model) {
    return generate(make_session(model).get(), greedy_options({1, 2, 3, 4}, 12)).tokens;
  };
  EXPECT_EQ(says(in_place.get()), says(copied.get()));
}

TEST(Memory, TheRuntimesCapIsForAllItsModelsTogether) {
  auto runtime_options = sized<sotto_runtime_options>();
  {
    const auto unlimited = make_runtime();
    runtime_options.memory_cap_bytes = estimate(unlimited.get(), cpu_options()).total * 3 / 2;
  }
  const auto runtime = make_runtime(&runtime_options);
  auto fixed = cpu_options();
  fixed.context_tokens = 128;
  fixed.max_batch = 128;
  fixed.kv_type = SOTTO_KV_F16;
  auto first = open_model(runtime.get(), fixture(kModel), "cpu", &fixed);
  ASSERT_TRUE(first);
  const std::string path = fixture(kModel);
  const auto source = path_source(path);
  sotto_model* second = nullptr;
  Error error;
  EXPECT_EQ(sotto_model_open(runtime.get(), &source, &fixed, &second, &error), SOTTO_OUT_OF_MEMORY) << error.text;
  first.reset();
  EXPECT_EQ(sotto_model_open(runtime.get(), &source, &fixed, &second, &error), SOTTO_OK) << error.text;
  sotto_model_destroy(second);
}

TEST(Memory, TrimGivesIdleCachesBackAndSessionsGoOn) {
  const auto runtime = make_runtime();
  const auto model = open_model(runtime.get(), fixture("gguf/small-q8_0.gguf"), "cpu");
  const Expected wanted = expected("small-q8_0");
  const SessionPtr session = make_session(model.get());
  auto said = generate(session.get(), greedy_options(wanted.tokens, 4)).tokens;
  auto counters = sized<sotto_counters>();
  for (const uint32_t level : {1u, 2u, 3u}) {
    sotto_runtime_trim(runtime.get(), level);
    ASSERT_EQ(sotto_session_counters(session.get(), &counters, nullptr), SOTTO_OK);
    EXPECT_EQ(counters.cache_bytes == 0, level >= 2) << level;
  }
  const auto rest = generate(session.get(), greedy_options({}, 12)).tokens;
  said.insert(said.end(), rest.begin(), rest.end());
  EXPECT_EQ(said, wanted.greedy);
}

}  // namespace
}  // namespace sotto::e2e

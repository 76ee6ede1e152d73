// tests sdk/src/model/plan_cut.cc: both halves are plans of their own, and each keeps what it needs and nothing else.
#include "model/plan_cut.h"

#include <gtest/gtest.h>

#include "e2e/objects.h"
#include "model/model_file.h"

namespace sotto {
namespace {

Plan plan_of(const char* name, uint32_t ranks = 1) {
  const std::string path = e2e::fixture(name);
  auto bytes = ModelBytes::open(e2e::path_source(path));
  EXPECT_TRUE(bytes.ok());
  auto file = ModelFile::open(bytes.take(), false);
  EXPECT_TRUE(file.ok()) << file.status().text();
  PlanOptions o;
  o.ranks = ranks;
  auto plan = file->plan(o);
  EXPECT_TRUE(plan.ok());
  return plan.take();
}

bool is_there(const sotto_plan& part, uint32_t w) {
  const sotto_slice& s = part.weights[w].slices[0];
  return s.rows != 0 && s.columns != 0;
}

TEST(PlanCut, EachWeightIsWhereItIsUsed) {
  const Plan plan = plan_of("gguf/small-q8_0.gguf");
  ASSERT_EQ(layers_of(plan.c()), 2u);
  auto cut = PlanCut::make(plan.c(), 1);
  ASSERT_TRUE(cut.ok()) << cut.status().text();
  const sotto_plan &first = cut.value()->first(), &second = cut.value()->second();
  EXPECT_EQ(first.slot_count, 1u);
  EXPECT_EQ(second.slot_count, 1u);
  EXPECT_EQ(first.steps[first.step_count - 1].kind, SOTTO_STEP_OUTPUT);
  EXPECT_EQ(second.steps[0].kind, SOTTO_STEP_INPUT);
  EXPECT_EQ(first.step_count + second.step_count, plan.c().step_count + 2);
  for (uint32_t w = 0; w < plan.c().weight_count; ++w) {
    const sotto_str name = plan.c().weights[w].name;
    const std::string text(name.data, name.size);
    EXPECT_TRUE(is_there(first, w) || is_there(second, w)) << text;
    if (text.rfind("blk.", 0) != 0) continue;
    EXPECT_EQ(is_there(first, w), text[4] == '0') << text;
    EXPECT_EQ(is_there(second, w), text[4] == '1') << text;
  }
}

TEST(PlanCut, BehindTheLastLayerThereIsStillTheHead) {
  const Plan plan = plan_of("gguf/small-q8_0.gguf", 2);
  auto cut = PlanCut::make(plan.c(), 2);
  ASSERT_TRUE(cut.ok()) << cut.status().text();
  EXPECT_EQ(cut.value()->second().slot_count, 0u);
  EXPECT_EQ(cut.value()->first().slot_count, 2u);
}

TEST(PlanCut, NoLayerOrMoreThanThereAreIsRefused) {
  const Plan plan = plan_of("gguf/small-q8_0.gguf");
  EXPECT_EQ(PlanCut::make(plan.c(), 0).status().code(), SOTTO_UNSUPPORTED);
  EXPECT_EQ(PlanCut::make(plan.c(), 3).status().code(), SOTTO_UNSUPPORTED);
}

}  // namespace
}  // namespace sotto

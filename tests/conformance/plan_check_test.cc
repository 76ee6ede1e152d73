// backends/common: the plan checker, row sizes, half precision and error texts that all backends use.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "common/plan_check.h"
#include "common/report.h"
#include "common/weight_types.h"
#include "conformance/spoilers.h"

namespace sotto::conformance {
namespace {

TEST(PlanCheck, PassesGoodPlans) {
  for (const ModelShape& model : kModels) {
    for (uint32_t ranks = 1; ranks <= 4; ++ranks) {
      for (const uint32_t type : kTypes) {
        Net net(ranks, 6000 + ranks, model.vocabulary);
        build(net, model, type);
        sotto_error error{sizeof error, 0, {}};
        EXPECT_EQ(backend::check_plan(&net.plan(), &error), SOTTO_OK) << model.name << ": " << error.text;
      }
    }
  }
}

TEST(PlanCheck, RefusesEverySpoiltPlanWithItsStatus) {
  for (const Spoiler& spoiler : spoilers()) {
    SpoiltPlan spoilt;
    spoiler.spoil(spoilt);
    sotto_error error{sizeof error, 0, {}};
    EXPECT_EQ(backend::check_plan(&spoilt.plan, &error), spoiler.status) << spoiler.what << ": " << error.text;
    EXPECT_EQ(error.status, spoiler.status) << spoiler.what;
    EXPECT_NE(error.text[0], '\0') << spoiler.what;
  }
  EXPECT_EQ(backend::check_plan(nullptr, nullptr), SOTTO_INVALID_ARGUMENT);
}

// Random damage: any answer, no crash (the sanitizers watch).
TEST(PlanCheck, SurvivesRandomDamage) {
  Random random(7);
  for (int round = 0; round < 1000; ++round) {
    SpoiltPlan p;
    // Pointers and the sizes of what they point to stay: wild ones are outside of any check.
    const auto damage = [&](void* bytes, size_t size) {
      auto* words = static_cast<uint32_t*>(bytes);
      words[random() % (size / 4)] =
          random() % 2 == 0 ? static_cast<uint32_t>(random()) : static_cast<uint32_t>(random() % 300);
    };
    switch (random() % 6) {
      case 0:
        damage(&p.weights[random() % p.weights.size()], offsetof(sotto_weight, slices));
        break;
      case 1:
        damage(&p.slices[random() % p.slices.size()][random() % 2], sizeof(sotto_slice));
        break;
      case 2:
        damage(&p.steps()[random() % p.steps().size()], offsetof(sotto_step, args));
        break;
      case 3:
        damage(&p.attention().flags, sizeof(sotto_attention_args) - sizeof(uint32_t));  // its size is the maker's word
        break;
      case 4:
        damage(&p.heads(static_cast<uint32_t>(random() % 2)), sizeof(sotto_rank_heads));
        break;
      default:
        damage(&p.widths()[random() % p.widths().size()], 4);
        break;
    }
    const sotto_status s = backend::check_plan(&p.plan, nullptr);
    EXPECT_TRUE(s == SOTTO_OK || s == SOTTO_INVALID_ARGUMENT || s == SOTTO_UNSUPPORTED);
  }
}

TEST(WeightTypes, RowsAreWholeBlocks) {
  struct Case {
    uint32_t type;
    uint64_t columns, bytes;
  };
  for (const Case& c : {Case{SOTTO_F32, 7, 28}, Case{SOTTO_BF16, 7, 14}, Case{SOTTO_Q4_0, 64, 36}, Case{SOTTO_Q4_1, 33, 40},
                        Case{SOTTO_Q8_0, 0, 0}, Case{SOTTO_Q4_K, 256, 144}, Case{SOTTO_Q6_K, 257, 420}})
    EXPECT_EQ(backend::row_bytes(*backend::find_weight_type(c.type), c.columns), c.bytes) << c.type;
  EXPECT_EQ(backend::find_weight_type(4), nullptr);
}

TEST(WeightTypes, HalfPrecisionIsExact) {
  struct Case {
    uint16_t bits;
    float value;
  };
  for (const Case& c :
       {Case{0x0000, 0.0f}, Case{0x3C00, 1.0f}, Case{0xC000, -2.0f}, Case{0x7BFF, 65504.0f}, Case{0x0400, 0x1p-14f},
        Case{0x0001, 0x1p-24f}, Case{0x83FF, -0x1.ff8p-15f}, Case{0x7C00, HUGE_VALF}, Case{0xFC00, -HUGE_VALF}})
    EXPECT_EQ(backend::float_from_f16(c.bits), c.value) << c.bits;
  EXPECT_TRUE(std::signbit(backend::float_from_f16(0x8000)));
  EXPECT_TRUE(std::isnan(backend::float_from_f16(0x7E00)));
  EXPECT_EQ(backend::float_from_bf16(0xC049), -3.140625f);
}

TEST(Report, FillsAsMuchAsTheCallerHasAndNeverHalfACharacter) {
  struct Guarded {
    sotto_error error;
    char behind;
  } g{};
  g.behind = 'x';
  for (const uint32_t room : {0u, 4u, 8u, 9u, 12u, 300u}) {
    std::memset(g.error.text, '#', sizeof g.error.text);
    g.error.struct_size = room;
    g.error.status = 0;
    EXPECT_EQ(backend::fail(&g.error, SOTTO_NOT_FOUND, "ab%s", "\xC3\xA9\xC3\xA9"), SOTTO_NOT_FOUND);
    EXPECT_EQ(g.error.status, room >= 8 ? SOTTO_NOT_FOUND : 0) << room;
    // 12 leave three bytes and the end: one short for the first character of two.
    EXPECT_TRUE(room != 12 || std::strcmp(g.error.text, "ab") == 0) << g.error.text;
    EXPECT_TRUE(room != 300 || std::strcmp(g.error.text, "ab\xC3\xA9\xC3\xA9") == 0) << g.error.text;
  }
  g.error.struct_size = sizeof g.error;
  EXPECT_EQ(backend::fail(&g.error, SOTTO_IO_ERROR, "%s", std::string(2000, 'y').c_str()), SOTTO_IO_ERROR);
  EXPECT_EQ(std::strlen(g.error.text), sizeof g.error.text - 1);
  EXPECT_EQ(g.behind, 'x');
  EXPECT_EQ(backend::fail(nullptr, SOTTO_BUSY, "x"), SOTTO_BUSY);
}

}  // namespace
}  // namespace sotto::conformance

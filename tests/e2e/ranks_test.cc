// Tensor parallelism in one process: on 1 to 8 ranks, with KV heads shared out and replicated, in even and uneven parts, also
// where a part cuts a quantization block, a model says what it says on one rank; the same parts give the same bits.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>

#include "e2e/objects.h"
#include "unit/model/raw_gguf.h"

namespace sotto::e2e {
namespace {

// KV f32 and float activations: nothing but the order of the sums differs.
constexpr float kTolerance = 1e-4F;

struct Parts {
  uint32_t ranks;
  std::vector<uint32_t> split;
};
const Parts kParts[] = {{2, {}}, {3, {}}, {4, {}}, {5, {}}, {8, {}}, {2, {5, 3}}, {3, {1, 4, 2}}, {5, {4, 1, 1, 3, 2}}};

struct Case {
  const char* file;
  const char* backend;
};

class Ranks : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    // The same matrices as more and smaller heads.
    RawGguf raw = RawGguf::parse(sotto::fixture(std::string("gguf/") + GetParam().file + ".gguf"));
    const auto change = [&](const char* name, uint32_t value) { raw.key(name).value = sotto::raw<uint32_t>(value); };
    change("llama.attention.head_count", 8);
    change("llama.attention.head_count_kv", 4);
    path_ = testing::TempDir() + "ranks-" + GetParam().file + ".gguf";
    std::ofstream(path_, std::ios::binary) << raw.write();
  }
  void TearDown() override { std::remove(path_.c_str()); }

  struct Said {
    std::vector<float> logits;
    std::vector<uint32_t> greedy;
  };
  Said ask(const Parts& parts) const {
    auto o = sized<sotto_model_options>();
    o.ranks = parts.ranks;
    o.split = parts.split.empty() ? nullptr : parts.split.data();
    o.kv_type = SOTTO_KV_F32;
    o.threads = 2;
    const RuntimePtr runtime = make_runtime();
    const ModelPtr model = open_model(runtime.get(), path_, GetParam().backend, &o);
    const SessionPtr session = make_session(model.get());
    Said said;
    said.logits = feed(session.get(), expected(GetParam().file).tokens);
    const Answer a = generate(session.get(), greedy_options({}, 12));
    EXPECT_EQ(a.status, SOTTO_OK) << a.error;
    said.greedy = a.tokens;
    return said;
  }

  std::string path_;
};

INSTANTIATE_TEST_SUITE_P(Models, Ranks, testing::Values(Case{"small-f32", "cpu"}, Case{"wide-q4_k_m", "reference"}),
                         [](const auto& p) { return p.param.backend; });

TEST_P(Ranks, SayWhatOneRankSays) {
  const Said one = ask({1, {}});
  for (const Parts& parts : kParts) {
    const Said several = ask(parts);
    ASSERT_EQ(several.logits.size(), one.logits.size());
    float worst = 0;
    for (size_t i = 0; i < one.logits.size(); ++i) worst = std::max(worst, std::fabs(several.logits[i] - one.logits[i]));
    std::printf("%s on %s, %u ranks%s: worst difference %.1e\n", GetParam().file, GetParam().backend, parts.ranks,
                parts.split.empty() ? "" : " of uneven parts", worst);
    EXPECT_LE(worst, kTolerance) << parts.ranks << " ranks, " << parts.split.size() << " parts";
    EXPECT_EQ(several.greedy, one.greedy) << parts.ranks << " ranks";
  }
}

TEST_P(Ranks, TheSamePartsGiveTheSameBits) {
  for (const Parts& parts : {Parts{3, {1, 4, 2}}, Parts{2, {}}}) EXPECT_EQ(ask(parts).logits, ask(parts).logits) << parts.ranks;
}

}  // namespace
}  // namespace sotto::e2e

// LoRA adapters through the C interface: the logits of merged weights, one adapter per session, swapped in the middle of a
// text.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <thread>

#include "e2e/lora.h"
#include "e2e/objects.h"
#include "unit/model/raw_gguf.h"

namespace sotto::e2e {
namespace {

constexpr uint32_t kHidden = kLoraColumns, kRank = kLoraRank;
const char* const kWeight = "blk.1.attn_q.weight";

float a_at(uint32_t seed, uint32_t r, uint32_t column) {
  return 0.2f * std::sin(static_cast<float>(seed * 31 + r * 7 + column));
}
float b_at(uint32_t seed, uint32_t row, uint32_t r) { return 0.2f * std::cos(static_cast<float>(seed * 17 + row * 3 + r)); }

std::string adapter_file(uint32_t seed) {
  std::vector<float> numbers;
  for (uint32_t r = 0; r < kRank; ++r)
    for (uint32_t c = 0; c < kHidden; ++c) numbers.push_back(a_at(seed, r, c));
  for (uint32_t row = 0; row < kHidden; ++row)
    for (uint32_t r = 0; r < kRank; ++r) numbers.push_back(b_at(seed, row, r));
  return lora_file({kWeight}, numbers);
}

std::string merged_file(uint32_t seed, float strength) {
  RawGguf g = RawGguf::parse(file_bytes(fixture("gguf/small-f32.gguf")));
  char* weight = g.data.data() + g.tensor(kWeight).offset;
  for (uint32_t row = 0; row < kHidden; ++row)
    for (uint32_t c = 0; c < kHidden; ++c, weight += sizeof(float)) {
      float w = 0;
      std::memcpy(&w, weight, sizeof w);
      for (uint32_t r = 0; r < kRank; ++r) w += strength * kLoraAlpha / kRank * b_at(seed, row, r) * a_at(seed, r, c);
      std::memcpy(weight, &w, sizeof w);
    }
  return g.write();
}

class Adapter : public testing::TestWithParam<const char*> {
 protected:
  std::vector<float> merged(uint32_t seed, float strength) {
    const std::string bytes = merged_file(seed, strength);
    const auto source = memory_source(bytes);
    auto options = sized<sotto_model_options>();
    options.backend = sotto_cstr(GetParam());
    sotto_model* opened = nullptr;
    Error error;
    EXPECT_EQ(sotto_model_open(runtime.get(), &source, &options, &opened, &error), SOTTO_OK) << error.text;
    const ModelPtr owner(opened);
    return feed(make_session(opened).get(), tokens);
  }
  std::vector<float> adapted(sotto_lora* lora, float strength) {
    const SessionPtr session = make_session(model.get());
    EXPECT_EQ(sotto_session_set_lora(session.get(), lora, strength, nullptr), SOTTO_OK);
    return feed(session.get(), tokens);
  }
  static float difference(const std::vector<float>& a, const std::vector<float>& b) {
    float most = 0;
    for (size_t i = 0; i < a.size(); ++i) most = std::max(most, std::abs(a[i] - b[i]));
    return most;
  }

  const RuntimePtr runtime = make_runtime();
  const ModelPtr model = open_model(runtime.get(), fixture("gguf/small-f32.gguf"), GetParam());
  const std::vector<uint32_t> tokens = expected("small-f32").tokens;
  const std::string files[2] = {adapter_file(1), adapter_file(2)};
};

INSTANTIATE_TEST_SUITE_P(Backends, Adapter, testing::Values("reference", "cpu"), [](const auto& p) { return p.param; });

TEST_P(Adapter, GivesTheLogitsOfMergedWeights) {
  const LoraPtr first = open_lora(model.get(), files[0]), second = open_lora(model.get(), files[1]);
  const auto plain = adapted(nullptr, 1);
  for (const float strength : {1.0f, 0.5f, -2.0f}) {
    const auto one = adapted(first.get(), strength), two = adapted(second.get(), strength);
    EXPECT_LT(difference(one, merged(1, strength)), 1e-2f) << strength;  // float32 sums in another order; the cache is F16
    EXPECT_LT(difference(two, merged(2, strength)), 1e-2f) << strength;
    EXPECT_GT(difference(one, plain), 0.1f);
    EXPECT_GT(difference(one, two), 0.1f);
  }
  EXPECT_EQ(adapted(first.get(), 0), plain);
}

TEST_P(Adapter, OnePerSessionInTheSameSteps) {
  const LoraPtr loras[] = {open_lora(model.get(), files[0]), open_lora(model.get(), files[1]), nullptr};
  std::vector<uint32_t> alone[3], together[3];
  const auto talk = [&](size_t i) {
    const SessionPtr session = make_session(model.get());
    EXPECT_EQ(sotto_session_set_lora(session.get(), loras[i].get(), 1.5f, nullptr), SOTTO_OK);
    return generate(session.get(), greedy_options(tokens, 20)).tokens;
  };
  for (size_t i = 0; i < 3; ++i) alone[i] = talk(i);
  EXPECT_NE(alone[0], alone[2]);
  std::vector<std::thread> threads;
  for (size_t i = 0; i < 3; ++i) threads.emplace_back([&, i] { together[i] = talk(i); });
  for (auto& t : threads) t.join();
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(together[i], alone[i]) << i;
}

TEST_P(Adapter, IsHeldByItsSessionAndForItsModelOnly) {
  LoraPtr lora = open_lora(model.get(), files[0]);
  const auto wanted = adapted(lora.get(), 1);
  const SessionPtr session = make_session(model.get());
  ASSERT_EQ(sotto_session_set_lora(session.get(), lora.get(), 1, nullptr), SOTTO_OK);
  Error error;
  EXPECT_EQ(sotto_session_set_lora(session.get(), lora.get(), NAN, &error), SOTTO_INVALID_ARGUMENT) << error.text;
  const auto other = open_model(runtime.get(), fixture("gguf/small-f16.gguf"), GetParam());
  const SessionPtr foreign = make_session(other.get());
  EXPECT_EQ(sotto_session_set_lora(foreign.get(), lora.get(), 1, &error), SOTTO_MISMATCH) << error.text;
  lora.reset();
  EXPECT_EQ(feed(session.get(), tokens), wanted);
  std::string cut = files[0].substr(0, files[0].size() / 2);
  const auto source = memory_source(cut);
  sotto_lora* none = nullptr;
  EXPECT_EQ(sotto_lora_open(model.get(), &source, &none, &error), SOTTO_BAD_FILE) << error.text;
}

}  // namespace
}  // namespace sotto::e2e

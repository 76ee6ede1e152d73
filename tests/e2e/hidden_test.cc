// Embeddings and heads through the C interface: a head written into a tiny model's file is applied to its hidden states.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "e2e/objects.h"
#include "unit/model/raw_gguf.h"

namespace sotto::e2e {
namespace {

constexpr uint32_t kHidden = 64, kLabels = 3;

float weight_at(uint32_t row, uint32_t column) { return std::sin(static_cast<float>(row * 64 + column)); }

std::string model_with_heads() {
  constexpr uint32_t kText = 8, kArray = 9;
  RawGguf file = RawGguf::parse(file_bytes(fixture("gguf/small-f32.gguf")));
  for (const char* name : {"mood", "intent"})
    file.keys.push_back({"sotto.head." + std::string(name) + ".labels",
                         kArray,
                         raw_array(kText, kLabels, raw_text("negative") + raw_text("neutral") + raw_text("正面")),
                         {}});
  for (const char* name : {"mood", "intent"}) {
    file.tensors.push_back({"sotto.head." + std::string(name) + ".weight", {kHidden, kLabels}, SOTTO_F32, 0, {}, {}});
    file.data.resize((file.data.size() + 31) / 32 * 32);
    file.tensors.back().offset = file.data.size();
    for (uint32_t r = 0; r < kLabels; ++r)
      for (uint32_t c = 0; c < kHidden; ++c) file.data += raw(weight_at(r, c));
  }
  return file.write();
}

class Hidden : public testing::Test {
 protected:
  void SetUp() override {
    const auto source = memory_source(bytes);
    auto options = sized<sotto_model_options>();
    options.backend = sotto_cstr("reference");
    sotto_model* opened = nullptr;
    Error error;
    ASSERT_EQ(sotto_model_open(runtime.get(), &source, &options, &opened, &error), SOTTO_OK) << error.text;
    model.reset(opened);
  }
  std::vector<float> embed(sotto_session* session, uint32_t pooling, uint32_t flags = 0) {
    auto o = sized<sotto_embed_options>();
    o.pooling = pooling;
    o.flags = flags;
    std::vector<float> vector(kHidden);
    Error error;
    EXPECT_EQ(sotto_session_embed(session, ids.data(), ids.size(), &o, vector.data(), vector.size(), &error), SOTTO_OK)
        << error.text;
    return vector;
  }

  const std::string bytes = model_with_heads();
  const std::vector<uint32_t> ids = expected("small-f32").tokens;
  const RuntimePtr runtime = make_runtime();
  ModelPtr model;
};

TEST_F(Hidden, PoolingIsWhatTheRowsSay) {
  const SessionPtr session = make_session(model.get());
  const auto rows = feed(session.get(), ids, SOTTO_OUTPUT_HIDDEN);
  ASSERT_EQ(rows.size(), ids.size() * kHidden);
  std::vector<float> mean(kHidden);
  for (size_t i = 0; i < rows.size(); ++i) mean[i % kHidden] += rows[i] / static_cast<float>(ids.size());
  const struct {
    uint32_t pooling;
    std::vector<float> wanted;
  } cases[] = {{SOTTO_POOL_LAST, {rows.end() - kHidden, rows.end()}},
               {SOTTO_POOL_FIRST, {rows.begin(), rows.begin() + kHidden}},
               {SOTTO_POOL_MEAN, mean}};
  for (const auto& c : cases) {
    const auto vector = embed(make_session(model.get()).get(), c.pooling);
    const auto unit = embed(make_session(model.get()).get(), c.pooling, SOTTO_EMBED_NORMALIZE);
    float length = 0;
    for (const float x : c.wanted) length += x * x;
    for (uint32_t i = 0; i < kHidden; ++i) {
      EXPECT_NEAR(vector[i], c.wanted[i], 1e-5);
      EXPECT_NEAR(unit[i], c.wanted[i] / std::sqrt(length), 1e-5);
    }
  }
}

TEST_F(Hidden, AHeadIsFoundDescribedAndApplied) {
  ASSERT_EQ(sotto_model_head_count(model.get()), 2u);
  uint32_t mood = 99;
  Error error;
  ASSERT_EQ(sotto_model_head_find(model.get(), sotto_cstr("mood"), &mood, &error), SOTTO_OK) << error.text;
  EXPECT_EQ(sotto_model_head_find(model.get(), sotto_cstr("moot"), &mood, &error), SOTTO_NOT_FOUND);
  EXPECT_NE(std::strstr(error.text, "intent, mood"), nullptr) << error.text;
  auto info = sized<sotto_head_info>();
  ASSERT_EQ(sotto_model_head_info(model.get(), mood, &info, &error), SOTTO_OK);
  EXPECT_STREQ(info.name, "mood");
  EXPECT_EQ(info.labels, kLabels);
  EXPECT_EQ(info.outputs, kLabels);
  EXPECT_EQ(info.kind, SOTTO_HEAD_SEQUENCE);
  auto label = sized<sotto_head_label>();
  ASSERT_EQ(sotto_model_head_label(model.get(), mood, 2, &label, &error), SOTTO_OK);
  EXPECT_STREQ(label.text, "正面");
  EXPECT_EQ(sotto_model_head_label(model.get(), mood, 3, &label, &error), SOTTO_NOT_FOUND);
  EXPECT_EQ(sotto_model_head_info(model.get(), 2, &info, &error), SOTTO_NOT_FOUND);

  const auto vector = embed(make_session(model.get()).get(), SOTTO_POOL_LAST);
  float logits[kLabels];
  EXPECT_EQ(sotto_head_apply(model.get(), mood, vector.data(), 1, logits, kLabels - 1, &error), SOTTO_INVALID_ARGUMENT);
  ASSERT_EQ(sotto_head_apply(model.get(), mood, vector.data(), 1, logits, kLabels, &error), SOTTO_OK) << error.text;
  for (uint32_t r = 0; r < kLabels; ++r) {
    double wanted = 0;
    for (uint32_t c = 0; c < kHidden; ++c) wanted += static_cast<double>(vector[c]) * static_cast<double>(weight_at(r, c));
    EXPECT_NEAR(logits[r], wanted, 1e-4);
  }
}

TEST_F(Hidden, WrongCallsAreSentencesAndFeedNothing) {
  const SessionPtr session = make_session(model.get());
  std::vector<float> vector(kHidden);
  Error error;
  EXPECT_EQ(sotto_session_embed(session.get(), ids.data(), ids.size(), nullptr, vector.data(), kHidden - 1, &error),
            SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(sotto_session_embed(session.get(), nullptr, 0, nullptr, vector.data(), kHidden, &error), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(sotto_session_embed(session.get(), ids.data(), 1, nullptr, nullptr, kHidden, &error), SOTTO_INVALID_ARGUMENT);
  auto o = sized<sotto_embed_options>();
  o.pooling = 3;
  EXPECT_EQ(sotto_session_embed(session.get(), ids.data(), 1, &o, vector.data(), kHidden, &error), SOTTO_UNSUPPORTED);
  EXPECT_EQ(sotto_session_embed(nullptr, ids.data(), 1, &o, vector.data(), kHidden, &error), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(sotto_session_position(session.get()), 0u);
  EXPECT_EQ(sotto_model_head_count(nullptr), 0u);
  const auto plain = open_model(runtime.get(), fixture("gguf/small-f32.gguf"), "reference");
  EXPECT_EQ(sotto_model_head_count(plain.get()), 0u);
}

}  // namespace
}  // namespace sotto::e2e

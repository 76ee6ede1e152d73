// Arguments over the fixtures' own: what they come to, and which are refused by name.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "convert/megatron/model.h"

namespace sotto {
namespace {

namespace fs = std::filesystem;

class DescribeTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "sotto-describe-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { fs::remove_all(folder_); }

  Result<std::unique_ptr<Checkpoint>> read(const std::string& model, const std::string& json) const {
    const std::string config = (folder_ / "config.json").string();
    std::ofstream(config) << json;
    return read_megatron(std::string(SOTTO_FIXTURES) + "/megatron/" + model, config);
  }
  ModelDescription describe(const std::string& model, const std::string& json) const {
    auto checkpoint = read(model, json);
    EXPECT_TRUE(checkpoint.ok()) << checkpoint.status().text();
    return checkpoint.ok() ? checkpoint.value()->description : ModelDescription();
  }

  fs::path folder_;
};

constexpr const char* kGpt2 = "gpt2/legacy_tp2";
constexpr const char* kLlama = "llama/legacy_tp1";

TEST_F(DescribeTest, TheFusionDecidesWhichGeluIsMeant) {
  EXPECT_EQ(describe(kGpt2, R"({"bias_gelu_fusion": true})").activation, SOTTO_ACT_GELU_TANH);
  EXPECT_EQ(describe(kGpt2, R"({"bias_gelu_fusion": false})").activation, SOTTO_ACT_GELU_ERF);
  EXPECT_EQ(describe(kGpt2, R"({"squared_relu": true})").activation, SOTTO_ACT_RELU_SQUARED);
  EXPECT_EQ(describe(kLlama, R"({"swiglu": false, "quick_geglu": true})").activation, SOTTO_ACT_QUICK_GELU);
  EXPECT_EQ(describe(kLlama, R"({"swiglu": false})").activation, SOTTO_ACT_GELU_ERF) << "a gate without biases: no fusion";
}

TEST_F(DescribeTest, WindowsAndUnrotatedLayersFollowTheirPatterns) {
  EXPECT_EQ(describe(kLlama, R"({"window_size": [3, 0]})").windows, (std::vector<uint32_t>{4, 4}));
  EXPECT_EQ(describe(kLlama, R"({"window_size": [3, 0], "window_attn_skip_freq": 2})").windows, (std::vector<uint32_t>{4, 0}));
  EXPECT_EQ(describe(kLlama, R"({"window_size": [3, 0], "window_attn_skip_freq": [0, 1]})").windows,
            (std::vector<uint32_t>{0, 4}));
  EXPECT_EQ(describe(kLlama, R"({"no_rope_freq": 2})").rope.layers, (std::vector<bool>{true, false}));
  EXPECT_EQ(describe(kLlama, R"({"no_rope_freq": [1, 0]})").rope.layers, (std::vector<bool>{false, true}));
}

TEST_F(DescribeTest, TheUsersFactorIsMeantTheTrainersIsNot) {
  EXPECT_EQ(describe(kLlama, R"({"use_rope_scaling": true})").rope.factor, 8);
  EXPECT_EQ(describe(kLlama, R"({"use_rope_scaling": true, "rope_scaling_factor": 32})").rope.factor, 32);
  const ModelDescription d = describe(kLlama, R"({"use_rope_scaling": false, "rotary_seq_len_interpolation_factor": 2})");
  EXPECT_EQ(d.rope.scaling, RopeScaling::kLinear);
  EXPECT_EQ(d.rope.factor, 2);
}

TEST_F(DescribeTest, OtherOptionsAreTaken) {
  const ModelDescription d = describe(kLlama, R"({"rotary_percent": 0.5, "rotary_interleaved": true, "softmax_scale": 0.25,
    "softmax_type": "off-by-one", "glu_linear_offset": 1.0, "activation_func_clamp_value": 7.0, "use_rope_scaling": false, "qk_l2_norm": true})");
  EXPECT_EQ(d.rope.dimensions, d.head_dim / 2);
  EXPECT_EQ(d.rope.layout, SOTTO_ROTATION_INTERLEAVED);
  EXPECT_EQ(d.attention_scale, 0.25);
  EXPECT_EQ(d.sink, Sink::kZero);
  EXPECT_EQ(d.gate_offset, 1);
  EXPECT_EQ(d.activation_clamp, 7);
  EXPECT_TRUE(d.has_qk_norm);
}

TEST_F(DescribeTest, WhatIsUnknownOrContradictoryIsRefusedByName) {
  const struct {
    const char* json;
    const char* name;
  } kCases[] = {
      {R"({"multi_latent_attention": true})", "multi_latent_attention"},
      {R"({"num_experts": 8})", "num_experts"},
      {R"({"use_mup": true})", "use_mup"},
      {R"({"attention_output_gate": true})", "attention_output_gate"},
      {R"({"experimental_attention_variant": "gated_delta_net"})", "experimental_attention_variant"},
      {R"({"apply_residual_connection_post_layernorm": true})", "apply_residual_connection_post_layernorm"},
      {R"({"position_embedding_type": "mrope"})", "mrope"},
      {R"({"position_embedding_type": "relative"})", "relative"},
      {R"({"position_embedding_type": "learned_absolute"})", "position_embeddings.weight is missing"},
      {R"({"normalization": "ScaleNorm"})", "ScaleNorm"},
      {R"({"softmax_type": "learnable"})", "softmax_offset is missing"},
      {R"({"softmax_type": "sparse"})", "softmax_type"},
      {R"({"window_size": [3, 1]})", "window_size"},
      {R"({"window_size": 3})", "window_size"},
      {R"({"num_layers": 3})", "a layer is missing"},
      {R"({"hidden_size": 64})", "hidden_size"},
      {R"({"num_query_groups": 3})", "num_query_groups"},
      {R"({"num_query_groups": 1})", "linear_qkv"},
      {R"({"ffn_hidden_size": 100})", "ffn_hidden_size"},
      {R"({"qk_layernorm": true})", "q_layernorm is missing"},
      {R"({"untie_embeddings_and_output_weights": false})", "untie_embeddings_and_output_weights"},
      {R"({"rotary_percent": 2})", "rotary_percent"},
      {R"({"layernorm_epsilon": "small"})", "layernorm_epsilon"},
      {R"({"position_embedding_type": "yarn"})", "yarn_rotary_scaling_factor"},
      {R"({"hybrid_layer_pattern": "M-*-"})", "hybrid_layer_pattern"},
      {"[]", "no JSON object"},
      {"{", "no JSON object"},
  };
  for (const auto& c : kCases) {
    const auto checkpoint = read(kLlama, c.json);
    ASSERT_FALSE(checkpoint.ok()) << c.json;
    EXPECT_NE(checkpoint.status().text().find(c.name), std::string::npos) << c.json << ": " << checkpoint.status().text();
  }
}

}  // namespace
}  // namespace sotto

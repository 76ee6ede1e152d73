#include "convert/hf/hf_config.h"

#include <gtest/gtest.h>

#include <cmath>

#include "unit/convert/hf/test_folder.h"

namespace sotto {
namespace {

Result<HfConfig> read(const std::string& text) {
  auto json = parse_json(text, "config.json");
  if (!json.ok()) return json.status();
  return read_hf_config(json.value(), "config.json");
}

std::string rotary(const std::string& family, const std::string& more = "") {
  return R"({"model_type":")" + family +
         R"(","hidden_size":48,"intermediate_size":96,"num_hidden_layers":4,"num_attention_heads":6,"num_key_value_heads":2,)" +
         R"("vocab_size":320,"max_position_embeddings":64)" + (more.empty() ? "" : "," + more) + "}";
}
std::string gpt2(const std::string& more = "") {
  return R"({"model_type":"gpt2","n_layer":2,"n_embd":40,"n_head":4,"vocab_size":320)" + (more.empty() ? "" : "," + more) + "}";
}

ModelDescription described(const std::string& text) {
  const auto config = read(text);
  EXPECT_TRUE(config.ok()) << config.status().text() << "\n" << text;
  return config.ok() ? config.value().description : ModelDescription();
}

TEST(HfConfig, DefaultsAreThoseOfTheFamily) {
  const ModelDescription l = described(rotary("llama"));
  EXPECT_EQ(l.head_dim, 8u);
  EXPECT_EQ(l.kv_heads, 2u);
  EXPECT_EQ(l.norm, SOTTO_NORM_RMS);
  EXPECT_DOUBLE_EQ(l.norm_epsilon, 1e-6);
  EXPECT_EQ(l.activation, SOTTO_ACT_SILU);
  EXPECT_TRUE(l.is_gated);
  EXPECT_FALSE(l.is_tied);
  EXPECT_DOUBLE_EQ(l.rope.base, 10000);
  EXPECT_EQ(l.rope.dimensions, 8u);
  EXPECT_TRUE(l.windows.empty());
  EXPECT_EQ(described(rotary("qwen3")).head_dim, 128u);
  EXPECT_TRUE(described(rotary("qwen3")).has_qk_norm);
  EXPECT_EQ(described(rotary("mistral")).windows, std::vector<uint32_t>(4, 4096));
  const ModelDescription g = described(gpt2());
  EXPECT_EQ(g.ffn, 160u);
  EXPECT_EQ(g.context, 1024u);
  EXPECT_EQ(g.activation, SOTTO_ACT_GELU_TANH);
  EXPECT_TRUE(g.is_tied);
  EXPECT_EQ(g.positions, Positions::kLearned);
}

TEST(HfConfig, TheFamilyFollowsFromTheArchitectureToo) {
  const auto config = read(
      R"({"architectures":["Qwen2Model"],"hidden_size":48,"intermediate_size":96,"num_hidden_layers":1,"num_attention_heads":6,)"
      R"("num_key_value_heads":2,"vocab_size":9})");
  ASSERT_TRUE(config.ok()) << config.status().text();
  EXPECT_EQ(config.value().family, "qwen2");
  EXPECT_TRUE(config.value().qkv_bias);
  EXPECT_FALSE(config.value().output_bias);
}

TEST(HfConfig, BothStylesOfRotationsAreRead) {
  const struct {
    const char* keys;
    RopeScaling scaling;
    double base, factor;
  } cases[] = {
      {R"("rope_theta":500000.0,"rope_scaling":null)", RopeScaling::kNone, 500000, 1},
      {R"("rope_parameters":{"rope_theta":500000.0,"rope_type":"default"})", RopeScaling::kNone, 500000, 1},
      {R"("rope_theta":500000.0,"rope_scaling":{"type":"linear","factor":2.0})", RopeScaling::kLinear, 500000, 2},
      {R"("rope_parameters":{"rope_theta":20000,"rope_type":"linear","factor":4})", RopeScaling::kLinear, 20000, 4},
      {R"("rope_theta":7000.0,"rope_parameters":{"rope_theta":20000,"rope_type":"default"})", RopeScaling::kNone, 20000, 1},
      {R"("rope_scaling":{"rope_type":"llama3","factor":8.0,"low_freq_factor":1.0,"high_freq_factor":4.0,)"
       R"("original_max_position_embeddings":16})",
       RopeScaling::kLlama3, 10000, 8},
      {R"("rope_scaling":{"type":"yarn","rope_type":"yarn","factor":4.0,"original_max_position_embeddings":16})",
       RopeScaling::kYarn, 10000, 4},
  };
  for (const auto& c : cases) {
    const RopeDescription r = described(rotary("llama", c.keys)).rope;
    EXPECT_EQ(r.scaling, c.scaling) << c.keys;
    EXPECT_DOUBLE_EQ(r.base, c.base) << c.keys;
    EXPECT_DOUBLE_EQ(r.factor, c.factor) << c.keys;
    if (c.scaling >= RopeScaling::kLlama3) {
      EXPECT_EQ(r.original_context, 16u) << c.keys;
    }
  }
}

TEST(HfConfig, TheMagnitudeOfYarnIsThatOfTransformers) {
  const struct {
    const char* keys;
    double magnitude;
  } cases[] = {
      {R"("factor":4)", 0.1 * std::log(4.0) + 1},
      {R"("factor":4,"attention_factor":1.5)", 1.5},
      {R"("factor":4,"mscale":1.0,"mscale_all_dim":0.5)", (0.1 * std::log(4.0) + 1) / (0.05 * std::log(4.0) + 1)},
      {R"("factor":4,"mscale":1.0,"mscale_all_dim":0)", 0.1 * std::log(4.0) + 1},
      {R"("factor":1)", 1},
      {R"("factor":null,"original_max_position_embeddings":16)", 0.1 * std::log(4.0) + 1},
  };
  for (const auto& c : cases) {
    const std::string keys = c.keys;
    EXPECT_DOUBLE_EQ(described(rotary("qwen2", R"("rope_scaling":{"rope_type":"yarn",)" + keys + "}")).rope.magnitude,
                     c.magnitude)
        << keys;
  }
  const RopeDescription r =
      described(
          rotary("qwen2", R"("rope_scaling":{"rope_type":"yarn","factor":2,"beta_fast":16,"beta_slow":2,"truncate":false})"))
          .rope;
  EXPECT_DOUBLE_EQ(r.beta_fast, 16);
  EXPECT_DOUBLE_EQ(r.beta_slow, 2);
  EXPECT_FALSE(r.yarn_truncates);
  EXPECT_EQ(r.original_context, 64u);
}

TEST(HfConfig, WindowsAreThoseOfEachLayer) {
  const struct {
    const char* family;
    const char* keys;
    std::vector<uint32_t> windows;
  } cases[] = {
      {"mistral", R"("sliding_window":8)", {8, 8, 8, 8}},
      {"mistral", R"("sliding_window":null)", {}},
      {"qwen2", R"("sliding_window":8)", {}},
      {"qwen2", R"("sliding_window":8,"use_sliding_window":false,"max_window_layers":0)", {}},
      {"qwen2", R"("sliding_window":8,"use_sliding_window":true,"max_window_layers":3)", {0, 0, 0, 8}},
      {"qwen3", R"("sliding_window":8,"use_sliding_window":true,"max_window_layers":28)", {}},
      {"qwen3",
       R"("sliding_window":8,"use_sliding_window":true,"layer_types":["full_attention","sliding_attention","full_attention","attention"])",
       {0, 8, 0, 0}},
      {"llama", R"("layer_types":null)", {}},
  };
  for (const auto& c : cases) EXPECT_EQ(described(rotary(c.family, c.keys)).windows, c.windows) << c.family << c.keys;
}

TEST(HfConfig, ActivationsAndScalesAreImported) {
  const struct {
    const char* name;
    uint32_t activation;
  } cases[] = {{"silu", SOTTO_ACT_SILU},
               {"gelu", SOTTO_ACT_GELU_ERF},
               {"gelu_new", SOTTO_ACT_GELU_TANH},
               {"relu", SOTTO_ACT_RELU},
               {"gelu_pytorch_tanh", SOTTO_ACT_GELU_TANH},
               {"quick_gelu", SOTTO_ACT_QUICK_GELU},
               {"relu2", SOTTO_ACT_RELU_SQUARED}};
  for (const auto& c : cases) {
    EXPECT_EQ(described(rotary("llama", std::string(R"("hidden_act":")") + c.name + "\"")).activation, c.activation) << c.name;
    EXPECT_EQ(described(gpt2(std::string(R"("activation_function":")") + c.name + "\"")).activation, c.activation) << c.name;
  }
  EXPECT_DOUBLE_EQ(described(gpt2(R"("scale_attn_weights":false)")).attention_scale, 1);
  EXPECT_DOUBLE_EQ(described(gpt2()).attention_scale, 0);
  EXPECT_EQ(described(gpt2(R"("n_inner":77)")).ffn, 77u);
}

TEST(HfConfig, BiasesAreThoseOfTheFamily) {
  const struct {
    const char* family;
    const char* keys;
    bool qkv, output, mlp;
  } cases[] = {
      {"llama", "", false, false, false},
      {"llama", R"("attention_bias":true)", true, true, false},
      {"llama", R"("mlp_bias":true)", false, false, true},
      {"qwen2", "", true, false, false},
      {"qwen3", R"("attention_bias":true)", true, true, false},
      {"mistral", "", false, false, false},
  };
  for (const auto& c : cases) {
    const auto config = read(rotary(c.family, c.keys));
    ASSERT_TRUE(config.ok()) << config.status().text();
    EXPECT_EQ(config.value().qkv_bias, c.qkv) << c.family << c.keys;
    EXPECT_EQ(config.value().output_bias, c.output) << c.family << c.keys;
    EXPECT_EQ(config.value().mlp_bias, c.mlp) << c.family << c.keys;
  }
}

TEST(HfConfig, WhatIsNotComputedExactlyIsRefusedByName) {
  const struct {
    std::string text;
    std::vector<std::string> words;
  } cases[] = {
      {R"({})", {"model_type"}},
      {R"([])", {"object"}},
      {rotary("mixtral"), {"'mixtral'", "gpt2, llama, mistral, qwen2, qwen3"}},
      {rotary("llama", R"("architectures":["LlamaForSequenceClassification"])"), {"LlamaForSequenceClassification"}},
      {rotary("llama", R"("architectures":["A","B"])"), {"architectures"}},
      {rotary("llama", R"("rope_scaling":{"type":"dynamic","factor":2.0})"), {"'dynamic'"}},
      {rotary("llama", R"("rope_scaling":{"rope_type":"longrope","factor":2.0})"), {"'longrope'"}},
      {rotary("llama", R"("rope_scaling":{"rope_type":"default","mrope_section":[1,2]})"), {"mrope_section"}},
      {rotary("qwen3", R"("rope_parameters":{"full_attention":{"rope_type":"default"}})"), {"full_attention"}},
      {rotary("llama", R"("rope_scaling":{"type":"linear"})"), {"factor", "missing"}},
      {rotary("llama", R"("rope_scaling":{"rope_type":"llama3","factor":8})"), {"low_freq_factor"}},
      {rotary("llama", R"("rope_scaling":7)"), {"rope_scaling", "7"}},
      {rotary("llama", R"("rope_theta":0)"), {"rope_theta"}},
      {rotary("llama", R"("partial_rotary_factor":0.5)"), {"partial_rotary_factor", "0.5"}},
      {rotary("llama", R"("rope_parameters":{"partial_rotary_factor":0.5})"), {"partial_rotary_factor"}},
      {rotary("llama", R"("head_dim":7)"), {"7"}},
      {rotary("llama", R"("hidden_act":"mish")"), {"hidden_act", "mish"}},
      {rotary("llama", R"("hidden_act":3)"), {"hidden_act"}},
      {rotary("llama", R"("quantization_config":{"bits":4})"), {"quantization_config"}},
      {rotary("llama", R"("num_local_experts":8)"), {"num_local_experts", "8"}},
      {rotary("llama", R"("attention_multiplier":0.5)"), {"attention_multiplier"}},
      {rotary("llama", R"("embedding_multiplier":12)"), {"embedding_multiplier"}},
      {rotary("llama", R"("pruned_heads":{"1":[0]})"), {"pruned_heads"}},
      {rotary("llama", R"("is_causal":false)"), {"is_causal"}},
      {rotary("llama", R"("attention_bias":1)"), {"attention_bias"}},
      {rotary("llama", R"("rms_norm_eps":2)"), {"epsilon"}},
      {rotary("llama", R"("rms_norm_eps":0)"), {"rms_norm_eps"}},
      {rotary("mistral", R"("layer_types":["full_attention","sliding_attention","full_attention","full_attention"])"),
       {"layer_types"}},
      {rotary("qwen2", R"("layer_types":["sliding_attention"])"), {"layer_types"}},
      {rotary("qwen2", R"("layer_types":["linear_attention","full_attention","full_attention","full_attention"])"),
       {"linear_attention"}},
      {rotary("qwen2", R"("layer_types":["sliding_attention","full_attention","full_attention","full_attention"])"),
       {"sliding"}},
      {gpt2(R"("scale_attn_by_inverse_layer_idx":true)"), {"scale_attn_by_inverse_layer_idx"}},
      {gpt2(R"("add_cross_attention":true)"), {"add_cross_attention"}},
      {gpt2(R"("n_inner":-1)"), {"n_inner", "-1"}},
      {R"({"model_type":"gpt2","n_layer":2,"n_embd":41,"n_head":4,"vocab_size":320})", {"41"}},
      {R"({"model_type":"gpt2","n_embd":40,"n_head":4,"vocab_size":320})", {"num_hidden_layers", "missing"}},
      {R"({"model_type":"gpt2","n_layer":2,"n_embd":40,"n_head":4})", {"vocab_size", "missing"}},
      {R"({"model_type":"gpt2","model_type":"gpt2"})", {"twice"}},
  };
  for (const auto& c : cases) {
    const auto config = read(c.text);
    ASSERT_FALSE(config.ok()) << c.text;
    expect_sentence(config.status().text(), c.words);
  }
}

TEST(HfConfig, NeutralValuesPassAndUnknownKeysAreNamed) {
  const auto config = read(rotary(
      "llama",
      R"("quantization_config":null,"num_experts":0,"embedding_multiplier":1.0,"is_causal":true,"torch_dtype":"bfloat16",)"
      R"("pretraining_tp":2,"flux_capacitor":88,"eos_token_id":[1,2],"rope_scaling":{})"));
  ASSERT_TRUE(config.ok()) << config.status().text();
  ASSERT_EQ(config.value().warnings.size(), 1u);
  expect_sentence(config.value().warnings[0], {"flux_capacitor", "88"});
}

}  // namespace
}  // namespace sotto

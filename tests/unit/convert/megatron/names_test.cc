#include <gtest/gtest.h>

#include "convert/megatron/state.h"

namespace sotto {
namespace {

TEST(Names, EveryDialectSpellsTheSameParameter) {
  const struct {
    const char* found;
    const char* name;
    Cut cut;
  } kCases[] = {
      {"decoder.layers.3.self_attention.linear_qkv.weight", "decoder.layers.3.self_attention.linear_qkv.weight", Cut::kQkv},
      {"module.module.decoder.layers.3.self_attention.linear_qkv.layer_norm_weight", "decoder.layers.3.input_layernorm.weight",
       Cut::kWhole},
      {"decoder.layers.mlp.linear_fc1.layer_norm_bias", "decoder.layers.*.pre_mlp_layernorm.bias", Cut::kWhole},
      {"language_model.encoder.layers.12.self_attention.query_key_value.bias",
       "decoder.layers.12.self_attention.linear_qkv.bias", Cut::kQkv},
      {"language_model.transformer.layers.0.attention.dense.weight", "decoder.layers.0.self_attention.linear_proj.weight",
       Cut::kColumns},
      {"language_model.encoder.layers.0.post_attention_norm.weight", "decoder.layers.0.pre_mlp_layernorm.weight", Cut::kWhole},
      {"language_model.embedding.word_embeddings.weight", "embedding.word_embeddings.weight", Cut::kRows},
      {"language_model.encoder.final_norm.bias", "decoder.final_layernorm.bias", Cut::kWhole},
      {"decoder.final_norm.weight", "decoder.final_layernorm.weight", Cut::kWhole},
      {"language_model.output_layer.weight", "output_layer.weight", Cut::kRows},
      {"language_model.encoder.layers.1.mlp.dense_h_to_4h.weight", "decoder.layers.1.mlp.linear_fc1.weight", Cut::kFirst},
      {"sotto_heads.mood.weight", "sotto_heads.mood.weight", Cut::kWhole},
  };
  for (const auto& c : kCases) {
    ParameterName name;
    ASSERT_EQ(read_name(c.found, &name), NameKind::kParameter) << c.found;
    EXPECT_EQ(name.name, c.name);
    EXPECT_EQ(name.cut, c.cut) << c.found;
  }
}

TEST(Names, WhatIsNoParameterIsIgnoredKnowingly) {
  ParameterName name;
  for (const char* raw :
       {"decoder.layers.self_attention.linear_qkv._extra_state/shard_0_2", "decoder.layers.0.mlp.linear_fc1._extra_state",
        "optimizer.state.exp_avg.decoder.layers.mlp.linear_fc1.weight", "chained_0.optimizer.state.param.output_layer.weight",
        "optimizer.distributed.dp_group_idx_0.gbuf_idx_0.dtype_(torch.float32, torch.float32).bucket_idx_0.param",
        "rng_state/shard_0.0_1.2", "common_state/shard_0_1", "rotary_pos_emb.inv_freq", "word_embeddings_for_head.weight",
        "model.word_embeddings_for_head.weight"})
    EXPECT_EQ(read_name(raw, &name), NameKind::kIgnored) << raw;
}

TEST(Names, OthersAreUnknown) {
  ParameterName name;
  for (const char* raw :
       {"decoder.layers.0.mlp.router.weight", "decoder.layers.0.mlp.experts.local_experts.0.linear_fc1.weight",
        "decoder.layers.0.cross_attention.linear_q.weight", "lm_head.dense.weight", "embedding.tokentype_embeddings.weight",
        "decoder.layers.0.mixer.in_proj.weight", "sotto_heads.mood.scale", "decoder.layers.1234567.input_layernorm.weight"})
    EXPECT_EQ(read_name(raw, &name), NameKind::kUnknown) << raw;
}

}  // namespace
}  // namespace sotto

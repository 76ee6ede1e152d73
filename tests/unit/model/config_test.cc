#include "model/config.h"

#include <gtest/gtest.h>

#include "model/arch/architectures.h"
#include "unit/model/raw_gguf.h"

namespace sotto {
namespace {

// The configuration that the small llama file gives once `change` was made to it.
template <class Change>
Result<ModelConfig> config_of(Change&& change) {
  RawGguf g = RawGguf::parse(fixture("gguf/hostile_base.gguf"));
  change(g);
  const std::string file = g.write();
  const auto read = Gguf::read(Span<const uint8_t>(reinterpret_cast<const uint8_t*>(file.data()), file.size()));
  if (!read.ok()) return read.status();
  return read_config(read.value(), "llama", find_architecture("llama")->rules);
}

TEST(Config, ReadsTheShapeOfTheModel) {
  const auto c = config_of([](RawGguf&) {});
  ASSERT_TRUE(c.ok()) << c.status().text();
  EXPECT_EQ(c->layers, 1u);
  EXPECT_EQ(c->hidden, 32u);
  EXPECT_EQ(c->heads, 4u);
  EXPECT_EQ(c->kv_heads, 2u);
  EXPECT_EQ(c->head_dim, 8u);
  EXPECT_EQ(c->ffn, 64u);
  EXPECT_EQ(c->vocabulary, 280u);
  EXPECT_EQ(c->context_trained, 64u);
  EXPECT_EQ(c->window, 0u);
  EXPECT_FLOAT_EQ(c->norm_epsilon, 1e-5f);
  EXPECT_EQ(c->rotation.layout, SOTTO_ROTATION_INTERLEAVED);
  EXPECT_EQ(c->rotation.inv_freq.size(), 4u);
}

TEST(Config, NumbersPerLayerAreTakenWhenTheyAreAllTheSame) {
  const auto c = config_of([](RawGguf& g) {
    RawKey& k = g.key("llama.attention.head_count_kv");
    k.type = 9;
    k.value = raw_array(5, 3, raw(2) + raw(2) + raw(2));
  });
  ASSERT_TRUE(c.ok()) << c.status().text();
  EXPECT_EQ(c->kv_heads, 2u);
}

TEST(Config, KeysOfAnyIntegerWidthAreTaken) {
  const auto c = config_of([](RawGguf& g) {
    g.key("llama.block_count") = {"llama.block_count", 0, raw(uint8_t{1}), {}};
    g.key("llama.context_length") = {"llama.context_length", 10, raw(uint64_t{64}), {}};
  });
  ASSERT_TRUE(c.ok()) << c.status().text();
  EXPECT_EQ(c->context_trained, 64u);
}

TEST(Config, MissingKeysHaveTheUsualMeaning) {
  const auto c = config_of([](RawGguf& g) {
    g.remove_key("llama.rope.freq_base");
    g.remove_key("llama.rope.dimension_count");
    g.remove_key("llama.attention.head_count_kv");
    g.remove_key("llama.vocab_size");
  });
  ASSERT_TRUE(c.ok()) << c.status().text();
  EXPECT_EQ(c->kv_heads, 4u);
  EXPECT_EQ(c->rotation.dimensions, 8u);
  EXPECT_FLOAT_EQ(c->rotation.inv_freq[3], 0.001f);
}

TEST(Config, ScalingKeysAreReadAsTheirWritersMeanThem) {
  const RawKey factor{"llama.rope.scaling.factor", 6, raw(4.0f), {}}, old{"llama.rope.scale_linear", 6, raw(2.0f), {}};
  const auto type = [](const char* name) { return RawKey{"llama.rope.scaling.type", 8, raw_text(name), {}}; };
  const struct {
    const char* name;
    std::vector<RawKey> keys;
    float first;  // inverse frequency of pair 0
  } cases[] = {
      {"a factor without a type is linear", {factor}, 0.25f},
      {"the old key", {old}, 0.5f},
      {"the new key before the old one", {factor, old}, 0.25f},
      {"none ignores the factor", {type("none"), factor}, 1},
      {"linear", {type("linear"), factor}, 0.25f},
      {"yarn leaves the fastest wave alone", {type("yarn"), factor}, 1},
  };
  for (const auto& test : cases) {
    const auto c = config_of([&](RawGguf& g) { g.keys.insert(g.keys.end(), test.keys.begin(), test.keys.end()); });
    ASSERT_TRUE(c.ok()) << test.name << ": " << c.status().text();
    EXPECT_FLOAT_EQ(c->rotation.inv_freq[0], test.first) << test.name;
  }
}

TEST(Config, AWindowIsRead) {
  const auto c = config_of([](RawGguf& g) { g.keys.push_back({"llama.attention.sliding_window", 4, raw(7u), {}}); });
  ASSERT_TRUE(c.ok()) << c.status().text();
  EXPECT_EQ(c->window, 7u);
}

TEST(Config, HarmlessKeysAreLeftAlone) {
  const auto c = config_of([](RawGguf& g) {
    g.keys.push_back({"llama.pooling_type", 4, raw(1u), {}});
    g.keys.push_back({"llama.expert_count", 4, raw(0u), {}});
    g.keys.push_back({"general.file_type", 4, raw(7u), {}});
  });
  EXPECT_TRUE(c.ok()) << c.status().text();
}

}  // namespace
}  // namespace sotto

#include "model/lora.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>

#include "unit/model/backend_run.h"
#include "unit/model/raw_gguf.h"

namespace sotto {
namespace {

constexpr uint32_t kRank = 3;
constexpr double kAlpha = 6;

Span<const uint8_t> bytes_of(const std::string& s) {
  return Span<const uint8_t>(reinterpret_cast<const uint8_t*>(s.data()), s.size());
}

struct Pair {
  std::string target;
  uint32_t rows, columns;
  std::vector<float> a, b;  // [rank, columns], [rows, rank]
};

std::vector<Pair> random_pairs(const ModelFile& file, const std::vector<std::string>& targets) {
  std::mt19937 random(7);
  std::normal_distribution<float> normal(0, 0.2f);
  std::vector<Pair> pairs;
  for (const std::string& name : targets) {
    const GgufTensor* t = file.gguf().tensor(name);
    Pair p{name, static_cast<uint32_t>(t->rows), static_cast<uint32_t>(t->columns), {}, {}};
    for (uint32_t i = 0; i < kRank * p.columns; ++i) p.a.push_back(normal(random));
    for (uint32_t i = 0; i < kRank * p.rows; ++i) p.b.push_back(normal(random));
    pairs.push_back(p);
  }
  return pairs;
}

void add_tensor(RawGguf& g, const std::string& name, uint32_t columns, uint32_t rows, const std::vector<float>& numbers) {
  g.tensors.push_back({name, {columns, rows}, 0, g.data.size(), {}, {}});
  g.data.append(reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(float));
  g.data.resize((g.data.size() + 31) / 32 * 32);
}

RawGguf adapter_file(const std::string& architecture, const std::vector<Pair>& pairs) {
  RawGguf g;
  g.keys = {{"general.type", 8, raw_text("adapter"), {}},
            {"general.architecture", 8, raw_text(architecture), {}},
            {"adapter.type", 8, raw_text("lora"), {}},
            {"adapter.lora.alpha", 6, raw(static_cast<float>(kAlpha)), {}}};
  for (const Pair& p : pairs) {
    add_tensor(g, p.target + ".lora_a", p.columns, kRank, p.a);
    add_tensor(g, p.target + ".lora_b", kRank, p.rows, p.b);
  }
  return g;
}

// The model's file with W + alpha/rank B A in place of W.
std::string merged(const std::string& file, const std::vector<Pair>& pairs) {
  RawGguf g = RawGguf::parse(file);
  for (const Pair& p : pairs) {
    char* at = g.data.data() + g.tensor(p.target).offset;
    for (uint32_t row = 0; row < p.rows; ++row)
      for (uint32_t c = 0; c < p.columns; ++c, at += sizeof(float)) {
        double sum = 0;
        for (uint32_t r = 0; r < kRank; ++r)
          sum += static_cast<double>(p.b[row * kRank + r]) * static_cast<double>(p.a[r * p.columns + c]);
        float w;
        std::memcpy(&w, at, sizeof w);
        w += static_cast<float>(kAlpha / kRank * sum);
        std::memcpy(at, &w, sizeof w);
      }
  }
  return g.write();
}

Result<ModelFile> open_bytes(const std::string& content) {
  sotto_model_source s{};
  s.struct_size = sizeof s;
  s.kind = SOTTO_SOURCE_MEMORY;
  s.data = content.data();
  s.size = content.size();
  SOTTO_ASSIGN(ModelBytes bytes, ModelBytes::open(s));
  return ModelFile::open(std::move(bytes), false);
}

// An adapter must do what merging its product into the weights does, wherever a rank's slices lie.
TEST(Lora, AnAdapterIsTheMergedModelOnEveryBackendAndSplit) {
  const struct {
    const char* model;
    std::vector<std::string> targets;
  } cases[] = {
      {"hf/llama",
       {"blk.0.attn_q.weight", "blk.0.attn_v.weight", "blk.1.attn_output.weight", "blk.1.ffn_gate.weight",
        "blk.0.ffn_up.weight", "blk.1.ffn_down.weight", "output.weight"}},
      {"hf/gpt2", {"blk.0.attn_qkv.weight", "blk.1.attn_output.weight", "blk.1.ffn_up.weight", "blk.0.ffn_down.weight"}},
  };
  const std::vector<uint32_t> tokens = {5, 100, 7, 42, 301, 8};
  size_t backends = 0;
  for (const char* name : {"reference", "cpu"}) {
    const Backend* backend = find_backend(name);
    if (!backend) continue;
    ++backends;
    for (const auto& test : cases) {
      const std::string content = fixture(std::string(test.model) + ".gguf");
      auto file = open_bytes(content);
      ASSERT_TRUE(file.ok()) << file.status().text();
      const auto pairs = random_pairs(file.value(), test.targets);
      const std::string adapter = adapter_file(file->config().architecture, pairs).write(), changed = merged(content, pairs);
      auto changed_file = open_bytes(changed);
      ASSERT_TRUE(changed_file.ok()) << changed_file.status().text();
      auto truth = BackendRun::open(*backend, changed_file.value(), {});
      auto plain = BackendRun::open(*backend, file.value(), {});
      ASSERT_TRUE(truth.ok() && plain.ok()) << truth.status().text();
      const auto want = truth.value()->feed(tokens), without = plain.value()->feed(tokens);
      ASSERT_TRUE(want.ok() && without.ok());
      for (const PlanOptions& split : {PlanOptions{1, {}}, {2, {}}, {3, {}}, {3, {1, 2, 1}}}) {
        SCOPED_TRACE(std::string(name) + " " + test.model + " " + std::to_string(split.ranks));
        auto run = BackendRun::open(*backend, file.value(), {split, SOTTO_F32, 4});
        ASSERT_TRUE(run.ok()) << run.status().text();
        const Status used = run.value()->use_adapter(bytes_of(adapter), 1);
        ASSERT_TRUE(used.ok()) << used.text();
        const auto got = run.value()->feed(tokens);
        ASSERT_TRUE(got.ok()) << got.status().text();
        float most = 0, moved = 0;
        for (size_t i = 0; i < want.value().size(); ++i) {
          most = std::max(most, std::abs(got.value()[i] - want.value()[i]));
          moved = std::max(moved, std::abs(without.value()[i] - want.value()[i]));
        }
        EXPECT_LE(most, 5e-4f);
        EXPECT_GE(moved, 0.1f) << "the adapter hardly changes anything: this test could not fail";
      }
    }
  }
  if (backends == 0) GTEST_SKIP() << "no backend is in " << SOTTO_PLUGIN_DIR;
}

class LoraFile : public testing::Test {
 protected:
  void SetUp() override {
    auto file = open_model(std::string(SOTTO_FIXTURES) + "/hf/llama.gguf");
    ASSERT_TRUE(file.ok()) << file.status().text();
    pairs_ = random_pairs(file.value(), {"blk.0.attn_q.weight"});
    auto plan = file->plan({2, {}});
    ASSERT_TRUE(plan.ok());
    file_ = std::make_unique<ModelFile>(file.take());
    plan_ = plan.take();
  }
  Status read(const RawGguf& g) { return status_of(LoraAdapter::read(bytes_of(g.write()), "llama", plan_, 0, 2)); }

  std::unique_ptr<ModelFile> file_;
  Plan plan_;
  std::vector<Pair> pairs_;
};

TEST_F(LoraFile, HalfNumbersBrainNumbersAndBlocksReadAlike) {
  // 1.5 and -0.25 are the same in every type; one block of 32 is all of a row and a bit of the next.
  const float values[] = {1.5f, -0.25f};
  for (const uint32_t type : {SOTTO_F32, SOTTO_F16, SOTTO_BF16, SOTTO_Q8_0}) {
    RawGguf g = adapter_file("llama", pairs_);
    for (const char* half : {".lora_a", ".lora_b"}) g.tensor("blk.0.attn_q.weight" + std::string(half)).type = type;
    // A is [rank 32, 48]: whole blocks need widths of 32, so the pair is made square for this.
    g.tensors[0].dims = {48, 32};
    g.tensors[1].dims = {32, 48};
    if (type == SOTTO_Q8_0) g.tensors[0].type = SOTTO_F32;  // 48 columns are no whole blocks
    g.data.clear();
    for (RawTensor& t : g.tensors) {
      t.offset = g.data.size();
      for (size_t i = 0; i < 48 * 32; ++i) {
        const float v = values[i % 2];
        if (t.type == SOTTO_F32) g.data += raw(v);
        if (t.type == SOTTO_F16) g.data += raw(i % 2 ? uint16_t{0xB400} : uint16_t{0x3E00});
        if (t.type == SOTTO_BF16) g.data += raw(i % 2 ? uint16_t{0xBE80} : uint16_t{0x3FC0});
        if (t.type == SOTTO_Q8_0 && i % 32 == 0) g.data += raw(uint16_t{0x3400});  // 0.25
        if (t.type == SOTTO_Q8_0) g.data += raw(i % 2 ? int8_t{-1} : int8_t{6});
      }
    }
    const std::string content = g.write();
    const auto lora = LoraAdapter::read(bytes_of(content), "llama", plan_, 0, 2);
    ASSERT_TRUE(lora.ok()) << type << ": " << lora.status().text();
    const sotto_adapter_pair& pair = lora->pairs()[0];
    EXPECT_EQ(pair.rank_dim, 32u);
    EXPECT_FLOAT_EQ(pair.scale, static_cast<float>(kAlpha / 32));
    for (size_t i = 0; i < 24 * 32; ++i) {
      ASSERT_EQ(pair.a[1][i], values[i % 2]) << type << " " << i;
      ASSERT_EQ(pair.b[1][i], values[i % 2]) << type << " " << i;
    }
  }
}

TEST_F(LoraFile, WhatDoesNotFitTheModelIsRefused) {
  const struct {
    const char* name;
    sotto_status code;
    void (*change)(RawGguf&);
  } cases[] = {
      {"not an adapter", SOTTO_BAD_FILE, [](RawGguf& g) { g.key("general.type").value = raw_text("model"); }},
      {"another kind", SOTTO_BAD_FILE, [](RawGguf& g) { g.key("adapter.type").value = raw_text("ia3"); }},
      {"another architecture", SOTTO_MISMATCH, [](RawGguf& g) { g.key("general.architecture").value = raw_text("gpt2"); }},
      {"alpha is no number", SOTTO_BAD_FILE, [](RawGguf& g) { g.key("adapter.lora.alpha").value = raw(NAN); }},
      {"invocation tokens", SOTTO_UNSUPPORTED,
       [](RawGguf& g) {
         g.keys.push_back({"adapter.alora.invocation_tokens", 9, raw_array(4, 1, raw(1u)), {}});
       }},
      {"an unknown tensor", SOTTO_MISMATCH,
       [](RawGguf& g) {
         g.tensors[0].name = "blk.9.attn_q.weight.lora_a";
         g.tensors[1].name = "blk.9.attn_q.weight.lora_b";
       }},
      {"a half alone", SOTTO_BAD_FILE, [](RawGguf& g) { g.tensors[1].name = "blk.0.attn_k.weight.lora_b"; }},
      {"no half at all", SOTTO_UNSUPPORTED, [](RawGguf& g) { g.tensors[0].name = "blk.0.attn_k.weight"; }},
      {"the embedding", SOTTO_UNSUPPORTED,
       [](RawGguf& g) {
         g.tensors[0].name = "token_embd.weight.lora_a";
         g.tensors[1].name = "token_embd.weight.lora_b";
       }},
      {"other sizes", SOTTO_MISMATCH,
       [](RawGguf& g) {
         g.tensors[0].name = "blk.0.ffn_down.weight.lora_a";
         g.tensors[1].name = "blk.0.ffn_down.weight.lora_b";
       }},
      {"no pairs", SOTTO_BAD_FILE, [](RawGguf& g) { g.tensors.clear(); }},
  };
  EXPECT_TRUE(read(adapter_file("llama", pairs_)).ok());
  for (const auto& test : cases) {
    RawGguf g = adapter_file("llama", pairs_);
    test.change(g);
    const Status s = read(g);
    EXPECT_EQ(s.code(), test.code) << test.name << ": " << s.text();
  }
}

}  // namespace
}  // namespace sotto

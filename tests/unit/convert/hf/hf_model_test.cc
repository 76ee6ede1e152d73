#include "convert/hf/hf_model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>

#include "convert/hf/safetensors.h"
#include "unit/convert/hf/test_folder.h"

namespace sotto {
namespace {

std::string fixture_folder(const std::string& name) { return SOTTO_FIXTURES "/hf/" + name; }

const ModelTensor* find(const Checkpoint& c, const std::string& name) {
  const auto at = std::find_if(c.tensors.begin(), c.tensors.end(), [&](const ModelTensor& t) { return t.name == name; });
  return at == c.tensors.end() ? nullptr : &*at;
}

// The checkpoint of the folder, every tensor complete.
std::unique_ptr<Checkpoint> open(const std::string& folder) {
  auto checkpoint = read_hugging_face(folder);
  EXPECT_TRUE(checkpoint.ok()) << checkpoint.status().text();
  if (!checkpoint.ok()) return nullptr;
  for (const ModelTensor& t : checkpoint.value()->tensors) {
    for (const Piece& p : t.pieces) EXPECT_TRUE(check_piece(t, p).ok()) << t.name;
    EXPECT_TRUE(check_coverage(t).ok()) << t.name;
  }
  return checkpoint.take();
}

TEST(HfModel, EveryRotaryTensorIsTheFilesBitForBit) {
  const struct {
    const char* folder;
    size_t tensors;
  } cases[] = {{"llama", 3 + 2 * 9}, {"qwen3", 2 + 2 * 11}};
  const std::map<std::string, std::string> names = {
      {"token_embd.weight", "model.embed_tokens.weight"},
      {"output_norm.weight", "model.norm.weight"},
      {"blk.1.attn_q.weight", "model.layers.1.self_attn.q_proj.weight"},
      {"blk.0.attn_k.weight", "model.layers.0.self_attn.k_proj.weight"},
      {"blk.1.attn_v.weight", "model.layers.1.self_attn.v_proj.weight"},
      {"blk.0.attn_output.weight", "model.layers.0.self_attn.o_proj.weight"},
      {"blk.1.attn_norm.weight", "model.layers.1.input_layernorm.weight"},
      {"blk.1.ffn_norm.weight", "model.layers.1.post_attention_layernorm.weight"},
      {"blk.0.ffn_gate.weight", "model.layers.0.mlp.gate_proj.weight"},
      {"blk.0.ffn_up.weight", "model.layers.0.mlp.up_proj.weight"},
      {"blk.1.ffn_down.weight", "model.layers.1.mlp.down_proj.weight"},
  };
  for (const auto& c : cases) {
    const auto checkpoint = open(fixture_folder(c.folder));
    ASSERT_TRUE(checkpoint);
    EXPECT_EQ(checkpoint->tensors.size(), c.tensors) << c.folder;
    EXPECT_TRUE(checkpoint->warnings.empty());
    std::deque<MappedFile> files;
    const auto stored = read_safetensors(fixture_folder(c.folder), &files);
    ASSERT_TRUE(stored.ok());
    for (const auto& [gguf, hf] : names) {
      const ModelTensor* t = find(*checkpoint, gguf);
      ASSERT_TRUE(t) << gguf;
      const auto bytes = load_tensor(*t);
      ASSERT_TRUE(bytes.ok()) << bytes.status().text();
      const Span<const uint8_t> want = stored.value().at(hf).bytes;
      ASSERT_EQ(bytes.value().size(), want.size()) << gguf;
      EXPECT_EQ(std::memcmp(bytes.value().data(), want.data(), want.size()), 0) << gguf;
      EXPECT_EQ(t->is_vector, gguf.find("norm") != std::string::npos) << gguf;
    }
  }
}

// c_attn is [in, 3 out]: row r of part p is column p * hidden + r.
TEST(HfModel, Gpt2IsTransposedAndTakenApart) {
  const auto checkpoint = open(fixture_folder("gpt2"));
  ASSERT_TRUE(checkpoint);
  std::deque<MappedFile> files;
  const auto stored = read_safetensors(fixture_folder("gpt2"), &files);
  ASSERT_TRUE(stored.ok());
  const bool is_prefixed = stored.value().count("transformer.wte.weight") != 0;
  const auto at = [&](const std::string& name, size_t i) {
    float x = 0;
    std::memcpy(&x, stored.value().at((is_prefixed ? "transformer." : "") + name).bytes.data() + 4 * i, 4);
    return x;
  };
  constexpr size_t kHidden = 40, kFfn = 160;
  const struct {
    const char* gguf;
    const char* hf;
    size_t rows, columns, stored_rows, first;
  } cases[] = {
      {"blk.1.attn_q", "h.1.attn.c_attn", kHidden, kHidden, 3 * kHidden, 0},
      {"blk.1.attn_k", "h.1.attn.c_attn", kHidden, kHidden, 3 * kHidden, kHidden},
      {"blk.0.attn_v", "h.0.attn.c_attn", kHidden, kHidden, 3 * kHidden, 2 * kHidden},
      {"blk.0.attn_output", "h.0.attn.c_proj", kHidden, kHidden, kHidden, 0},
      {"blk.0.ffn_up", "h.0.mlp.c_fc", kFfn, kHidden, kFfn, 0},
      {"blk.1.ffn_down", "h.1.mlp.c_proj", kHidden, kFfn, kHidden, 0},
  };
  for (const auto& c : cases) {
    const std::string gguf = c.gguf, hf = c.hf;
    const ModelTensor* weight = find(*checkpoint, gguf + ".weight");
    const ModelTensor* bias = find(*checkpoint, gguf + ".bias");
    ASSERT_TRUE(weight && bias) << gguf;
    const auto w = load_tensor(*weight), b = load_tensor(*bias);
    ASSERT_TRUE(w.ok() && b.ok());
    ASSERT_EQ(w.value().size(), 4 * c.rows * c.columns);
    for (size_t r = 0; r < c.rows; ++r) {
      float x = 0;
      std::memcpy(&x, b.value().data() + 4 * r, 4);
      EXPECT_EQ(x, at(hf + ".bias", c.first + r)) << gguf;
      for (size_t k = 0; k < c.columns; ++k) {
        std::memcpy(&x, w.value().data() + 4 * (r * c.columns + k), 4);
        ASSERT_EQ(x, at(hf + ".weight", k * c.stored_rows + c.first + r)) << gguf << r << "," << k;
      }
    }
  }
}

// A folder of a llama of one layer with all ones, its tensors given by the test.
struct Tiny {
  std::vector<std::pair<std::string, std::vector<uint64_t>>> tensors = {
      {"model.embed_tokens.weight", {5, 4}},
      {"model.norm.weight", {4}},
      {"model.layers.0.input_layernorm.weight", {4}},
      {"model.layers.0.post_attention_layernorm.weight", {4}},
      {"model.layers.0.self_attn.q_proj.weight", {4, 4}},
      {"model.layers.0.self_attn.k_proj.weight", {2, 4}},
      {"model.layers.0.self_attn.v_proj.weight", {2, 4}},
      {"model.layers.0.self_attn.o_proj.weight", {4, 4}},
      {"model.layers.0.mlp.gate_proj.weight", {6, 4}},
      {"model.layers.0.mlp.up_proj.weight", {6, 4}},
      {"model.layers.0.mlp.down_proj.weight", {4, 6}},
  };
  std::string config =
      R"({"model_type":"llama","hidden_size":4,"intermediate_size":6,"num_hidden_layers":1,"num_attention_heads":2,)"
      R"("num_key_value_heads":1,"vocab_size":5,"tie_word_embeddings":true})";
  std::string type = "F16";
  size_t bytes = 2;  // of a number
  std::string odd;   // a tensor whose numbers are others

  void write(TestFolder* folder) const {
    std::string header, data;
    for (const auto& [name, shape] : tensors) {
      size_t count = bytes;
      std::string sizes;
      for (const uint64_t n : shape) {
        count *= n;
        sizes += (sizes.empty() ? "" : ",") + std::to_string(n);
      }
      header += (header.empty() ? "{\"" : ",\"") + name + R"(":{"dtype":")" + type + R"(","shape":[)" + sizes +
                R"(],"data_offsets":[)" + std::to_string(data.size()) + "," + std::to_string(data.size() + count) + "]}";
      data.append(count, name == odd ? '\x3A' : '\x3C');
    }
    folder->write("config.json", config);
    folder->write("model.safetensors", safetensors_file(header + "}", data));
  }
  void rename(const std::string& from, const std::string& to) {
    for (auto& [name, shape] : tensors)
      if (name == from) name = to;
  }
};

TEST(HfModel, NamesWithoutPrefixBuffersAndATiedHeadAreKnown) {
  Tiny tiny;
  for (auto& [name, shape] : tiny.tensors) name = name.substr(name.find('.') + 1);
  tiny.tensors.push_back({"layers.0.self_attn.rotary_emb.inv_freq", {1}});
  tiny.tensors.push_back({"lm_head.weight", {5, 4}});
  TestFolder folder;
  tiny.write(&folder);
  const auto checkpoint = open(folder.path());
  ASSERT_TRUE(checkpoint);
  EXPECT_EQ(checkpoint->tensors.size(), 11u);
  EXPECT_FALSE(find(*checkpoint, "output.weight"));
  EXPECT_TRUE(checkpoint->description.is_tied);
  EXPECT_EQ(find(*checkpoint, "token_embd.weight")->element, Element::kF16);
}

TEST(HfModel, EveryFloatTypeIsReadAndOthersAreRefused) {
  const struct {
    const char* type;
    size_t bytes;
    bool is_read;
  } cases[] = {{"F32", 4, true},  {"BF16", 2, true},     {"F64", 8, true},
               {"I64", 8, false}, {"F8_E4M3", 1, false}, {"I8", 1, false}};
  for (const auto& c : cases) {
    Tiny tiny;
    tiny.type = c.type;
    tiny.bytes = c.bytes;
    TestFolder folder;
    tiny.write(&folder);
    const auto checkpoint = read_hugging_face(folder.path());
    EXPECT_EQ(checkpoint.ok(), c.is_read) << c.type;
    if (!c.is_read) expect_sentence(checkpoint.status().text(), {"embed_tokens", c.type, "BF16"});
  }
}

TEST(HfModel, TensorsThatDoNotFitAreRefusedByName) {
  const struct {
    void (*change)(Tiny*);
    std::vector<std::string> words;
  } cases[] = {
      {[](Tiny* t) { t->rename("model.norm.weight", "model.nrm.weight"); }, {"model.norm.weight", "missing"}},
      {[](Tiny* t) {
         t->tensors.push_back({"model.layers.1.mlp.up_proj.weight", {6, 4}});
       },
       {"model.layers.1.mlp.up_proj.weight"}},
      {[](Tiny* t) {
         t->tensors.push_back({"model.layers.0.self_attn.q_proj.bias", {4}});
       },
       {"q_proj.bias"}},
      {[](Tiny* t) {
         t->tensors.push_back({"score.weight", {2, 4}});
       },
       {"score.weight"}},
      {[](Tiny* t) {
         t->tensors[5].second = {4, 4};
       },
       {"k_proj.weight", "[4, 4]", "[2, 4]"}},
      {[](Tiny* t) {
         t->tensors[0].second = {6, 4};
       },
       {"embed_tokens", "[6, 4]", "[5, 4]"}},
      {[](Tiny* t) {
         t->tensors[1].second = {1, 4};
       },
       {"norm.weight", "[1, 4]", "[4]"}},
      {[](Tiny* t) { t->config.replace(t->config.find(",\"tie_word"), 27, ""); }, {"lm_head.weight", "missing"}},
      {[](Tiny* t) {
         t->tensors.push_back({"lm_head.weight", {5, 4}});
         t->odd = "lm_head.weight";
       },
       {"lm_head.weight", "differs", "tie_word_embeddings"}},
  };
  for (const auto& c : cases) {
    Tiny tiny;
    c.change(&tiny);
    TestFolder folder;
    tiny.write(&folder);
    const auto checkpoint = read_hugging_face(folder.path());
    ASSERT_FALSE(checkpoint.ok()) << c.words[0];
    expect_sentence(checkpoint.status().text(), c.words);
  }
}

TEST(HfModel, AFolderIsRecognisedByItsConfiguration) {
  EXPECT_TRUE(looks_like_hugging_face(fixture_folder("gpt2")));
  TestFolder folder;
  EXPECT_FALSE(looks_like_hugging_face(folder.path()));
  folder.write("config.json", "{}");
  EXPECT_FALSE(looks_like_hugging_face(folder.path()));
  folder.write("config.json", R"({"model_type":"llama"})");
  EXPECT_TRUE(looks_like_hugging_face(folder.path()));
  folder.write("config.json", R"({"model_type":)");
  EXPECT_TRUE(looks_like_hugging_face(folder.path()));
  EXPECT_FALSE(looks_like_hugging_face(folder.path() + "/nowhere"));
}

TEST(HfModel, AFolderWithoutSafetensorsSaysSo) {
  TestFolder folder;
  Tiny tiny;
  tiny.write(&folder);
  folder.rename("model.safetensors", "pytorch_model.bin");
  const auto checkpoint = read_hugging_face(folder.path());
  ASSERT_FALSE(checkpoint.ok());
  expect_sentence(checkpoint.status().text(), {"model.safetensors", "not read"});
}

TEST(HfModel, TheModelCardNamesTheLicense) {
  TestFolder folder;
  Tiny().write(&folder);
  folder.write("README.md", "---\nlanguage: en\nlicense: apache-2.0\n---\n# Tiny\n");
  const auto checkpoint = open(folder.path());
  ASSERT_TRUE(checkpoint);
  EXPECT_EQ(checkpoint->description.license, "apache-2.0");
}

}  // namespace
}  // namespace sotto

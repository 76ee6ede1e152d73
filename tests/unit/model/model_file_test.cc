#include "model/model_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <ctime>

#include "unit/model/backend_run.h"
#include "unit/model/raw_gguf.h"

namespace sotto {
namespace {

sotto_model_source source_of(uint32_t kind) {
  sotto_model_source s{};
  s.struct_size = sizeof s;
  s.kind = kind;
  return s;
}

Result<ModelFile> open(const sotto_model_source& source, bool vocabulary_only = false) {
  SOTTO_ASSIGN(ModelBytes bytes, ModelBytes::open(source));
  return ModelFile::open(std::move(bytes), vocabulary_only);
}

int32_t read_string(void* user, uint64_t at, void* into, uint64_t count) {
  std::memcpy(into, static_cast<const std::string*>(user)->data() + at, count);
  return 0;
}

TEST(ModelFileTest, EverySourceGivesTheSameModel) {
  const std::string path = std::string(SOTTO_FIXTURES) + "/gguf/small-q8_0.gguf";
  std::string content = fixture("gguf/small-q8_0.gguf");
  auto by_path = open_model(path);
  ASSERT_TRUE(by_path.ok()) << by_path.status().text();
  EXPECT_TRUE(by_path->is_mapped());

  sotto_model_source memory = source_of(SOTTO_SOURCE_MEMORY);
  memory.data = content.data();
  memory.size = content.size();
  auto by_memory = open(memory);
  ASSERT_TRUE(by_memory.ok()) << by_memory.status().text();
  EXPECT_FALSE(by_memory->is_mapped());

  sotto_model_source callback = source_of(SOTTO_SOURCE_CALLBACK);
  callback.read = read_string;
  callback.user = &content;
  callback.size = content.size();
  auto by_callback = open(callback);
  ASSERT_TRUE(by_callback.ok()) << by_callback.status().text();

  EXPECT_EQ(by_path->hash(), by_memory->hash());
  EXPECT_EQ(by_path->hash(), by_callback->hash());
  EXPECT_EQ(by_path->hash().size(), 64u);
  EXPECT_EQ(by_path->parameters(), by_memory->parameters());
  EXPECT_EQ(by_path->file_bytes(), content.size());
}

// An asset inside of a package: anywhere in a file, at an odd place too.
TEST(ModelFileTest, AModelInsideOfAnotherFileOpens) {
  const std::string model = fixture("gguf/hostile_base.gguf");
  for (const size_t lead : {size_t{4096}, size_t{4100}, size_t{8}, size_t{13}}) {
    const std::string path = testing::TempDir() + "inside_" + std::to_string(::getpid());
    std::FILE* f = std::fopen(path.c_str(), "wb");
    const std::string all = std::string(lead, 'x') + model + "behind";
    std::fwrite(all.data(), 1, all.size(), f);
    std::fclose(f);
    sotto_model_source s = source_of(SOTTO_SOURCE_FD);
    s.fd = ::open(path.c_str(), O_RDONLY);
    s.offset = lead;
    s.length = model.size();
    auto file = open(s);
    ::close(s.fd);
    std::remove(path.c_str());
    ASSERT_TRUE(file.ok()) << file.status().text();
    EXPECT_EQ(file->is_mapped(), lead % 8 == 0) << lead;
    for (const GgufTensor& t : file->gguf().tensors()) EXPECT_EQ(reinterpret_cast<uintptr_t>(t.bytes.data()) % 8, 0u) << t.name;
  }
}

TEST(ModelFileTest, SourcesThatCannotBeAreRefused) {
  const auto code = [](const sotto_model_source& s) { return ModelBytes::open(s).status().code(); };
  sotto_model_source path = source_of(SOTTO_SOURCE_PATH);
  EXPECT_EQ(code(path), SOTTO_INVALID_ARGUMENT);
  path.path = sotto_str{"/nowhere/model.gguf", 19};
  EXPECT_EQ(code(path), SOTTO_NOT_FOUND);
  path.path = sotto_str{"/dev\0/null", 10};
  EXPECT_EQ(code(path), SOTTO_INVALID_ARGUMENT);
  path.path = sotto_cstr("/dev/zero");
  EXPECT_EQ(code(path), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(code(source_of(SOTTO_SOURCE_MEMORY)), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(code(source_of(SOTTO_SOURCE_CALLBACK)), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(code(source_of(99)), SOTTO_UNSUPPORTED);
  sotto_model_source fd = source_of(SOTTO_SOURCE_FD);
  fd.fd = -1;
  EXPECT_EQ(code(fd), SOTTO_IO_ERROR);
  sotto_model_source huge = source_of(SOTTO_SOURCE_CALLBACK);
  huge.read = read_string;
  huge.size = uint64_t{1} << 62;
  EXPECT_EQ(code(huge), SOTTO_OUT_OF_MEMORY);
}

TEST(ModelFileTest, AFailingOrCancelledReadEndsTheOpening) {
  sotto_model_source s = source_of(SOTTO_SOURCE_CALLBACK);
  s.size = 10 << 20;
  s.read = [](void*, uint64_t at, void*, uint64_t) { return at ? 5 : 0; };
  const Status failed = ModelBytes::open(s).status();
  EXPECT_EQ(failed.code(), SOTTO_IO_ERROR);
  EXPECT_NE(failed.text().find("answered 5"), std::string::npos) << failed.text();
  EXPECT_EQ(ModelBytes::open(s, [](float) { return true; }).status().code(), SOTTO_CANCELLED);
}

TEST(ModelFileTest, AVocabularyNeedsNoTensorsAndNoKnownArchitecture) {
  RawGguf g = RawGguf::parse(fixture("gguf/hostile_base.gguf"));
  g.tensors.clear();
  g.data.clear();
  g.key("general.architecture").value = raw_text("mamba9");
  std::string content = g.write();
  sotto_model_source s = source_of(SOTTO_SOURCE_MEMORY);
  s.data = content.data();
  s.size = content.size();
  auto vocabulary = open(s, true);
  ASSERT_TRUE(vocabulary.ok()) << vocabulary.status().text();
  EXPECT_FALSE(vocabulary->is_runnable());
  EXPECT_EQ(vocabulary->config().architecture, "mamba9");
  EXPECT_EQ(open(s, false).status().code(), SOTTO_UNSUPPORTED);
}

TEST(ModelFileTest, AHeadForAnotherUseMayStandInTheFile) {
  RawGguf g = RawGguf::parse(fixture("gguf/hostile_base.gguf"));
  g.tensors.push_back({"sotto.head.sentiment.weight", {32, 3}, 0, 0, {}, {}});
  g.lay_out();
  std::string content = g.write();
  sotto_model_source s = source_of(SOTTO_SOURCE_MEMORY);
  s.data = content.data();
  s.size = content.size();
  auto file = open(s);
  ASSERT_TRUE(file.ok()) << file.status().text();
  EXPECT_EQ(file->gguf().tensor("sotto.head.sentiment.weight")->rows, 3u);
}

// A vocabulary as large as those of real models.
TEST(ModelFileTest, AHundredThousandTokensOpenInNoTime) {
  RawGguf g = RawGguf::parse(fixture("gguf/hostile_base.gguf"));
  constexpr uint32_t kTokens = 100000;
  std::string tokens, kinds;
  for (uint32_t i = 0; i < kTokens; ++i) {
    tokens += raw_text("token" + std::to_string(i));
    kinds += raw(1);
  }
  g.key("tokenizer.ggml.tokens").value = raw_array(8, kTokens, tokens);
  g.key("tokenizer.ggml.token_type").value = raw_array(5, kTokens, kinds);
  g.remove_key("llama.vocab_size");
  g.tensor("token_embd.weight").dims[1] = kTokens;
  g.lay_out();
  std::string content = g.write();
  sotto_model_source s = source_of(SOTTO_SOURCE_MEMORY);
  s.data = content.data();
  s.size = content.size();
  const std::clock_t start = std::clock();
  auto file = open(s);
  const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  ASSERT_TRUE(file.ok()) << file.status().text();
  EXPECT_LT(seconds, 20);  // 0.01 or so, with sanitizers 1; comparing each token with each would take hours
  EXPECT_EQ(file->gguf().texts("tokenizer.ggml.tokens")->back(), "token99999");
}

}  // namespace
}  // namespace sotto

// The default model's own vocabulary. Skipped where it has not been fetched (sdk/tools/setup fetch).
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "model/gguf.h"
#include "unit/text/vectors.h"

namespace sotto {
namespace {

std::string model_path() {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  const char* home = std::getenv("HOME");
  const std::string root = cache && *cache ? cache : std::string(home ? home : "") + "/.cache";
  return root + "/sotto/SmolLM2-135M-Instruct.Q4_1.gguf";
}

TEST(SmolLm2, GivesTheIdsOfTheReference) {
  if (!std::filesystem::exists(model_path())) GTEST_SKIP() << model_path() << " is missing: run sdk/tools/setup fetch";
  const std::string bytes = test::read_file(model_path());
  auto file = Gguf::read(Span<const uint8_t>(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()));
  ASSERT_TRUE(file.ok()) << file.status().text();
  Vocabulary v;
  v.model = file->text("tokenizer.ggml.model", "").take();
  v.pre = file->text("tokenizer.ggml.pre", "").take();
  v.tokens = file->texts("tokenizer.ggml.tokens").take();
  v.merges = file->texts("tokenizer.ggml.merges").take();
  v.kinds = file->integers("tokenizer.ggml.token_type").take();
  auto made = make_tokenizer(v);
  ASSERT_TRUE(made.ok()) << made.status().text();
  const Tokenizer& t = *made.value();
  for (const test::Vector& c : test::read_vectors("smollm2_bpe.json")) {
    EXPECT_EQ(test::encode(t, c.text), c.ids) << c.name;
    EXPECT_EQ(test::encode(t, c.text, true), c.ids_special) << c.name << ", special";
    if (!c.is_valid) continue;
    EXPECT_EQ(t.decode(c.ids, false), c.text) << c.name;
    EXPECT_EQ(test::stream(t, c.ids), c.text) << c.name;
  }
}

}  // namespace
}  // namespace sotto

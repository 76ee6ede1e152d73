#include "convert/hf/safetensors.h"

#include <gtest/gtest.h>

#include "convert/json.h"
#include "unit/convert/hf/test_folder.h"

namespace sotto {
namespace {

Result<std::vector<SafeTensor>> parse(const std::string& file) {
  return parse_safetensors(Span<const uint8_t>(reinterpret_cast<const uint8_t*>(file.data()), file.size()), "f");
}

const std::string kOne = R"({"a":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}})";

TEST(Safetensors, GivesTensorsWhereTheyLie) {
  const std::string file = safetensors_file(
      R"({"__metadata__":{"format":"pt"},"b":{"dtype":"BF16","shape":[3],"data_offsets":[8,14]},)"
      R"("a":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},"c":{"dtype":"I64","shape":[],"data_offsets":[14,22]},)"
      R"("d":{"dtype":"F16","shape":[0,4],"data_offsets":[22,22]}}   )",
      std::string(22, 'x'));
  const auto tensors = parse(file);
  ASSERT_TRUE(tensors.ok()) << tensors.status().text();
  ASSERT_EQ(tensors->size(), 4u);
  EXPECT_EQ(tensors.value()[0].name, "a");
  EXPECT_EQ(tensors.value()[0].shape, (std::vector<uint64_t>{1, 2}));
  EXPECT_EQ(tensors.value()[1].type, "BF16");
  EXPECT_EQ(tensors.value()[1].bytes.data(), reinterpret_cast<const uint8_t*>(file.data()) + file.size() - 14);
  EXPECT_EQ(tensors.value()[2].bytes.size(), 8u);
  EXPECT_EQ(tensors.value()[3].bytes.size(), 0u);
}

TEST(Safetensors, ALyingFileIsRefusedWithItsReason) {
  const auto with = [](const std::string& entry, size_t bytes = 8) {
    return safetensors_file("{" + entry + "}", std::string(bytes, 0));
  };
  const struct {
    std::string file;
    std::vector<std::string> words;
  } cases[] = {
      {"", {"0 bytes"}},
      {"1234567", {"7 bytes"}},
      {std::string(8, '\xFF') + "{}", {"header", "at most"}},
      {safetensors_file(kOne, std::string(8, 0)).substr(0, 20), {"header"}},
      {safetensors_file("[]", ""), {"no JSON object"}},
      {safetensors_file("{\"a\":", ""), {"no JSON"}},
      {safetensors_file("{} x", ""), {"no JSON"}},
      {safetensors_file(std::string(100000, '['), ""), {"nested"}},
      {with(R"("a":5)"), {"'a'", "dtype"}},
      {with(R"("a":{"dtype":"Q9","shape":[2],"data_offsets":[0,8]})"), {"'a'", "Q9"}},
      {with(R"("a":{"dtype":"F32","shape":2,"data_offsets":[0,8]})"), {"'a'", "shape"}},
      {with(R"("a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]})"), {"'a'", "shape"}},
      {with(R"("a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,8]})"), {"'a'", "shape"}},
      {with(R"("a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]})"), {"'a'", "addressed"}},
      {with(R"("a":{"dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,8]})"), {"'a'", "addressed"}},
      {with(R"("a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]})"), {"'a'", "data_offsets"}},
      {with(R"("a":{"dtype":"F32","shape":[2],"data_offsets":[0]})"), {"'a'", "data_offsets"}},
      {with(R"("a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]})"), {"'a'", "8 bytes", "12"}},
      {with(R"("a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]})"), {"'a'", "byte 16", "which has 8"}},
      {with(R"("a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]})"), {"'a'", "byte 4", "expected 0"}},
      {with(R"("a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]})"), {"byte 4", "which has 8"}},
      {with(R"("a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]})"),
       {"'b'", "overlap"}},
      {with(R"("a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]})"),
       {"'a'", "twice"}},
      {with(R"("a":{"dtype":"F4","shape":[3],"data_offsets":[0,1]})"), {"'a'", "whole bytes"}},
  };
  for (const auto& c : cases) {
    const auto tensors = parse(c.file);
    ASSERT_FALSE(tensors.ok()) << c.words[0];
    EXPECT_EQ(tensors.status().code(), SOTTO_BAD_FILE);
    expect_sentence(tensors.status().text(), c.words);
  }
}

TEST(Json, AFilesValuesAreBounded) {
  EXPECT_TRUE(parse_json("[1, 2]", "f", 3).ok());
  const auto json = parse_json("[1, 2, 3]", "f", 3);
  ASSERT_FALSE(json.ok());
  expect_sentence(json.status().text(), {"f:", "more than 3 values"});
}

TEST(Safetensors, AShardedSetIsOne) {
  std::deque<MappedFile> files;
  const auto tensors = read_safetensors(SOTTO_FIXTURES "/hf/llama", &files);
  ASSERT_TRUE(tensors.ok()) << tensors.status().text();
  EXPECT_EQ(files.size(), 2u);
  EXPECT_EQ(tensors->count("model.embed_tokens.weight"), 1u);
  EXPECT_EQ(tensors->count("lm_head.weight"), 1u);
}

TEST(Safetensors, AWrongIndexIsRefused) {
  const std::string shard = safetensors_file(kOne, std::string(8, 0));
  const struct {
    const char* index;
    std::vector<std::string> words;
  } cases[] = {
      {R"({"weight_map":{"a":"1.safetensors","b":"1.safetensors"}})", {"'b'", "1.safetensors"}},
      {R"({"weight_map":{"a":"2.safetensors"}})", {"'2.safetensors'", "not beside"}},
      {R"({"weight_map":{"a":"1.safetensors","b":"same.safetensors"}})", {"'a'", "too"}},
      {R"({"weight_map":{"a":"../1.safetensors"}})", {"'a'", "beside"}},
      {R"({"weight_map":{"a":"/etc/passwd"}})", {"'a'", "beside"}},
      {R"({"weight_map":{"a":7}})", {"'a'", "7"}},
      {R"({"weight_map":{}})", {"weight_map"}},
      {R"({})", {"weight_map"}},
  };
  for (const auto& c : cases) {
    TestFolder folder;
    folder.write("1.safetensors", shard);
    folder.write("same.safetensors", shard);
    folder.write("model.safetensors.index.json", c.index);
    std::deque<MappedFile> files;
    const auto tensors = read_safetensors(folder.path(), &files);
    ASSERT_FALSE(tensors.ok()) << c.index;
    expect_sentence(tensors.status().text(), c.words);
  }
}

}  // namespace
}  // namespace sotto

// Tokenizers from their files, with the ids that transformers gives; what stands beside them.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "text/sentencepiece_model.h"
#include "unit/convert/hf/test_folder.h"
#include "unit/convert/tokenizer/engine_tokenizer.h"

namespace sotto {
namespace {

const std::string kFixtures = SOTTO_FIXTURES "/hf/";

void expect_ids_of_transformers(const std::string& folder, const std::string& fixture) {
  const auto engine = EngineTokenizer::read(folder);
  ASSERT_TRUE(engine);
  TestFolder file;
  file.copy_fixture(fixture);
  const auto expected = nlohmann::json::parse(file.read("expected.json"), nullptr, false);
  ASSERT_FALSE(expected["text_ids"].empty());
  for (const auto& c : expected["text_ids"]) {
    const auto text = c["text"].get<std::string>();
    EXPECT_EQ(engine->ids(text, false), c["ids"].get<std::vector<uint32_t>>()) << folder << ": " << text;
    EXPECT_EQ(engine->ids(text, true), c["ids_with_special"].get<std::vector<uint32_t>>()) << folder << ": " << text;
  }
}

TEST(ReadTokenizer, IdsAreThoseOfTransformers) {
  for (const char* name : {"gpt2", "llama", "qwen3"}) expect_ids_of_transformers(kFixtures + name, name);
}

TEST(ReadTokenizer, AFileByItselfIsTheSame) {
  expect_ids_of_transformers(kFixtures + "qwen3/tokenizer.json", "qwen3");
  expect_ids_of_transformers(kFixtures + "llama/tokenizer.model", "llama");
}

TEST(ReadTokenizer, AFolderWithoutATokenizerHasNone) {
  TestFolder folder;
  const auto data = read_tokenizer(folder.path());
  ASSERT_TRUE(data.ok());
  EXPECT_TRUE(data.value().model.empty());
  EXPECT_FALSE(read_tokenizer(folder.path() + "/nowhere").ok());
}

TEST(ReadTokenizer, VocabularyAndMergesAreTheSameAsTokenizerJson) {
  TestFolder folder;
  folder.copy_fixture("gpt2");
  const auto json = nlohmann::json::parse(folder.read("tokenizer.json"), nullptr, false);
  std::string merges = "#version: 0.2\n";
  for (const auto& m : json["model"]["merges"]) merges += m[0].get<std::string>() + " " + m[1].get<std::string>() + "\n";
  folder.write("vocab.json", json["model"]["vocab"].dump());
  folder.write("merges.txt", merges);
  folder.remove("tokenizer.json");
  expect_ids_of_transformers(folder.path(), "gpt2");
  folder.remove("tokenizer_config.json");
  const auto bare = EngineTokenizer::read(folder.path());
  ASSERT_TRUE(bare);
  EXPECT_EQ(bare->data.eos, 0u);
  EXPECT_EQ(bare->ids("<|endoftext|>", false), std::vector<uint32_t>{0});
  folder.write("tokenizer_config.json", R"({"tokenizer_class":"Qwen2Tokenizer"})");
  const auto qwen = EngineTokenizer::read(folder.path());
  ASSERT_TRUE(qwen);
  EXPECT_EQ(qwen->data.pre, "qwen2");
  EXPECT_TRUE(qwen->data.normalize_nfc);
}

TEST(ReadTokenizer, MergesAsTextsAreTheSame) {
  TestFolder folder;
  folder.copy_fixture("qwen3");
  auto json = nlohmann::json::parse(folder.read("tokenizer.json"), nullptr, false);
  for (auto& m : json["model"]["merges"]) m = m[0].get<std::string>() + " " + m[1].get<std::string>();
  folder.write("tokenizer.json", json.dump());
  expect_ids_of_transformers(folder.path(), "qwen3");
}

TEST(ReadTokenizer, SpecialIdsComeFromTheFilesBeside) {
  const struct {
    std::vector<std::pair<const char*, const char*>> files;
    std::optional<uint32_t> bos, eos, eot;
    bool adds_bos, adds_eos;
  } cases[] = {
      {{{"tokenizer_config.json", R"({"eos_token":"<|im_end|>"})"}}, 1u, 2u, {}, false, false},  // bos of config.json
      {{{"tokenizer_config.json", R"({"eos_token":{"content":"<|im_end|>"},"bos_token":null})"}}, {}, 2u, {}, false, false},
      {{{"tokenizer_config.json", "{}"}, {"special_tokens_map.json", R"({"bos_token":"<|endoftext|>"})"}},
       0u,
       2u,
       {},
       false,
       false},
      {{{"tokenizer_config.json", R"({"bos_token":"<|endoftext|>","add_bos_token":true})"}}, 0u, 2u, {}, false, false},
      {{{"tokenizer_config.json", R"({"eos_token":"<|im_end|>","bos_token":null,"add_bos_token":true,"add_eos_token":true})"}},
       {},
       2u,
       {},
       false,
       false},
      {{{"tokenizer_config.json", R"({"eos_token":"<|im_end|>","bos_token":null})"},
        {"generation_config.json", R"({"eos_token_id":[2,0]})"}},
       {},
       2u,
       0u,
       false,
       false},
      {{{"tokenizer_config.json", R"({"bos_token":null})"}, {"generation_config.json", R"({"eos_token_id":[0,2]})"}},
       {},
       0u,
       2u,
       false,
       false},
  };
  for (const auto& c : cases) {
    TestFolder folder;
    folder.copy_fixture("qwen3");
    for (const auto& [name, content] : c.files) folder.write(name, content);
    const auto data = read_tokenizer(folder.path());
    ASSERT_TRUE(data.ok()) << data.status().text();
    const char* shown = c.files[0].second;
    EXPECT_EQ(data.value().bos, c.bos) << shown;
    EXPECT_EQ(data.value().eos, c.eos) << shown;
    EXPECT_EQ(data.value().eot, c.eot) << shown;
    EXPECT_EQ(data.value().add_bos, c.adds_bos) << shown;
    EXPECT_EQ(data.value().add_eos, c.adds_eos) << shown;
  }
}

TEST(ReadTokenizer, FlagsOfAModelFileDecideWhatIsAdded) {
  const struct {
    const char* flags;
    bool bos, eos;
  } cases[] = {
      {"", true, false},
      {R"("add_bos_token":false)", false, false},
      {R"("add_bos_token":true,"add_eos_token":true)", true, true},
      {R"("add_eos_token":true)", true, true},
  };
  for (const auto& c : cases) {
    TestFolder folder;
    folder.copy_fixture("llama");
    folder.write("tokenizer_config.json", std::string("{") + c.flags + "}");
    const auto data = read_tokenizer(folder.path());
    ASSERT_TRUE(data.ok()) << data.status().text();
    EXPECT_EQ(data.value().add_bos, c.bos) << c.flags;
    EXPECT_EQ(data.value().add_eos, c.eos) << c.flags;
  }
  TestFolder folder;  // beside a tokenizer.json they are no more than a hint
  folder.copy_fixture("qwen3");
  folder.write("tokenizer_config.json", R"({"bos_token":"<|endoftext|>","add_bos_token":true})");
  const auto data = read_tokenizer(folder.path());
  ASSERT_TRUE(data.ok());
  EXPECT_EQ(data.value().add_bos, false);
  ASSERT_EQ(data.value().warnings.size(), 1u);
  expect_sentence(data.value().warnings[0], {"add_bos_token", "post-processor"});
}

TEST(ReadTokenizer, AnAddedTokenOfTheConfigurationIsAMarker) {
  TestFolder folder;
  folder.copy_fixture("qwen3");
  folder.replace("tokenizer_config.json", "\"bos_token\": null",
                 R"("bos_token": null, "added_tokens_decoder": {"322": {"content": "<tool>", "special": false},
                    "0": {"content": "<|endoftext|>", "special": true}, "323": {"content": "<end>", "special": true}})");
  const auto engine = EngineTokenizer::read(folder.path());
  ASSERT_TRUE(engine);
  EXPECT_EQ(engine->data.tokens.size(), 324u);
  EXPECT_EQ(engine->data.kinds[320], static_cast<int32_t>(TokenKind::kUnused));
  EXPECT_EQ(engine->data.kinds[322], static_cast<int32_t>(TokenKind::kUserDefined));
  EXPECT_EQ(engine->ids("<tool><end>", false), (std::vector<uint32_t>{322, 323}));
}

TEST(ReadTokenizer, ASentencePieceModelTakesAddedTokens) {
  TestFolder folder;
  folder.copy_fixture("llama");
  const auto before = EngineTokenizer::read(folder.path());
  ASSERT_TRUE(before);
  EXPECT_EQ(before->data.sentencepiece, folder.read("tokenizer.model"));  // unchanged
  folder.replace(
      "tokenizer_config.json", "\"legacy\"",
      R"("added_tokens_decoder": {"1": {"content": "<s>", "special": true}, "321": {"content": "<|im_end|>", "special": true}},
                    "legacy")");
  const auto engine = EngineTokenizer::read(folder.path());
  ASSERT_TRUE(engine);
  ASSERT_EQ(engine->tokenizer->size(), 322u);
  EXPECT_EQ(engine->ids("<|im_end|>", false), std::vector<uint32_t>{321});
  EXPECT_EQ(engine->ids("Turn on the lamp", true), before->ids("Turn on the lamp", true));
  const auto list = read_sentencepiece_model(engine->data.sentencepiece);
  ASSERT_TRUE(list.ok());
  EXPECT_EQ(list.value().kinds[320], static_cast<int32_t>(TokenKind::kUnused));
}

TEST(ReadTokenizer, ASpaceBehindSpecialTokensThatTheOriginalLacksIsWorthAWarning) {
  TestFolder folder;
  folder.copy_fixture("llama");
  const auto once = read_tokenizer(folder.path());
  folder.replace("tokenizer_config.json", "\"legacy\": false", "\"legacy\": true");
  const auto each = read_tokenizer(folder.path());
  ASSERT_TRUE(once.ok() && each.ok());
  ASSERT_EQ(once.value().warnings.size(), 1u);
  expect_sentence(once.value().warnings[0], {"tokenizer_config.json", "special token", "space"});
  EXPECT_TRUE(each.value().warnings.empty());
}

TEST(ReadTokenizer, TheSpaceBeforeATextCanBeLeftOut) {
  TestFolder folder;
  folder.copy_fixture("llama");
  folder.replace("tokenizer_config.json", "\"legacy\"", "\"add_prefix_space\": false, \"legacy\"");
  const auto with = EngineTokenizer::read(kFixtures + "llama"), without = EngineTokenizer::read(folder.path());
  ASSERT_TRUE(with && without);
  EXPECT_EQ(without->ids(" lamp", false), with->ids("lamp", false));
  EXPECT_EQ(without->data.add_space_prefix, false);
}

TEST(ReadTokenizer, TheChatTemplateIsTheDefaultOne) {
  const struct {
    std::vector<std::pair<const char*, const char*>> files;
    const char* wanted;
  } cases[] = {
      {{{"tokenizer_config.json", R"({"chat_template":"one"})"}}, "one"},
      {{{"tokenizer_config.json",
         R"({"chat_template":[{"name":"tool_use","template":"t"},{"name":"default","template":"d"}]})"}},
       "d"},
      {{{"tokenizer_config.json", R"({"chat_template":[{"name":"tool_use","template":"t"},{"name":"rag","template":"d"}]})"}},
       ""},
      {{{"tokenizer_config.json", R"({"chat_template":"one"})"}, {"chat_template.jinja", "file"}}, "file"},
      {{{"tokenizer_config.json", "{}"}, {"chat_template.json", R"({"chat_template":"apart"})"}}, "apart"},
      {{{"tokenizer_config.json", "{}"}}, ""},
  };
  for (const auto& c : cases) {
    TestFolder folder;
    folder.copy_fixture("qwen3");
    for (const auto& [name, content] : c.files) folder.write(name, content);
    const auto data = read_tokenizer(folder.path());
    ASSERT_TRUE(data.ok()) << data.status().text();
    EXPECT_EQ(data.value().chat_template, c.wanted) << c.files[0].second;
  }
}

TEST(ReadTokenizer, APostProcessorsTokensAreAdded) {
  TestFolder folder;
  folder.copy_fixture("qwen3");
  folder.write("tokenizer_config.json", R"({"bos_token":"<|im_start|>","eos_token":"<|im_end|>"})");
  folder.replace("tokenizer.json", R"("post_processor": null)",
                 R"("post_processor": {"type":"Sequence","processors":[{"type":"ByteLevel"},{"type":"TemplateProcessing",
                    "single":[{"SpecialToken":{"id":"B","type_id":0}},{"Sequence":{"id":"A","type_id":0}},
                              {"SpecialToken":{"id":"E","type_id":0}}],
                    "special_tokens":{"B":{"id":"B","ids":[0],"tokens":["<|endoftext|>"]},"E":{"id":"E","ids":[2],"tokens":["x"]}}}]})");
  const auto engine = EngineTokenizer::read(folder.path());
  ASSERT_TRUE(engine);
  const auto ids = engine->ids("a", true);
  ASSERT_EQ(ids.size(), 3u);
  EXPECT_EQ(ids.front(), 0u);  // what is added, not what is named
  EXPECT_EQ(ids.back(), 2u);
}

TEST(FitVocabulary, MissingTokensAreUnusedAndMoreAreAnError) {
  auto data = read_tokenizer(kFixtures + "llama");
  ASSERT_TRUE(data.ok());
  TokenizerData* t = &data.value();
  EXPECT_FALSE(fit_vocabulary(319, t).ok());
  ASSERT_TRUE(fit_vocabulary(384, t).ok());
  EXPECT_EQ(t->tokens.size(), 384u);
  EXPECT_EQ(t->scores.size(), 384u);
  EXPECT_EQ(t->kinds[383], static_cast<int32_t>(TokenKind::kUnused));
  EXPECT_EQ(t->tokens[383], "[PAD383]");
}

}  // namespace
}  // namespace sotto

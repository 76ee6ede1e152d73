// What Sotto would turn into other ids than the original is refused by name; what only looks different is not.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "unit/convert/hf/test_folder.h"
#include "unit/convert/tokenizer/engine_tokenizer.h"

namespace sotto {
namespace {

using nlohmann::json;

json regex_split(const std::string& regex, const char* behavior = "Isolated", bool invert = false) {
  return {{"type", "Split"}, {"pattern", {{"Regex", regex}}}, {"behavior", behavior}, {"invert", invert}};
}
json byte_level(bool use_regex, bool prefix = false) {
  return {{"type", "ByteLevel"}, {"add_prefix_space", prefix}, {"trim_offsets", true}, {"use_regex", use_regex}};
}
json sequence(const std::vector<json>& parts) { return {{"type", "Sequence"}, {"pretokenizers", parts}}; }

const std::string kLlama3 =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
const std::string kGpt2 = R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

// tokenizer.json of the qwen3 fixture with a change; "": accepted.
std::string refusal_of(void (*change)(json*), TokenizerData* out = nullptr) {
  TestFolder folder;
  folder.copy_fixture("qwen3");
  json j = json::parse(folder.read("tokenizer.json"), nullptr, false);
  change(&j);
  folder.write("tokenizer.json", j.dump());
  auto data = read_tokenizer(folder.path());
  if (!data.ok()) return data.status().text();
  if (out) *out = data.take();
  return {};
}

TEST(TokenizerJson, PreTokenizersAreKnownByTheirExpressions) {
  const struct {
    void (*change)(json*);
    const char* pre;
  } cases[] = {
      {[](json*) {}, "qwen2"},
      {[](json* j) { (*j)["pre_tokenizer"] = byte_level(true); }, "gpt-2"},
      {[](json* j) {
         (*j)["pre_tokenizer"] = sequence({regex_split(kGpt2), byte_level(false)});
       },
       "gpt-2"},
      {[](json* j) {
         (*j)["pre_tokenizer"] = sequence({regex_split(kGpt2, "Removed", true), byte_level(false)});
       },
       "gpt-2"},
      {[](json* j) {
         (*j)["pre_tokenizer"] = sequence({regex_split(kLlama3), byte_level(false)});
       },
       "dbrx"},
      {[](json* j) {
         (*j)["pre_tokenizer"] = sequence({regex_split(kLlama3), byte_level(false)});
         (*j)["model"]["ignore_merges"] = true;
       },
       "llama-bpe"},
      {[](json* j) {
         (*j)["pre_tokenizer"] = sequence({{{"type", "Digits"}, {"individual_digits", true}}, byte_level(true)});
       },
       "smollm"},
      // Of this vocabulary merging makes every word, so that ignoring the merges changes nothing.
      {[](json* j) { (*j)["model"]["ignore_merges"] = true; }, "qwen2"},
  };
  for (const auto& c : cases) {
    TokenizerData data;
    EXPECT_EQ(refusal_of(c.change, &data), "") << c.pre;
    EXPECT_EQ(data.pre, c.pre);
  }
}

TEST(TokenizerJson, WhatChangesIdsIsRefusedByName) {
  const struct {
    void (*change)(json*);
    std::vector<std::string> words;
  } cases[] = {
      {[](json* j) {
         (*j)["pre_tokenizer"] = sequence({regex_split("\\d+"), byte_level(false)});
       },
       {"\\d+", "not known"}},
      {[](json* j) {
         (*j)["pre_tokenizer"] = sequence({regex_split(kLlama3, "MergedWithNext"), byte_level(false)});
       },
       {"MergedWithNext"}},
      {[](json* j) { (*j)["pre_tokenizer"] = sequence({regex_split(kLlama3)}); }, {"not byte-level"}},
      {[](json* j) { (*j)["pre_tokenizer"] = byte_level(true, true); }, {"add_prefix_space"}},
      {[](json* j) { (*j)["pre_tokenizer"] = nullptr; }, {"no pre-tokenizer"}},
      {[](json* j) {
         (*j)["pre_tokenizer"] = {{"type", "Whitespace"}};
       },
       {"'Whitespace'"}},
      {[](json* j) {
         (*j)["pre_tokenizer"] = sequence({byte_level(false), byte_level(false)});
       },
       {"behind ByteLevel"}},
      {[](json* j) {
         (*j)["normalizer"] = {{"type", "Lowercase"}};
       },
       {"'Lowercase'"}},
      {[](json* j) {
         (*j)["normalizer"] = {{"type", "NFKC"}};
       },
       {"'NFKC'"}},
      {[](json* j) { (*j)["model"]["type"] = "WordPiece"; }, {"'WordPiece'"}},
      {[](json* j) { (*j)["model"]["dropout"] = 0.1; }, {"dropout"}},
      {[](json* j) { (*j)["model"]["end_of_word_suffix"] = "</w>"; }, {"end_of_word_suffix"}},
      {[](json* j) { (*j)["model"]["continuing_subword_prefix"] = "##"; }, {"continuing_subword_prefix"}},
      {[](json* j) {
         (*j)["model"]["merges"].push_back({"zzzz", "a"});
       },
       {"zzzz", "lacks"}},
      {[](json* j) { (*j)["model"]["merges"].push_back("ab"); }, {"two parts"}},
      {[](json* j) { (*j)["model"]["merges"] = nullptr; }, {"merges"}},
      {[](json* j) { (*j)["model"]["vocab"]["again"] = 5; }, {"again", "same id 5"}},
      {[](json* j) { (*j)["model"]["vocab"]["far"] = 1 << 30; }, {"far", "expected less"}},
      {[](json* j) { (*j)["model"]["vocab"]["none"] = -1; }, {"none", "-1"}},
      {[](json* j) { (*j)["model"]["vocab"] = json::array(); }, {"vocabulary"}},
      {[](json* j) { (*j).erase("model"); }, {"no model"}},
      {[](json* j) {
         (*j)["model"]["vocab"].erase("!");
         (*j)["model"]["unk_token"] = "<|endoftext|>";
       },
       {"lacks 1 of the 256 bytes"}},
      {[](json* j) { (*j)["added_tokens"][0]["single_word"] = true; }, {"<|endoftext|>", "single_word"}},
      {[](json* j) {
         (*j)["added_tokens"].push_back({{"id", 320}, {"content", "<x>"}, {"special", false}, {"lstrip", true}});
       },
       {"<x>", "lstrip"}},
      {[](json* j) { (*j)["added_tokens"][0]["id"] = 7; }, {"<|endoftext|>", "7"}},
      {[](json* j) {
         (*j)["added_tokens"].push_back({{"id", 9}, {"content", "<x>"}});
       },
       {"<x>", "same id 9"}},
      {[](json* j) {
         (*j)["added_tokens"].push_back({{"id", 320}, {"content", "e\xCC\x81"}, {"special", true}, {"normalized", true}});
       },
       {"normal form"}},
      {[](json* j) {
         (*j)["post_processor"] = {{"type", "BertProcessing"}};
       },
       {"BertProcessing"}},
      {[](json* j) {
         (*j)["model"]["vocab"]
             ["\xC4\xA0"
              "thetheX"] = 320;  // a word that no merge makes
         (*j)["model"]["ignore_merges"] = true;
       },
       {"ignore_merges"}},
  };
  for (const auto& c : cases) expect_sentence(refusal_of(c.change), c.words);
}

TEST(TokenizerJson, SpacesBesideAControlTokenAreWorthAWarning) {
  TokenizerData data;
  EXPECT_EQ(refusal_of(
                [](json* j) {
                  (*j)["added_tokens"].push_back({{"id", 320}, {"content", "<mask>"}, {"special", true}, {"lstrip", true}});
                },
                &data),
            "");
  ASSERT_EQ(data.warnings.size(), 1u);
  expect_sentence(data.warnings[0], {"<mask>", "lstrip"});
}

// The llama fixture's SentencePiece model as `tokenizers` would have it: merges of every pair of pieces, by the whole's score.
json converted(const std::string& model_folder) {
  const auto data = read_tokenizer(model_folder);
  EXPECT_TRUE(data.ok());
  const TokenizerData& d = data.value();
  json vocab = json::object(), merges = json::array();
  for (size_t id = 0; id < d.tokens.size(); ++id) vocab[d.tokens[id]] = id;
  std::vector<size_t> order;
  for (size_t id = 0; id < d.tokens.size(); ++id)
    if (d.kinds[id] == static_cast<int32_t>(TokenKind::kNormal)) order.push_back(id);
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return d.scores[a] > d.scores[b]; });
  const auto is_piece = [&](const std::string& t) {
    return vocab.contains(t) && d.kinds[vocab[t].get<size_t>()] == static_cast<int32_t>(TokenKind::kNormal);
  };
  for (const size_t id : order)
    for (size_t cut = 1; cut < d.tokens[id].size(); ++cut)
      if (is_piece(d.tokens[id].substr(0, cut)) && is_piece(d.tokens[id].substr(cut)))
        merges.push_back({d.tokens[id].substr(0, cut), d.tokens[id].substr(cut)});
  const json added = {{{"id", 0}, {"content", "<unk>"}, {"special", true}},
                      {{"id", 1}, {"content", "<s>"}, {"special", true}},
                      {{"id", 2}, {"content", "</s>"}, {"special", true}}};
  return {{"added_tokens", added},
          {"normalizer",
           {{"type", "Sequence"},
            {"normalizers",
             {{{"type", "Prepend"}, {"prepend", "\xE2\x96\x81"}},
              {{"type", "Replace"}, {"pattern", {{"String", " "}}}, {"content", "\xE2\x96\x81"}}}}}},
          {"pre_tokenizer", nullptr},
          {"post_processor",
           {{"type", "TemplateProcessing"},
            {"single", json::parse(R"([{"SpecialToken":{"id":"<s>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}])")},
            {"special_tokens", json::parse(R"({"<s>":{"id":"<s>","ids":[1],"tokens":["<s>"]}})")}}},
          {"model",
           {{"type", "BPE"},
            {"unk_token", "<unk>"},
            {"fuse_unk", true},
            {"byte_fallback", true},
            {"vocab", vocab},
            {"merges", merges}}}};
}

TEST(TokenizerJson, AConvertedSentencePieceModelGivesTheSameIds) {
  TestFolder folder;
  folder.copy_fixture("llama");
  const json j = converted(folder.path());
  folder.write("tokenizer.json", j.dump());
  folder.remove("tokenizer.model");
  const auto engine = EngineTokenizer::read(folder.path());
  const auto original = EngineTokenizer::read(SOTTO_FIXTURES "/hf/llama");
  ASSERT_TRUE(engine && original);
  EXPECT_TRUE(engine->data.sentencepiece.empty());
  for (const char* text : {"Turn on the lamp at 7:30, please!", "把客厅的灯打开，谢谢 😀", " two  spaces", "<s>", "a\nb", ""})
    EXPECT_EQ(engine->ids(text, true), original->ids(text, true)) << text;
}

TEST(TokenizerJson, BesideAModelItMustSayTheSame) {
  TestFolder folder;
  folder.copy_fixture("llama");
  json j = converted(folder.path());
  folder.write("tokenizer.json", j.dump());
  const auto both = read_tokenizer(folder.path());
  ASSERT_TRUE(both.ok()) << both.status().text();
  EXPECT_EQ(both.value().sentencepiece, folder.read("tokenizer.model"));
  auto& vocab = j["model"]["vocab"];
  std::swap(vocab["<0x41>"], vocab["<0x42>"]);
  folder.write("tokenizer.json", j.dump());
  const auto other = read_tokenizer(folder.path());
  ASSERT_FALSE(other.ok());
  expect_sentence(other.status().text(), {"<0x42>", "tokenizer.model"});
}

TEST(TokenizerJson, AConvertedModelThatScoresCannotSayIsRefused) {
  const struct {
    void (*change)(json*);
    std::vector<std::string> words;
  } cases[] = {
      {[](json* j) { (*j)["model"]["merges"].erase((*j)["model"]["merges"].size() - 1); }, {"do not merge"}},
      {[](json* j) { (*j)["model"]["merges"].push_back((*j)["model"]["merges"][0]); }, {"others between them"}},
      {[](json* j) { (*j)["model"]["unk_token"] = "<none>"; }, {"unknown token"}},
      {[](json* j) { (*j)["model"]["vocab"].erase("<0x41>"); }, {"255 of the 256"}},
      {[](json* j) { (*j)["normalizer"] = nullptr; }, {"U+2581"}},
      {[](json* j) {
         (*j)["normalizer"] = {{"type", "NFKC"}};
       },
       {"NFKC"}},
      {[](json* j) {
         (*j)["pre_tokenizer"] = {{"type", "Metaspace"}, {"replacement", "\xE2\x96\x81"}, {"split", true}};
       },
       {"Metaspace"}},
      {[](json* j) { (*j)["model"]["type"] = "Unigram"; }, {"Unigram"}},
  };
  for (const auto& c : cases) {
    TestFolder folder;
    folder.copy_fixture("llama");
    json j = converted(folder.path());
    c.change(&j);
    folder.write("tokenizer.json", j.dump());
    folder.remove("tokenizer.model");
    const auto data = read_tokenizer(folder.path());
    ASSERT_FALSE(data.ok()) << c.words[0];
    expect_sentence(data.status().text(), c.words);
  }
}

TEST(ReadTokenizer, FilesBesideThatContradictAreRefused) {
  const struct {
    const char* name;
    const char* content;
    std::vector<std::string> words;
  } cases[] = {
      {"tokenizer_config.json", R"({"added_tokens_decoder":{"5":{"content":"<x>"}}})", {"<x>", "same id 5"}},
      {"tokenizer_config.json", R"({"added_tokens_decoder":{"x":{"content":"<x>"}}})", {"'x'"}},
      {"tokenizer_config.json", R"({"add_prefix_space":true})", {"add_prefix_space"}},
      {"tokenizer_config.json", R"({"add_bos_token":"yes"})", {"add_bos_token"}},
      {"tokenizer_config.json", R"([])", {"object"}},
      {"tokenizer_config.json", R"({"a":1)", {"no JSON"}},
      {"generation_config.json", R"({"a":)", {"no JSON"}},
      {"tokenizer.json", R"("")", {"no model"}},
  };
  for (const auto& c : cases) {
    TestFolder folder;
    folder.copy_fixture("qwen3");
    folder.write(c.name, c.content);
    const auto data = read_tokenizer(folder.path());
    ASSERT_FALSE(data.ok()) << c.content;
    expect_sentence(data.status().text(), c.words);
  }
  TestFolder folder;
  folder.copy_fixture("llama");
  folder.write("tokenizer.model", "no model");
  EXPECT_FALSE(read_tokenizer(folder.path()).ok());
}

}  // namespace
}  // namespace sotto

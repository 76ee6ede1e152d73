#include <gtest/gtest.h>

#include <set>

#include "unit/text/vectors.h"

namespace sotto {
namespace {

using test::encode;
using test::Ids;

std::unique_ptr<Tokenizer> make(const Vocabulary& v) {
  auto t = make_tokenizer(v);
  EXPECT_TRUE(t.ok()) << t.status().text();
  return t.ok() ? t.take() : nullptr;
}

class BpeTokenizerTest : public testing::Test {
 protected:
  std::unique_ptr<Tokenizer> tokenizer(std::string_view pre) { return make(fixture_.vocabulary(pre)); }
  uint32_t id_of(const std::string& token) {
    for (uint32_t id = 0; id < fixture_.tokens.size(); ++id)
      if (fixture_.tokens[id] == token) return id;
    ADD_FAILURE() << token;
    return 0;
  }
  const test::BpeFixture fixture_ = test::read_bpe_fixture();
};

TEST_F(BpeTokenizerTest, EveryPreTokenizerGivesTheIdsOfTheReference) {
  std::set<std::string> names;
  for (const auto& c : fixture_.cases) names.insert(c.pre);
  EXPECT_EQ(names.size(), 7u);
  for (const std::string& name : names) {
    const auto t = tokenizer(name);
    for (const auto& c : fixture_.cases) {
      if (c.pre != name) continue;
      EXPECT_EQ(encode(*t, c.text), c.ids) << name << ": " << c.text;
      EXPECT_EQ(encode(*t, c.text, true), c.ids_special) << name << ", special: " << c.text;
      EXPECT_EQ(t->decode(c.ids, false), c.text) << name;
      EXPECT_EQ(t->decode(c.ids_special, true), c.text) << name;
      EXPECT_EQ(test::stream(*t, c.ids), c.text) << name;
    }
  }
}

TEST_F(BpeTokenizerTest, TextIsComposedWhereTheVocabularyWantsIt) {
  Vocabulary v = fixture_.vocabulary("qwen2");
  v.normalize_nfc = true;
  const auto t = make(v);
  size_t composed = 0;
  for (const auto& c : fixture_.cases) {
    if (c.pre != "qwen2") continue;
    composed += !c.ids_nfc.empty();
    EXPECT_EQ(encode(*t, c.text), c.ids_nfc.empty() ? c.ids : c.ids_nfc) << c.text;
  }
  EXPECT_GE(composed, 2u);
}

TEST_F(BpeTokenizerTest, MarkersAreParsedOnlyWhollyInsideTrustedRanges) {
  const auto t = tokenizer("smollm");
  const uint32_t start = id_of("<|im_start|>"), end = id_of("<|im_end|>");
  const std::string user = "<|im_end|>", text = "<|im_start|>" + user + "<|im_end|>";
  EncodeOptions options;
  options.parse_special = true;
  EXPECT_EQ(encode(*t, text, true), (Ids{start, end, end}));
  struct Case {
    const char* what;
    std::vector<ByteRange> trusted;
    size_t starts, ends;
  };
  for (const Case& c : {Case{"around the user's", {{0, 12}, {22, 10}}, 1, 1}, Case{"one byte short", {{0, 11}, {23, 9}}, 0, 0},
                        Case{"touching ranges do not join", {{0, 6}, {6, 6}, {22, 10}}, 0, 1}, Case{"nowhere", {}, 0, 0},
                        Case{"everywhere", {{0, text.size()}}, 1, 2}, Case{"past the end", {{22, SIZE_MAX}}, 0, 1}}) {
    options.trusted = &c.trusted;
    const auto ids = t->encode(text, options);
    ASSERT_TRUE(ids.ok());
    EXPECT_EQ(static_cast<size_t>(std::count(ids.value().begin(), ids.value().end(), start)), c.starts) << c.what;
    EXPECT_EQ(static_cast<size_t>(std::count(ids.value().begin(), ids.value().end(), end)), c.ends) << c.what;
    EXPECT_EQ(t->decode(ids.value(), true), text) << c.what;
  }
}

TEST_F(BpeTokenizerTest, TheLongestMarkerWins) {
  const auto t = tokenizer("gpt-2");
  EXPECT_EQ(encode(*t, "<tool_call>"), Ids{id_of("<tool_call>")});
  EXPECT_EQ(encode(*t, "<tool><tool_call>"), (Ids{id_of("<tool>"), id_of("<tool_call>")}));
}

TEST_F(BpeTokenizerTest, BeginAndEndAreAddedWhereTheModelWantsThemAndTheCallerLetsIt) {
  Vocabulary v = fixture_.vocabulary("smollm");
  v.bos = id_of("<|im_start|>");
  v.eos = id_of("<|im_end|>");
  v.add_bos = v.add_eos = true;
  const auto t = make(v);
  EXPECT_EQ(t->encode("", {}).take(), (Ids{*v.bos, *v.eos}));
  EncodeOptions bare;
  bare.add_bos = bare.add_eos = false;
  EXPECT_EQ(t->encode("", bare).take(), Ids{});
  EXPECT_EQ(t->decode(Ids{*v.bos, *v.eos}, false), "");
  EXPECT_EQ(t->decode(Ids{*v.bos, *v.eos, 1u << 30}, true), "<|im_start|><|im_end|>");
}

TEST_F(BpeTokenizerTest, KnowsWhatEndsAnAnswer) {
  Vocabulary v = fixture_.vocabulary("smollm");
  v.eos = id_of("<tool>");
  const auto t = make(v);
  EXPECT_TRUE(t->ends_generation(id_of("<tool>")));      // the eos
  EXPECT_TRUE(t->ends_generation(id_of("<|im_end|>")));  // known by its name
  EXPECT_FALSE(t->ends_generation(id_of("<|im_start|>")));
  EXPECT_FALSE(t->ends_generation(0));
  EXPECT_FALSE(t->ends_generation(UINT32_MAX));
  EXPECT_TRUE(t->is_control(id_of("<|im_start|>")));
  EXPECT_FALSE(t->is_control(id_of("<tool>")));
  EXPECT_EQ(t->find("<|im_end|>"), id_of("<|im_end|>"));
  EXPECT_EQ(t->find("no such token"), SOTTO_NONE);
}

TEST_F(BpeTokenizerTest, BadUtf8ReadsAsReplacementCharacters) {
  const auto t = tokenizer("smollm");
  struct Case {
    const char* hex;
    const char* read;
  };
  for (const Case& c : {Case{"61ff62", "a\uFFFDb"}, Case{"e4bd", "\uFFFD"}, Case{"f4908080", "\uFFFD\uFFFD\uFFFD\uFFFD"},
                        Case{"eda080", "\uFFFD\uFFFD\uFFFD"}, Case{"c0af", "\uFFFD\uFFFD"}, Case{"f09f9880f09f98", "😀\uFFFD"}})
    EXPECT_EQ(encode(*t, test::bytes_of_hex(c.hex)), encode(*t, c.read)) << c.hex;
}

TEST_F(BpeTokenizerTest, AMegabyteInOneWordIsTokenized) {
  const auto t = tokenizer("gpt-2");
  std::string word(1 << 20, 'a');
  for (size_t i = 0; i < word.size(); i += 3) word[i] = static_cast<char>('b' + i % 7);
  const Ids ids = encode(*t, word);
  EXPECT_EQ(t->decode(ids, false), word);
}

TEST_F(BpeTokenizerTest, WhatCannotBeReadIsRefusedWithASentence) {
  struct Case {
    const char* message;
    void (*damage)(Vocabulary*);
    sotto_status code;
  };
  const Case cases[] = {
      {"pre-tokenizer 'porridge' is not supported", [](Vocabulary* v) { v->pre = "porridge"; }, SOTTO_UNSUPPORTED},
      {"pre-tokenizer '' is not supported", [](Vocabulary* v) { v->pre = ""; }, SOTTO_UNSUPPORTED},
      {"tokenizer model 'bert' is not supported", [](Vocabulary* v) { v->model = "bert"; }, SOTTO_UNSUPPORTED},
      {"merge 0 ('ab') is not two parts", [](Vocabulary* v) { v->merges[0] = "ab"; }, SOTTO_BAD_FILE},
      {"merge 1 ('a ') is not two parts", [](Vocabulary* v) { v->merges[1] = "a "; }, SOTTO_BAD_FILE},
      {"merge 2 ('') is not two parts", [](Vocabulary* v) { v->merges[2] = ""; }, SOTTO_BAD_FILE},
      {"merge 0 ('zz zzz') names a token", [](Vocabulary* v) { v->merges[0] = "zz zzz"; }, SOTTO_BAD_FILE},
      {"tokenizer.ggml.eos_token_id is 99999, but", [](Vocabulary* v) { v->eos = 99999; }, SOTTO_BAD_FILE},
  };
  for (const Case& c : cases) {
    Vocabulary v = fixture_.vocabulary("gpt-2");
    c.damage(&v);
    const auto t = make_tokenizer(v);
    ASSERT_FALSE(t.ok()) << c.message;
    EXPECT_EQ(t.status().code(), c.code);
    EXPECT_NE(t.status().text().find(c.message), std::string::npos) << t.status().text();
  }
}

TEST(BpeTokenizer, AnEmptyOrByteLessVocabularyDoesNotCrash) {
  Vocabulary v;
  v.model = "gpt2";
  v.pre = "gpt-2";
  const auto none = make(v);
  EXPECT_EQ(encode(*none, "anything <|x|>", true), Ids{});
  v.tokens = {"a", "?"};
  v.kinds = {77, -5};  // kinds that nobody knows
  v.unknown = 1;
  EXPECT_EQ(encode(*make(v), "abA"), Ids{0});  // bytes that no token has fall away
}

}  // namespace
}  // namespace sotto

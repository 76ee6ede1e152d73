#include "text/sentencepiece_model.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "unit/text/vectors.h"

namespace sotto {
namespace {

std::string varint(uint64_t n) {
  std::string out;
  for (; n >= 0x80; n >>= 7) out += static_cast<char>(n | 0x80);
  return out + static_cast<char>(n);
}
std::string text_field(uint32_t number, const std::string& text) {
  return varint(number << 3 | 2) + varint(text.size()) + text;
}
std::string integer_field(uint32_t number, uint64_t n) { return varint(number << 3) + varint(n); }
std::string piece(const std::string& text, uint64_t kind = 1, float score = -1) {
  std::string fields = text_field(1, text) + varint(2 << 3 | 5);
  fields.append(reinterpret_cast<const char*>(&score), 4);
  return text_field(1, fields + integer_field(3, kind));
}

// Loads it as a model file would be, and uses it if it loads.
Status use(const std::string& model) {
  Vocabulary v;
  v.sentencepiece_model = {reinterpret_cast<const uint8_t*>(model.data()), model.size()};
  auto t = make_tokenizer(v);
  if (!t.ok()) return t.status();
  for (const char* text :
       {"", "hello  world", "ﬃ ① 今天 😀 é", "\xFF\xE4", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}) {
    const auto ids = t.value()->encode(text, {});
    if (!ids.ok()) return ids.status();
    (void)t.value()->decode(ids.value(), true);
  }
  return {};
}

// 9 99 and 99 9 have the same score; rounding in float, as SentencePiece 0.2.3 does it, puts the short piece first here.
TEST(SentencePieceModel, TheUnigramSearchRoundsAsItsLibraryDoesNow) {
  const std::string model = piece("<unk>", 2, 0) + piece("▁", 1, -2.477250099182129f) + piece("9", 1, -6.473844528198242f) +
                            piece("99", 1, -9.177115440368652f) + piece("中", 1, -6.144260883331299f) +
                            piece("é", 1, -9.455123901367188f);
  Vocabulary v;
  v.sentencepiece_model = {reinterpret_cast<const uint8_t*>(model.data()), model.size()};
  const auto t = make_tokenizer(v);
  ASSERT_TRUE(t.ok()) << t.status().text();
  EXPECT_EQ(test::encode(*t.value(), "é中中999"), (test::Ids{1, 5, 4, 4, 2, 3}));
}

TEST(SentencePieceModel, EveryTruncationIsRefusedOrUsable) {
  const std::string model = test::fixture("sp_bpe_identity_bytes.model");
  size_t refused = 0;
  for (size_t size = 0; size < model.size(); size += 1 + size / 64) refused += !use(model.substr(0, size)).ok();
  EXPECT_GT(refused, 300u);
  EXPECT_TRUE(use(model).ok());
}

TEST(SentencePieceModel, DamagedBytesDoNotCrash) {
  for (const char* name : {"sp_bpe_identity_bytes.model", "sp_unigram_nfkc_bytes.model"}) {
    const std::string model = test::fixture(name);
    std::mt19937 random(7);
    for (int round = 0; round < 120; ++round) {
      std::string damaged = model;
      // The end holds trainer, normaliser and character map; the beginning the pieces.
      const size_t from = round % 2 ? model.size() - std::min<size_t>(model.size(), 240000) : 0;
      for (int i = 0; i < 1 + round % 20; ++i) damaged[from + random() % (model.size() - from)] = static_cast<char>(random());
      (void)use(damaged);
    }
  }
}

TEST(SentencePieceModel, WhatTheLibraryWouldTrustIsRefusedWithASentence) {
  const std::string unknown = piece("<unk>", 2, 0);
  const std::string word = piece("word");
  std::string nested;
  for (size_t length = 1; length <= 65; ++length) nested += piece(std::string(length, 'n'), 4);
  struct Case {
    const char* message;
    std::string model;
  };
  const Case cases[] = {
      {"no pieces", integer_field(9, 1)},
      {"damaged", "\xFF\xFF\xFF"},
      {"0 unknown pieces", word},
      {"2 unknown pieces", unknown + piece("<unk2>", 2)},
      {"stands in it twice", unknown + word + word},
      {"is empty", unknown + piece("")},
      {"zero byte", unknown + piece(std::string("a\0b", 3))},
      {"has 1025 bytes", unknown + piece(std::string(1025, 'x'))},
      {"of kind 9", unknown + piece("x", 9)},
      {"of kind 4294967297", unknown + piece("x", (1ull << 32) + 1)},
      {"has the score nan", unknown + piece("x", 1, std::numeric_limits<float>::quiet_NaN())},
      {"has the score inf", unknown + piece("x", 1, std::numeric_limits<float>::infinity())},
      {"field of another type", unknown + text_field(1, integer_field(1, 5))},
      {"65 user-defined pieces begin one another", unknown + nested},
      {"character map", unknown + word + text_field(3, text_field(2, "abc"))},
      {"character map", unknown + word + text_field(5, text_field(2, std::string(5000, '\xEE')))},
      {"normaliser is damaged", unknown + word + text_field(3, "\xFF")},
  };
  for (const Case& c : cases) {
    const Status status = use(c.model);
    EXPECT_EQ(status.code(), SOTTO_BAD_FILE) << c.message;
    EXPECT_NE(status.text().find(c.message), std::string::npos) << status.text();
  }
  EXPECT_TRUE(use(unknown + word).ok());
}

TEST(SentencePieceModel, TheLibrarysOwnRefusalIsAStatus) {
  const std::string byte_without_fallback = piece("<unk>", 2) + piece("<0x41>", 6);
  EXPECT_EQ(use(byte_without_fallback).code(), SOTTO_BAD_FILE);
}

}  // namespace
}  // namespace sotto

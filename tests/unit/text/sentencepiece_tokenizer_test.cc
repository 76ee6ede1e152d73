#include <gtest/gtest.h>

#include <thread>

#include "text/sentencepiece_model.h"
#include "unit/text/vectors.h"

namespace sotto {
namespace {

using test::encode;
using test::Ids;

std::unique_ptr<Tokenizer> load(const std::string& bytes) {
  Vocabulary v;
  v.sentencepiece_model = {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()};
  auto t = make_tokenizer(v);
  EXPECT_TRUE(t.ok()) << t.status().text();
  return t.ok() ? t.take() : nullptr;
}

TEST(SentencePieceTokenizer, GivesTheIdsAndTextOfTheLibrary) {
  for (const std::string name : {"sp_unigram_nfkc_bytes", "sp_bpe_identity_bytes"}) {
    const auto t = load(test::fixture(name + ".model"));
    for (const test::Vector& c : test::read_vectors(name + ".json")) {
      EXPECT_EQ(encode(*t, c.text), c.ids) << name << ", " << c.name;
      EXPECT_EQ(t->decode(c.ids, false), c.decoded) << name << ", " << c.name;
      EXPECT_EQ(test::stream(*t, c.ids), c.decoded) << name << ", " << c.name;
    }
  }
}

TEST(SentencePieceTokenizer, ControlPiecesAreParsedOnlyWhereAllowed) {
  const auto t = load(test::fixture("sp_bpe_identity_bytes.model"));
  const uint32_t bos = *t->bos(), eos = *t->eos();
  const Ids plain = encode(*t, "<s>hi</s>");
  EXPECT_EQ(std::count(plain.begin(), plain.end(), bos) + std::count(plain.begin(), plain.end(), eos), 0);
  const Ids parsed = encode(*t, "<s>hi</s>", true);
  EXPECT_EQ(parsed.front(), bos);
  EXPECT_EQ(parsed.back(), eos);
  EXPECT_EQ(t->decode(parsed, false), "hi");
  EXPECT_EQ(t->decode(parsed, true), "<s>hi</s>");
  EXPECT_TRUE(t->ends_generation(eos));
  EXPECT_EQ(t->text_of(bos), "<s>");
  EXPECT_EQ(t->find("</s>"), eos);
  EXPECT_EQ(t->type(), "sentencepiece");
}

// A GGUF file's list: <unk> <s> </s>, the bytes, then pieces whose merges depend on their scores.
struct PieceList {
  std::vector<std::string> texts{"<unk>", "<s>", "</s>"};
  std::vector<float> scores{0, 0, 0};
  std::vector<int64_t> kinds{2, 3, 3};

  PieceList() {
    for (int byte = 0; byte < 256; ++byte) {
      char name[8];
      std::snprintf(name, sizeof name, "<0x%02X>", static_cast<unsigned>(byte));
      add(name, 0, 6);
    }
    const char* pieces[] = {"ab", "bc", "▁ab", "▁a", "▁", "a", "b", "c", "▁▁"};
    for (size_t i = 0; i < 9; ++i) add(pieces[i], -static_cast<float>(i));
  }
  void add(const std::string& text, float score, int64_t kind = 1) {
    texts.push_back(text);
    scores.push_back(score);
    kinds.push_back(kind);
  }
  uint32_t id(const std::string& text) const {
    return static_cast<uint32_t>(std::find(texts.begin(), texts.end(), text) - texts.begin());
  }
  Vocabulary vocabulary() const {
    Vocabulary v;
    v.model = "llama";
    v.tokens.assign(texts.begin(), texts.end());
    v.scores = scores;
    v.kinds = kinds;
    v.bos = 1;
    v.eos = 2;
    return v;
  }
};

TEST(SentencePieceTokenizer, APieceListBecomesABpeModel) {
  PieceList list;
  const auto t = make_tokenizer(list.vocabulary()).take();
  EXPECT_EQ(encode(*t, "abc"), (Ids{list.id("▁ab"), list.id("c")}));  // ab before bc, then ▁ab
  EXPECT_EQ(encode(*t, "é"), (Ids{list.id("▁"), list.id("<0xC3>"), list.id("<0xA9>")}));
  EXPECT_EQ(t->decode(encode(*t, "abc é"), false), "abc é");
  EXPECT_EQ(t->encode("a", {}).take(), (Ids{1, list.id("▁a")}));  // llama adds bos
  EXPECT_EQ(t->unknown(), 0u);
  Vocabulary bare = list.vocabulary();
  bare.add_space_prefix = false;
  const auto without_prefix = make_tokenizer(bare).take();
  EXPECT_EQ(encode(*without_prefix, "abc"), (Ids{list.id("ab"), list.id("c")}));
  EXPECT_EQ(without_prefix->decode(Ids{list.id("▁a")}, false), " a");
}

TEST(SentencePieceTokenizer, APieceListWithWhatTheLibraryRefusesIsStillRead) {
  PieceList list;
  list.add("ab", -1);        // twice
  list.add("", -1);          // empty
  list.add("<unk2>", 0, 2);  // a second unknown
  list.add(std::string("\0x", 2), -1);
  const auto t = make_tokenizer(list.vocabulary());
  ASSERT_TRUE(t.ok()) << t.status().text();
  EXPECT_EQ(encode(*t.value(), " abc"), (Ids{list.id("▁"), list.id("▁ab"), list.id("c")}));
  EXPECT_EQ(t.value()->size(), list.texts.size());
  PieceList without_bytes;
  without_bytes.kinds[10] = 1;  // one byte piece is none
  EXPECT_TRUE(make_tokenizer(without_bytes.vocabulary()).ok());
}

TEST(SentencePieceTokenizer, AnOverlongTextIsRefused) {
  const auto t = load(test::fixture("sp_bpe_identity_bytes.model"));
  const auto ids = t->encode(std::string((16 << 20) + 1, 'x'), {});
  ASSERT_FALSE(ids.ok());
  EXPECT_NE(ids.status().text().find("16777217 bytes"), std::string::npos) << ids.status().text();
}

TEST(SentencePieceTokenizer, ManyThreadsShareOne) {
  const auto t = load(test::fixture("sp_unigram_nfkc_bytes.model"));
  const Ids expected = encode(*t, "今天天气 is fine");
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int k = 0; k < 50; ++k) EXPECT_EQ(encode(*t, "今天天气 is fine"), expected);
    });
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace sotto

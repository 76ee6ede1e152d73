#include "model/gguf.h"

#include <gtest/gtest.h>

#include "unit/model/raw_gguf.h"

namespace sotto {
namespace {

Span<const uint8_t> bytes_of(const std::string& s) {
  return Span<const uint8_t>(reinterpret_cast<const uint8_t*>(s.data()), s.size());
}

RawGguf with_keys(std::vector<RawKey> keys) {
  RawGguf g;
  g.keys = std::move(keys);
  return g;
}

TEST(GgufReader, EveryIntegerTypeReadsAsAnInteger) {
  const std::string file = with_keys({{"u8", 0, raw(uint8_t{200}), {}},
                                      {"i8", 1, raw(int8_t{100}), {}},
                                      {"u16", 2, raw(uint16_t{60000}), {}},
                                      {"i16", 3, raw(int16_t{30000}), {}},
                                      {"u32", 4, raw(4000000000u), {}},
                                      {"i32", 5, raw(2000000000), {}},
                                      {"u64", 10, raw(~uint64_t{0}), {}},
                                      {"i64", 11, raw(int64_t{1} << 62), {}},
                                      {"negative", 11, raw(int64_t{-1}), {}},
                                      {"real", 6, raw(1.0f), {}}})
                               .write();
  const auto g = Gguf::read(bytes_of(file));
  ASSERT_TRUE(g.ok()) << g.status().text();
  const std::pair<const char*, uint64_t> wanted[] = {
      {"u8", 200},         {"i8", 100},         {"u16", 60000},        {"i16", 30000},
      {"u32", 4000000000}, {"i32", 2000000000}, {"u64", ~uint64_t{0}}, {"i64", uint64_t{1} << 62}};
  for (const auto& [key, value] : wanted) EXPECT_EQ(g->integer(key, 0).value(), value) << key;
  EXPECT_EQ(g->integer("absent", 7).value(), 7u);
  EXPECT_EQ(g->integer("negative", 0).status().code(), SOTTO_BAD_FILE);
  EXPECT_EQ(g->integer("real", 0).status().code(), SOTTO_BAD_FILE);
  EXPECT_EQ(g->describe(*g->find("u64")), "18446744073709551615");
  EXPECT_EQ(g->describe(*g->find("negative")), "-1");
}

TEST(GgufReader, TextsRealsAndArraysReadAsWritten) {
  const std::string file = with_keys({{"text", 8, raw_text("h\xc3\xa9"), {}},
                                      {"f32", 6, raw(0.5f), {}},
                                      {"f64", 12, raw(0.25), {}},
                                      {"yes", 7, raw(uint8_t{1}), {}},
                                      {"texts", 9, raw_array(8, 3, raw_text("a") + raw_text("") + raw_text("ccc")), {}},
                                      {"reals", 9, raw_array(6, 2, raw(1.5f) + raw(-2.0f)), {}},
                                      {"shorts", 9, raw_array(3, 2, raw(int16_t{-1}) + raw(int16_t{5})), {}},
                                      {"bytes", 9, raw_array(0, 3, "xyz"), {}},
                                      {"nothing", 9, raw_array(8, 0), {}}})
                               .write();
  const auto g = Gguf::read(bytes_of(file));
  ASSERT_TRUE(g.ok()) << g.status().text();
  EXPECT_EQ(g->text("text", "").value(), "h\xc3\xa9");
  EXPECT_EQ(g->real("f32", 0).value(), 0.5);
  EXPECT_EQ(g->real("f64", 0).value(), 0.25);
  EXPECT_TRUE(g->boolean("yes", false).value());
  EXPECT_EQ(g->texts("texts").value(), (std::vector<std::string_view>{"a", "", "ccc"}));
  EXPECT_EQ(g->reals("reals").value(), (std::vector<float>{1.5f, -2.0f}));
  EXPECT_EQ(g->integers("shorts").value(), (std::vector<int64_t>{-1, 5}));
  EXPECT_EQ(g->raw_bytes("bytes").value().size(), 3u);
  EXPECT_TRUE(g->texts("nothing").value().empty());
  EXPECT_TRUE(g->texts("absent").value().empty());
  EXPECT_EQ(g->texts("reals").status().code(), SOTTO_BAD_FILE);
  EXPECT_EQ(g->reals("shorts").status().code(), SOTTO_BAD_FILE);
  EXPECT_EQ(g->integers("reals").status().code(), SOTTO_BAD_FILE);
  EXPECT_EQ(g->boolean("f32", false).status().code(), SOTTO_BAD_FILE);
  EXPECT_EQ(g->describe(*g->find("texts")), "[a, , ccc]");
  EXPECT_EQ(g->keys().size(), 9u);
}

TEST(GgufReader, ListsOfAbsurdLengthStayInTheFile) {
  const uint64_t count = Gguf::kMaxElements + 1;
  const std::string file = with_keys({{"texts", 9, raw_array(8, count, std::string(8 * count, '\0')), {}},
                                      {"bytes", 9, raw_array(0, count, std::string(count, 'x')), {}}})
                               .write();
  const auto g = Gguf::read(bytes_of(file));
  ASSERT_TRUE(g.ok()) << g.status().text();
  EXPECT_EQ(g->texts("texts").status().code(), SOTTO_BAD_FILE);
  EXPECT_EQ(g->integers("bytes").status().code(), SOTTO_BAD_FILE);
  EXPECT_EQ(g->raw_bytes("bytes").value().size(), count);  // a view
}

TEST(GgufReader, TensorsPointIntoTheFile) {
  const std::string file = fixture("gguf/small-q4_0.gguf");
  const auto g = Gguf::read(bytes_of(file));
  ASSERT_TRUE(g.ok()) << g.status().text();
  const GgufTensor* t = g->tensor("blk.1.ffn_down.weight");
  ASSERT_NE(t, nullptr);
  EXPECT_EQ(t->rows, 64u);
  EXPECT_EQ(t->columns, 96u);
  EXPECT_EQ(t->row_bytes, 96u / 32 * 18);
  EXPECT_EQ(t->bytes.size(), 64u * t->row_bytes);
  EXPECT_GE(t->bytes.data(), bytes_of(file).data());
  EXPECT_LE(t->bytes.data() + t->bytes.size(), bytes_of(file).data() + file.size());
  EXPECT_EQ(g->tensor("blk.2.ffn_down.weight"), nullptr);
  EXPECT_LT(g->head().size(), file.size());
}

TEST(GgufReader, VersionTwoReadsLikeThree) {
  RawGguf g = RawGguf::parse(fixture("gguf/hostile_base.gguf"));
  g.version = 2;
  const std::string file = g.write();
  const auto read = Gguf::read(bytes_of(file));
  ASSERT_TRUE(read.ok()) << read.status().text();
  EXPECT_EQ(read->tensors().size(), 11u);
}

}  // namespace
}  // namespace sotto

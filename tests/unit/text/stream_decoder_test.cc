#include "text/stream_decoder.h"

#include <gtest/gtest.h>

namespace sotto {
namespace {

// Tokens are the bytes given; the last one is a control token.
class BytesTokenizer final : public Tokenizer {
 public:
  BytesTokenizer(std::vector<std::string_view> pieces, FirstSpaces rule) : rule_(rule) {
    texts_ = std::move(pieces);
    kinds_.assign(texts_.size(), TokenKind::kNormal);
    kinds_.back() = TokenKind::kControl;
    index_tokens();
  }
  std::string piece(uint32_t id) const override { return std::string(text_of(id)); }
  bool begins_with_space_mark(uint32_t id) const override { return text_of(id).substr(0, 1) == " "; }
  FirstSpaces first_spaces() const override { return rule_; }
  std::string_view type() const override { return "bytes"; }

 protected:
  Status encode_text(std::string_view, std::vector<uint32_t>*) const override { return {}; }
  std::string decode_text(Span<const uint32_t>) const override { return {}; }

 private:
  FirstSpaces rule_;
};

using Parts = std::vector<std::string>;

Parts parts(const std::vector<std::string_view>& pieces, FirstSpaces rule = FirstSpaces::kKept, bool at_start = true) {
  std::vector<std::string_view> tokens = pieces;
  tokens.push_back("<control>");
  const BytesTokenizer tokenizer(tokens, rule);
  StreamDecoder decoder(tokenizer, at_start);
  Parts out;
  for (uint32_t id = 0; id < pieces.size(); ++id) out.emplace_back(decoder.add(id));
  EXPECT_EQ(decoder.add(static_cast<uint32_t>(pieces.size())), "");
  EXPECT_EQ(decoder.add(UINT32_MAX), "");
  out.emplace_back(decoder.finish());
  EXPECT_EQ(decoder.finish(), "");
  return out;
}

TEST(StreamDecoder, GivesWholeCharactersOnly) {
  EXPECT_EQ(parts({"a", "\xF0", "\x9F\x98",
                   "\x80"
                   "b"}),
            (Parts{"a", "", "", "😀b", ""}));
  EXPECT_EQ(parts({"\xE4\xBD\xA0\xE5", "\xA5", "\xBD"}), (Parts{"你", "", "好", ""}));
}

TEST(StreamDecoder, BytesThatCannotBecomeACharacterComeOutAtOnce) {
  EXPECT_EQ(parts({"\xFF", "\x80", "a"}), (Parts{"\uFFFD", "\uFFFD", "a", ""}));
  EXPECT_EQ(parts({"\xE4\xBD", "x"}), (Parts{"", "\uFFFDx", ""}));
  EXPECT_EQ(parts({"\xF0", "\x80"}), (Parts{"", "\uFFFD\uFFFD", ""}));
}

TEST(StreamDecoder, ACharacterThatWasCutIsCompletedByTheNextCall) {
  const BytesTokenizer tokenizer({"a", "\xF0", "\x9F\x98", "\x80", "<control>"}, FirstSpaces::kKept);
  const std::vector<uint32_t> before = {0, 1, 2}, whole = {0, 1, 2, 3}, control = {1, 4};
  StreamDecoder decoder(tokenizer, false);
  decoder.go_on_from(Span<const uint32_t>(before));
  EXPECT_EQ(decoder.add(3), "😀");
  decoder.go_on_from(Span<const uint32_t>(whole));
  EXPECT_EQ(decoder.add(0), "a");
  decoder.go_on_from(Span<const uint32_t>(control));
  EXPECT_EQ(decoder.add(0), "a");
}

TEST(StreamDecoder, ADanglingRestIsReplacedAtTheEnd) {
  EXPECT_EQ(parts({"a", "\xE4\xBD"}), (Parts{"a", "", "\uFFFD"}));
  EXPECT_EQ(parts({}), (Parts{""}));
}

TEST(StreamDecoder, TheFirstSpaceIsTheTokenizersMatter) {
  EXPECT_EQ(parts({" a", " b"}), (Parts{" a", " b", ""}));
  EXPECT_EQ(parts({" a", " b"}, FirstSpaces::kOneDropped), (Parts{"a", " b", ""}));
  EXPECT_EQ(parts({" ", " b"}, FirstSpaces::kOneDropped), (Parts{"", " b", ""}));
  EXPECT_EQ(parts({" ", " b", " c"}, FirstSpaces::kDroppedUntilText), (Parts{"", "b", " c", ""}));
  EXPECT_EQ(parts({" a", " b"}, FirstSpaces::kOneDropped, false), (Parts{" a", " b", ""}));
}

}  // namespace
}  // namespace sotto

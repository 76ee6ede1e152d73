#include "convert/torch/pickle.h"

#include <gtest/gtest.h>

#include <string>

#include "convert/torch/pickle_writer.h"

namespace sotto {
namespace {

using namespace std::string_literals;

Result<Pickle> read(const std::string& bytes) {
  return Pickle::read(Span<const uint8_t>(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()), "test");
}

std::string refusal(const std::string& bytes) {
  const auto pickle = read(bytes);
  EXPECT_FALSE(pickle.ok());
  return pickle.status().text();
}

TEST(Pickle, PlainValuesOfEveryKindComeBack) {
  PickleWriter w;
  w.begin_dictionary();
  w.text("none");
  w.none();
  w.text("true");
  w.truth(true);
  w.text("small");
  w.integer(-7);
  w.text("large");
  w.integer(int64_t{1} << 40);
  w.text("real");
  w.real(-2.5);
  w.text("list");
  w.integers({1, 2, 3});
  w.text("twice");
  w.integer(1);
  w.text("twice");
  w.integer(2);
  w.end_dictionary();
  const std::string bytes = w.finish();
  const auto pickle = read(bytes);
  ASSERT_TRUE(pickle.ok()) << pickle.status().text();
  const PickleValue& v = pickle->root();
  EXPECT_EQ(pickle->size(), bytes.size());
  EXPECT_TRUE(v.find("none")->is_none());
  EXPECT_EQ(v.find("true")->integer, 1);
  EXPECT_EQ(v.find("small")->integer, -7);
  EXPECT_EQ(v.find("large")->integer, int64_t{1} << 40);
  EXPECT_EQ(v.find("real")->real, -2.5);
  EXPECT_EQ(v.find("list")->elements()->size(), 3U);
  EXPECT_EQ(v.find("twice")->integer, 2) << "the last one counts, as in Python";
  EXPECT_EQ(v.find("absent"), nullptr);
}

// Bytes that Python's pickle wrote: protocol 4 with frames, memo and names on the stack.
TEST(Pickle, ProtocolFourIsRead) {
  const std::string bytes = "\x80\x04\x95\x29\x00\x00\x00\x00\x00\x00\x00\x8c\x0b"s +
                            "collections\x94\x8c\x0bOrderedDict\x94\x93\x94)R\x94\x8c\x01" + "a\x94K\x05s.";
  const auto pickle = read(bytes);
  ASSERT_TRUE(pickle.ok()) << pickle.status().text();
  EXPECT_EQ(pickle->root().find("a")->integer, 5);
}

TEST(Pickle, NamesOutsideTheTableAreRefusedWithTheirPlace) {
  const std::string evil[] = {
      "\x80\x02"s + "cos\nsystem\nX\x04\x00\x00\x00true\x85R."s,
      "\x80\x02"s + "cbuiltins\neval\n."s,
      "\x80\x02"s + "cposix\nsystem\n."s,
      "\x80\x02"s + "csubprocess\nPopen\n."s,
      "\x80\x02"s + "ctorch.hub\nload\n."s,
      "\x80\x04\x8c\x02os\x8c\x06system\x93."s,
  };
  for (const std::string& bytes : evil) {
    const auto pickle = read(bytes);
    ASSERT_FALSE(pickle.ok());
    EXPECT_EQ(pickle.status().code(), SOTTO_REFUSED);
    EXPECT_NE(pickle.status().text().find("byte "), std::string::npos) << pickle.status().text();
    EXPECT_NE(pickle.status().text().find("nothing of it was executed"), std::string::npos);
  }
  EXPECT_NE(refusal(evil[0]).find("byte 2: it names os.system"), std::string::npos) << refusal(evil[0]);
}

TEST(Pickle, CirclesAndDepthAreRefused) {
  EXPECT_NE(refusal("\x80\x02]q\x00h\x00"
                    "a."s)
                .find("contains itself"),
            std::string::npos);
  EXPECT_NE(refusal("\x80\x02}q\x00X\x01\x00\x00\x00kh\x00s."s).find("contains itself"), std::string::npos);
  std::string deep = "\x80\x02K\x01"s;
  for (size_t i = 0; i < Pickle::kMaxDepth - 1; ++i) deep += "\x85";
  EXPECT_TRUE(read(deep + ".").ok());
  EXPECT_NE(refusal(deep + "\x85\x85.").find("deep"), std::string::npos);
  // A list put into another before it grows: the depth is that of the end.
  std::string late = "\x80\x02"s;
  for (int i = 0; i < 300; ++i) late += "]";
  for (int i = 0; i < 299; ++i) late += "a";
  EXPECT_NE(refusal(late + ".").find("deep"), std::string::npos);
}

TEST(Pickle, DamageIsASentence) {
  const std::string bad[] = {
      ""s,
      "\x80\x02"s,
      "\x80\x01N."s,
      "N"s,
      "."s,
      "\x80\x02NN."s,
      "\x80\x02(."s,
      "\x80\x02X\xff\xff\xff\xff"
      "abc."s,
      "\x80\x02h\x05."s,
      "\x80\x02R."s,
      "\x80\x02NNR."s,
      "\x80\x02K\x01K\x02s."s,
      "\x80\x02}K\x01"
      "e."s,
      "\x80\x02t."s,
      "\x80\x02"
      "cos"s,
      "\x80\x02I1\n."s,
      "\x80\x02\x8a\x09"
      "1."s,
      "\x80\x02(K\x01u."s,
      "\x80\x02}(K\x01u."s,
      "\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\xffN."s,
      "\x80\x02G123."s,
      "\x80\x02q\x00."s,
      "\x80\x02Nb."s,
      "\x80\x02NK\x01"
      "b."s,
  };
  for (const std::string& bytes : bad) EXPECT_NE(refusal(bytes).find("test: pickle"), std::string::npos) << refusal(bytes);
}

// Ten million opcodes that make something each: the number of objects is bounded.
TEST(Pickle, MemoryIsBounded) {
  std::string many = "\x80\x02("s + std::string(10 << 20, ']') + "t.";
  EXPECT_NE(refusal(many).find("more than"), std::string::npos);
}

}  // namespace
}  // namespace sotto

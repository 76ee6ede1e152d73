#include "base/sha256.h"

#include <gtest/gtest.h>

namespace sotto {
namespace {

TEST(Sha256Test, GivesThePublishedDigests) {
  struct {
    std::string text;
    const char* digest;
  } cases[] = {
      {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
      {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
       "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
      {std::string(1000000, 'a'), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
  };
  for (const auto& c : cases) EXPECT_EQ(hexadecimal(Sha256().add(c.text.data(), c.text.size()).digest()), c.digest);
}

TEST(Sha256Test, PiecesAreTheWhole) {
  const std::string text(300, 'x');
  const auto whole = Sha256().add(text.data(), text.size()).digest();
  for (const size_t cut : {size_t{1}, size_t{63}, size_t{64}, size_t{65}, size_t{128}, size_t{299}})
    EXPECT_EQ(Sha256().add(text.data(), cut).add(text.data() + cut, text.size() - cut).digest(), whole) << cut;
}

TEST(Sha256Test, NumbersAreLittleEndian) {
  const uint8_t bytes[] = {0x08, 0x07, 0x06, 0x05, 0x04, 0x03, 0x02, 0x01};
  EXPECT_EQ(Sha256().add_number(0x0102030405060708).digest(), Sha256().add(bytes, sizeof bytes).digest());
}

}  // namespace
}  // namespace sotto

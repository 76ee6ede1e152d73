#include "state.h"

#include <gtest/gtest.h>

#include <cstring>

namespace sotto::dialogue {
namespace {

Conversation sample() {
  Conversation c;
  c.system_prompt = "Be brief.";
  c.turns = {{"user", "打开灯 💡", true}, {"assistant", "", true}, {"user", std::string("a\0b", 3), false}};
  return c;
}

std::string packed(const Conversation& c, const std::string& session) {
  uint64_t at = 0;
  std::string bytes = pack(c, session.size(), &at);
  EXPECT_EQ(bytes.size(), packed_size(c, session.size()));
  std::memcpy(bytes.data() + at, session.data(), session.size());
  seal(&bytes);
  return bytes;
}

TEST(State, ComesBackAsItWas) {
  const std::string bytes = packed(sample(), "session bytes");
  Unpacked out;
  ASSERT_TRUE(unpack(bytes.data(), bytes.size(), &out).ok());
  EXPECT_EQ(out.conversation.system_prompt, "Be brief.");
  EXPECT_EQ(out.conversation.history_json(), sample().history_json());
  EXPECT_EQ(out.conversation.prompt_json(), sample().prompt_json());
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(out.session), out.session_size), "session bytes");
}

TEST(State, AnEmptySystemPromptIsNotAMissingOne) {
  for (const bool is_given : {false, true}) {
    Conversation c;
    if (is_given) c.system_prompt.emplace();
    const std::string bytes = packed(c, "");
    Unpacked out;
    ASSERT_TRUE(unpack(bytes.data(), bytes.size(), &out).ok());
    EXPECT_EQ(out.conversation.system_prompt.has_value(), is_given);
  }
}

TEST(State, EveryTruncationIsRefused) {
  const std::string bytes = packed(sample(), "session");
  for (size_t size = 0; size < bytes.size(); ++size) {
    const std::string cut = bytes.substr(0, size);
    Unpacked out;
    EXPECT_FALSE(unpack(cut.data(), cut.size(), &out).ok()) << size;
  }
}

TEST(State, EveryFlippedByteIsRefused) {
  const std::string bytes = packed(sample(), "session");
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::string bad = bytes;
    bad[i] = static_cast<char>(bad[i] ^ 0x55);
    Unpacked out;
    const Status s = unpack(bad.data(), bad.size(), &out);
    EXPECT_FALSE(s.ok()) << i;
    EXPECT_FALSE(s.text.empty()) << i;
  }
}

// A file made with a right checksum and wrong numbers: every number that may be wrong, at every place.
TEST(State, WrongNumbersUnderARightChecksumNeverReachPastTheEnd) {
  const std::string bytes = packed(sample(), "session");
  for (size_t at = 32; at + 8 <= bytes.size(); ++at) {
    for (const uint64_t number : {uint64_t{0}, uint64_t{1}, uint64_t{1} << 32, ~uint64_t{0}, uint64_t{bytes.size()}}) {
      std::string bad = bytes;
      std::memcpy(bad.data() + at, &number, 8);
      seal(&bad);
      Unpacked out;
      if (unpack(bad.data(), bad.size(), &out).ok()) {
        const auto* begin = reinterpret_cast<const unsigned char*>(bad.data());
        EXPECT_LE(out.session + out.session_size, begin + bad.size());
      }
    }
  }
}

}  // namespace
}  // namespace sotto::dialogue

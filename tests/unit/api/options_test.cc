#include "border/options.h"

#include <gtest/gtest.h>

#include "sotto/runtime.h"

namespace sotto {
namespace {

// A struct of an older or newer caller: the same head, fewer or more bytes.
struct Options {
  uint32_t struct_size;
  uint32_t a;
  uint64_t b;
};
struct Newer {
  Options known;
  uint64_t more;
};

TEST(Options, NullReadsAsZero) {
  const auto read = read_options<Options>("options", nullptr);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->a, 0u);
  EXPECT_EQ(read->struct_size, sizeof(Options));
}

TEST(Options, AnOlderCallersStructIsFilledUpWithZeros) {
  const Options old{8, 5, 77};
  const auto read = read_options("options", &old);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->a, 5u);
  EXPECT_EQ(read->b, 0u) << "beyond the caller's struct_size";
}

TEST(Options, ANewerCallerMayNotAskForWhatIsUnknown) {
  Newer newer{{sizeof(Newer), 5, 6}, 0};
  EXPECT_TRUE(read_options("options", &newer.known).ok());
  newer.more = 1;
  EXPECT_EQ(read_options("options", &newer.known).status().code(), SOTTO_UNSUPPORTED);
}

TEST(Options, AStructSizeThatCannotBeIsRefused) {
  for (const uint32_t size : {0u, 3u, kMaxStructSize + 1, 0xFFFFFFFFu}) {
    Options options{size, 0, 0};
    EXPECT_EQ(read_options("options", &options).status().code(), SOTTO_INVALID_ARGUMENT) << size;
    EXPECT_EQ(write_out("options", Options{}, &options).code(), SOTTO_INVALID_ARGUMENT) << size;
  }
}

TEST(Options, ResultsAreWrittenAsFarAsTheCallerKnows) {
  Options out{8, 1, 2};
  ASSERT_TRUE(write_out("options", Options{0, 10, 20}, &out).ok());
  EXPECT_EQ(out.struct_size, 8u) << "the caller's own";
  EXPECT_EQ(out.a, 10u);
  EXPECT_EQ(out.b, 2u);
  EXPECT_EQ(write_out<Options>("options", Options{}, nullptr).code(), SOTTO_INVALID_ARGUMENT);
}

TEST(Options, TheTwoCallIdiomWritesOnlyWhatFits) {
  const uint32_t ids[] = {1, 2, 3};
  uint32_t buffer[3] = {9, 9, 9};
  uint64_t count = 0;
  EXPECT_TRUE(write_items<uint32_t>(ids, 3, nullptr, 0, &count).ok());
  EXPECT_EQ(count, 3u);
  EXPECT_TRUE(write_items<uint32_t>(ids, 3, buffer, 2, &count).ok());
  EXPECT_EQ(buffer[0], 9u);
  EXPECT_TRUE(write_items<uint32_t>(ids, 3, buffer, 3, &count).ok());
  EXPECT_EQ(buffer[2], 3u);
  EXPECT_EQ(write_items<uint32_t>(ids, 3, nullptr, 3, &count).code(), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(write_items<uint32_t>(ids, 3, buffer, 3, nullptr).code(), SOTTO_INVALID_ARGUMENT);
}

TEST(Options, TextAtANullPointerOrOfImpossibleSizeIsRefused) {
  EXPECT_EQ(read_text("prompt", {nullptr, 0}).value(), "");
  EXPECT_EQ(read_text("prompt", {nullptr, 4}).status().code(), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(read_text("prompt", {"x", UINT64_MAX}).status().code(), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(read_text("prompt", {"xyz", 2}).value(), "xy");
}

TEST(Options, TextFieldsAreTerminatedAndHoldWholeCharacters) {
  char field[6];
  copy_text("ab\xE8\x8C\xB6\xE8\x8C\xB6", field);
  EXPECT_STREQ(field, "ab\xE8\x8C\xB6");
  copy_text("", field);
  EXPECT_STREQ(field, "");
}

}  // namespace
}  // namespace sotto

#include "border/guard.h"

#include <cstddef>
#include <cstring>
#include <new>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

namespace sotto {
namespace {

sotto_error fresh(uint32_t struct_size = sizeof(sotto_error)) {
  sotto_error error;
  std::memset(&error, '#', sizeof error);
  error.struct_size = struct_size;
  return error;
}

TEST(Guard, SuccessLeavesTheErrorUntouched) {
  sotto_error error = fresh();
  EXPECT_EQ(guard(&error, [] { return Status(); }), SOTTO_OK);
  EXPECT_EQ(error.text[0], '#');
  EXPECT_EQ(guard(nullptr, [] { return Status(SOTTO_BUSY, "x"); }), SOTTO_BUSY);
}

TEST(Guard, TurnsEveryExceptionIntoAStatusAndASentence) {
  sotto_error error = fresh();
  EXPECT_EQ(guard(&error, []() -> Status { throw std::bad_alloc(); }), SOTTO_OUT_OF_MEMORY);
  EXPECT_EQ(error.status, SOTTO_OUT_OF_MEMORY);
  EXPECT_NE(std::string(error.text).find("out of memory"), std::string::npos);
  EXPECT_EQ(guard(&error, []() -> Status { throw std::out_of_range("vector"); }), SOTTO_INTERNAL);
  EXPECT_STREQ(error.text, "vector");
  EXPECT_EQ(guard(&error, []() -> Status { throw 7; }), SOTTO_INTERNAL);
  EXPECT_EQ(guard_value(5u, []() -> uint32_t { throw 7; }), 5u);
}

TEST(Guard, WritesNoFurtherThanTheCallersError) {
  constexpr uint32_t kText = offsetof(sotto_error, text);
  for (const uint32_t size : {0u, 4u, kText, kText + 1, kText + 2, kText + 8}) {
    sotto_error error = fresh(size);
    EXPECT_EQ(report(&error, SOTTO_NOT_FOUND, "no such kettle"), SOTTO_NOT_FOUND);
    if (size > kText) {
      EXPECT_EQ(std::string(error.text), std::string("no such kettle").substr(0, size - kText - 1)) << size;
    }
    const auto* bytes = reinterpret_cast<const char*>(&error);
    for (size_t i = std::max<size_t>(size, 4); i < sizeof error; ++i) ASSERT_EQ(bytes[i], '#') << size << " " << i;
  }
}

TEST(Guard, CutsLongTextOnTheBorderOfACharacter) {
  for (const std::string character : {"x", "\xC3\xA9", "\xE8\x8C\xB6", "\xF0\x9F\x8D\xB5"}) {
    std::string text;
    while (text.size() < 600) text += character;
    sotto_error error = fresh();
    report(&error, SOTTO_INTERNAL, text);
    const size_t length = std::strlen(error.text);
    EXPECT_EQ(length % character.size(), 0u);
    EXPECT_GT(length + character.size(), sizeof error.text - 1);
  }
}

}  // namespace
}  // namespace sotto

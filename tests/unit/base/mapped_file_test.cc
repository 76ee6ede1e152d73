#include "base/mapped_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <string>

namespace sotto {
namespace {

// A file of three pages and a bit, byte i is i modulo 251, in a folder of its own.
class MappedFileTest : public testing::Test {
 protected:
  static constexpr size_t kSize = 3 * 4096 + 100;

  void SetUp() override {
    std::string pattern = testing::TempDir() + "mapped_XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    path_ = folder_ + "/file";
    std::FILE* f = std::fopen(path_.c_str(), "wb");
    ASSERT_NE(f, nullptr);
    for (size_t i = 0; i < kSize; ++i) std::fputc(static_cast<int>(i % 251), f);
    std::fclose(f);
  }
  void TearDown() override {
    std::remove(path_.c_str());
    ::rmdir(folder_.c_str());
  }
  static void expect_content(const MappedFile& file, size_t offset, size_t size) {
    ASSERT_EQ(file.bytes().size(), size);
    for (size_t i = 0; i < size; ++i) ASSERT_EQ(file.bytes()[i], (offset + i) % 251) << i;
  }

  std::string folder_, path_;
};

TEST_F(MappedFileTest, AnyPartOfAFileCanBeMapped) {
  for (const auto& [offset, length] :
       {std::pair<size_t, size_t>{0, kSize}, {1, 10}, {4095, 2}, {4096, 4096}, {5000, 7000}, {kSize - 1, 1}}) {
    auto file = MappedFile::open(path_, offset, length);
    ASSERT_TRUE(file.ok()) << file.status().text();
    expect_content(file.value(), offset, length);
  }
}

TEST_F(MappedFileTest, LengthZeroGoesToTheEnd) {
  auto file = MappedFile::open(path_, 4097, 0);
  ASSERT_TRUE(file.ok()) << file.status().text();
  expect_content(file.value(), 4097, kSize - 4097);
}

TEST_F(MappedFileTest, TheDescriptorMayBeClosed) {
  const int fd = ::open(path_.c_str(), O_RDONLY);
  auto file = MappedFile::from_descriptor(fd, "a descriptor", 10, 20);
  ::close(fd);
  ASSERT_TRUE(file.ok()) << file.status().text();
  expect_content(file.value(), 10, 20);
}

TEST_F(MappedFileTest, AMoveKeepsTheBytes) {
  auto file = MappedFile::open(path_, 0, 0);
  ASSERT_TRUE(file.ok());
  const MappedFile moved = file.take();
  expect_content(moved, 0, kSize);
}

TEST_F(MappedFileTest, PartsOutsideTheFileAreRefused) {
  for (const auto& [offset, length] :
       {std::pair<uint64_t, uint64_t>{kSize + 1, 0}, {0, kSize + 1}, {kSize, 1}, {1, ~uint64_t{0}}, {~uint64_t{0}, 2}})
    EXPECT_EQ(MappedFile::open(path_, offset, length).status().code(), SOTTO_INVALID_ARGUMENT) << offset << " " << length;
  EXPECT_EQ(MappedFile::open(path_, kSize, 0).status().code(), SOTTO_BAD_FILE);
}

TEST_F(MappedFileTest, WhatIsNoFileIsRefused) {
  EXPECT_EQ(MappedFile::open(folder_ + "/none", 0, 0).status().code(), SOTTO_NOT_FOUND);
  EXPECT_EQ(MappedFile::open(folder_, 0, 0).status().code(), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(MappedFile::open("/dev/zero", 0, 0).status().code(), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(MappedFile::from_descriptor(-1, "none", 0, 0).status().code(), SOTTO_IO_ERROR);
  const std::string pipe = folder_ + "/pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(MappedFile::open(pipe, 0, 0).status().code(), SOTTO_INVALID_ARGUMENT);  // and does not wait for a writer
  std::remove(pipe.c_str());
}

}  // namespace
}  // namespace sotto

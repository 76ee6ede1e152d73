#include "convert/torch/zip_archive.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace sotto {
namespace {

std::string real_archive() {
  std::ifstream in(std::string(SOTTO_FIXTURES) + "/megatron/llama/legacy_tp1/iter_0000100/mp_rank_00/model_optim_rng.pt",
                   std::ios::binary);
  std::stringstream bytes;
  bytes << in.rdbuf();
  return bytes.str();
}

Result<ZipArchive> read(const std::string& bytes) {
  return ZipArchive::read(Span<const uint8_t>(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()), "test");
}

TEST(ZipArchive, MembersOfATorchFileAreFoundInPlace) {
  const std::string bytes = real_archive();
  const auto archive = read(bytes);
  ASSERT_TRUE(archive.ok()) << archive.status().text();
  EXPECT_GT(archive->members().size(), 10U);
  for (const ZipMember& m : archive->members()) {
    EXPECT_GE(reinterpret_cast<const char*>(m.bytes.data()), bytes.data());
    EXPECT_LE(reinterpret_cast<const char*>(m.bytes.end()), bytes.data() + bytes.size());
    EXPECT_EQ(archive->find(m.name)->bytes.data(), m.bytes.data());
  }
  EXPECT_EQ(archive->find("nothing"), nullptr);
}

TEST(ZipArchive, EveryTruncationIsRefused) {
  const std::string bytes = real_archive();
  for (size_t size = 0; size < bytes.size(); size += size < 4096 || size + 4096 > bytes.size() ? 1 : 997)
    EXPECT_FALSE(read(bytes.substr(0, size)).ok()) << size;
}

// One byte of the directory at a time, to the values that matter: refused, or read without a step outside.
TEST(ZipArchive, EveryByteOfTheDirectoryMayLie) {
  const std::string bytes = real_archive();
  const size_t directory = bytes.find("PK\x01\x02");
  ASSERT_NE(directory, std::string::npos);
  for (size_t at = directory; at < bytes.size(); ++at)
    for (const char value : {'\0', '\x7f', '\xff'}) {
      std::string changed = bytes;
      changed[at] = value;
      const auto archive = read(changed);
      if (!archive.ok()) continue;
      for (const ZipMember& m : archive->members()) {
        EXPECT_GE(reinterpret_cast<const char*>(m.bytes.data()), changed.data());
        EXPECT_LE(reinterpret_cast<const char*>(m.bytes.end()), changed.data() + changed.size());
      }
    }
}

TEST(ZipArchive, CompressedMembersAreRefusedByName) {
  std::string bytes = real_archive();
  bytes[bytes.find("PK\x01\x02") + 10] = 8;
  const auto archive = read(bytes);
  ASSERT_FALSE(archive.ok());
  EXPECT_EQ(archive.status().code(), SOTTO_UNSUPPORTED);
  EXPECT_NE(archive.status().text().find("data.pkl"), std::string::npos) << archive.status().text();
}

}  // namespace
}  // namespace sotto

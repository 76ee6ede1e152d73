// Hostile ELF headers: every truncation and every patched byte of the headers ends with an answer, never with a fault.
#include <fcntl.h>
#include <unistd.h>

#include "host/library_file.h"
#include "host_test.h"

namespace sotto {
namespace {

Status check(const Folder& folder, const std::string& bytes) {
  const std::string path = folder.put("file.so", bytes);
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const Status status = check_elf(fd, bytes.size());
  close(fd);
  return status;
}

TEST(ElfCheck, EveryTruncationIsRefused) {
  const Folder folder;
  const std::string good = Folder::fixture_bytes("good");
  ASSERT_TRUE(check(folder, good).ok());
  for (size_t size = 0; size < good.size(); size += size < 1024 ? 7 : 997)
    EXPECT_EQ(check(folder, good.substr(0, size)).code(), SOTTO_REFUSED) << size << " of " << good.size() << " bytes";
}

TEST(ElfCheck, EveryByteOfTheHeadersMayBeAnything) {
  const Folder folder;
  const std::string good = Folder::fixture_bytes("good");
  const size_t headers = 64 + 12 * 56;
  for (size_t at = 0; at < headers && at < good.size(); ++at) {
    std::string bytes = good;
    bytes[at] = static_cast<char>(~bytes[at]);
    const Status status = check(folder, bytes);
    EXPECT_TRUE(status.ok() || !status.text().empty()) << "byte " << at;
  }
}

}  // namespace
}  // namespace sotto

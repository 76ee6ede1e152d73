#include "host/blob_store.h"

#include <sys/stat.h>

#include <thread>

#include "host_test.h"

namespace sotto {
namespace {

std::string content(const BlobStore& store, const char* key) {
  uint64_t size = 0;
  EXPECT_TRUE(store.read(key, nullptr, &size).ok());
  std::string bytes(static_cast<size_t>(size), '\0');
  EXPECT_TRUE(store.read(key, bytes.data(), &size).ok());
  return bytes;
}

TEST(BlobStore, WritesReadsReplacesAndRemoves) {
  const Folder folder;
  BlobStore store(folder / "test.sotto.good");
  uint64_t size = 0;
  EXPECT_EQ(store.read("note", nullptr, &size).code(), SOTTO_NOT_FOUND);
  ASSERT_TRUE(store.write("note", "green tea", 9).ok());
  EXPECT_EQ(content(store, "note"), "green tea");
  ASSERT_TRUE(store.write("note", "tea", 3).ok());
  EXPECT_EQ(content(store, "note"), "tea");
  ASSERT_TRUE(store.write("empty", nullptr, 0).ok());
  EXPECT_EQ(content(store, "empty"), "");
  ASSERT_TRUE(store.remove("note").ok());
  EXPECT_EQ(store.remove("note").code(), SOTTO_NOT_FOUND);
}

TEST(BlobStore, OnlyTheOwnerMayReadTheFiles) {
  const Folder folder;
  BlobStore store(folder / "mine");
  ASSERT_TRUE(store.write("note", "x", 1).ok());
  struct stat info {};
  ASSERT_EQ(stat((folder / "mine").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777u, 0700u);
  ASSERT_EQ(stat((folder / "mine/note").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777u, 0600u);
}

TEST(BlobStore, ABufferThatIsTooSmallStaysAsItWas) {
  const Folder folder;
  BlobStore store(folder / "mine");
  ASSERT_TRUE(store.write("note", "0123456789", 10).ok());
  char bytes[4] = {'a', 'b', 'c', 'd'};
  uint64_t size = sizeof bytes;
  ASSERT_TRUE(store.read("note", bytes, &size).ok());
  EXPECT_EQ(size, 10u);
  EXPECT_EQ(std::string(bytes, 4), "abcd");
}

TEST(BlobStore, AKeyIsNoPath) {
  const Folder folder;
  BlobStore store(folder / "mine");
  const std::string longest(64, 'k');
  EXPECT_TRUE(store.write(longest, "x", 1).ok());
  EXPECT_TRUE(store.write(".Az_0-9", "x", 1).ok());
  for (const std::string& key :
       {std::string(), std::string("."), std::string(".."), std::string("a/b"), std::string("../x"), std::string("a~1"),
        std::string("a b"), std::string("a\0b", 3), std::string("\xC3\xA9"), longest + "k"}) {
    EXPECT_EQ(store.write(key, "x", 1).code(), SOTTO_INVALID_ARGUMENT) << key;
    EXPECT_EQ(store.remove(key).code(), SOTTO_INVALID_ARGUMENT) << key;
    uint64_t size = 0;
    EXPECT_EQ(store.read(key, nullptr, &size).code(), SOTTO_INVALID_ARGUMENT) << key;
  }
}

TEST(BlobStore, AReaderSeesTheOldContentOrTheNewAndNothingIsLeftBehind) {
  const Folder folder;
  BlobStore store(folder / "mine");
  const std::string contents[] = {std::string(20000, 'a'), std::string(30000, 'b')};
  ASSERT_TRUE(store.write("note", contents[0].data(), contents[0].size()).ok());
  std::thread writer([&] {
    for (size_t i = 0; i < 50; ++i) EXPECT_TRUE(store.write("note", contents[i % 2].data(), contents[i % 2].size()).ok());
  });
  for (int i = 0; i < 200; ++i) {
    std::string bytes(30000, '\0');
    uint64_t size = bytes.size();
    EXPECT_TRUE(store.read("note", bytes.data(), &size).ok());
    bytes.resize(static_cast<size_t>(size));
    EXPECT_TRUE(bytes == contents[0] || bytes == contents[1]);
  }
  writer.join();
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder / "mine"), {}), 1);
}

TEST(BlobStore, AFailedWriteKeepsTheOldContent) {
  const Folder folder;
  BlobStore store(folder / "mine");
  ASSERT_TRUE(store.write("taken", "old", 3).ok());
  // A folder in the blob's place cannot be replaced by a file: the rename fails after the temporary file was written.
  std::filesystem::create_directory(folder / "mine/blocked");
  const Status status = store.write("blocked", "new", 3);
  EXPECT_EQ(status.code(), SOTTO_IO_ERROR);
  EXPECT_NE(status.text().find("blocked"), std::string::npos);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder / "mine"), {}), 2) << "the temporary file was left behind";
}

TEST(BlobStore, ItsTableCarriesStatusAndSentence) {
  const Folder folder;
  BlobStore store(folder / "mine");
  const sotto_interface service = store.service();
  const auto* table = static_cast<const sotto_blob_service*>(service.table);
  sotto_error error{};
  error.struct_size = sizeof error;
  EXPECT_EQ(table->remove(service.self, sotto_cstr("absent"), &error), SOTTO_NOT_FOUND);
  EXPECT_EQ(error.status, SOTTO_NOT_FOUND);
  EXPECT_NE(std::string(error.text).find("absent"), std::string::npos);
  EXPECT_EQ(table->write(service.self, sotto_cstr("k"), nullptr, 3, nullptr), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(table->read(service.self, sotto_cstr("k"), nullptr, nullptr, nullptr), SOTTO_INVALID_ARGUMENT);
}

}  // namespace
}  // namespace sotto

#include "convert/torch/torch_file.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "convert/torch/pickle_writer.h"
#include "convert/torch/torch_writer.h"

namespace sotto {
namespace {

using namespace std::string_literals;
namespace fs = std::filesystem;

Span<const uint8_t> view(const std::string& bytes) {
  return Span<const uint8_t>(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
}

std::string floats(const std::vector<float>& values) {
  return std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
}

// A torch.save archive around a pickle and storages "0", "1", ...
std::string archive_of(const std::string& pickle, const std::vector<std::string>& storages) {
  std::string pattern = (fs::temp_directory_path() / "sotto-torch-XXXXXX").string();
  EXPECT_NE(mkdtemp(pattern.data()), nullptr);
  const std::string path = pattern + "/file.pt";
  {
    auto file = OutputFile::create(path, false);
    EXPECT_TRUE(file.ok()) << file.status().text();
    TorchWriter writer(&file.value(), "file");
    EXPECT_TRUE(writer.write_pickle(pickle).ok());
    for (size_t i = 0; i < storages.size(); ++i) EXPECT_TRUE(writer.write_storage(std::to_string(i), view(storages[i])).ok());
    EXPECT_TRUE(writer.finish().ok());
    EXPECT_TRUE(file->commit().ok());
  }
  std::ifstream in(path, std::ios::binary);
  std::stringstream bytes;
  bytes << in.rdbuf();
  fs::remove_all(pattern);
  return bytes.str();
}

std::string tensor_pickle(Element element, const std::vector<uint64_t>& size) {
  PickleWriter w;
  w.tensor("0", element, size);
  return w.finish();
}

TEST(TorchFile, WhatIsWrittenIsRead) {
  const std::vector<float> values = {1, 2, 3, 4, 5, 6};
  const std::string bytes = archive_of(tensor_pickle(Element::kF32, {2, 3}), {floats(values)});
  std::deque<StoredBytes> stored;
  const auto file = TorchFile::read(view(bytes), "test", &stored);
  ASSERT_TRUE(file.ok()) << file.status().text();
  const auto tensor = file->tensor(file->root(), "t");
  ASSERT_TRUE(tensor.ok()) << tensor.status().text();
  EXPECT_EQ(tensor->size, (std::vector<uint64_t>{2, 3}));
  EXPECT_EQ(tensor->stride, (std::vector<uint64_t>{12, 4}));
  EXPECT_EQ((tensor->storage->bytes.data() - view(bytes).data()) % 64, 0) << "storages are aligned as torch.save does";
  ModelTensor t;
  Piece piece;
  ASSERT_TRUE(tensor->as_matrix(false, &t.rows, &t.columns, &piece));
  t.pieces = {piece};
  const auto loaded = load_tensor(t);
  ASSERT_TRUE(loaded.ok());
  EXPECT_EQ(std::memcmp(loaded->data(), values.data(), loaded->size()), 0);
}

TEST(TorchFile, TensorsThatReachOutsideTheirStorageAreNamed) {
  const std::string bytes = archive_of(tensor_pickle(Element::kF32, {2, 4}), {floats({1, 2, 3, 4, 5, 6})});
  std::deque<StoredBytes> stored;
  const auto file = TorchFile::read(view(bytes), "test", &stored);
  ASSERT_TRUE(file.ok());
  const auto tensor = file->tensor(file->root(), "layer.weight");
  ASSERT_FALSE(tensor.ok());
  EXPECT_NE(tensor.status().text().find("layer.weight"), std::string::npos);
}

// The pickle would create a file if it were executed.
TEST(TorchFile, NothingIsExecuted) {
  const fs::path planted = fs::temp_directory_path() / "sotto-planted-by-a-pickle";
  fs::remove(planted);
  const std::string command = "touch " + planted.string();
  std::string pickle = "\x80\x02}X\x05\x00\x00\x00modelcos\nsystem\nX"s;
  const auto size = static_cast<uint32_t>(command.size());
  pickle.append(reinterpret_cast<const char*>(&size), sizeof size);
  pickle += command + "\x85Rs.";
  std::deque<StoredBytes> stored;
  const std::string bytes = archive_of(pickle, {});
  const auto file = TorchFile::read(view(bytes), "test", &stored);
  ASSERT_FALSE(file.ok());
  EXPECT_EQ(file.status().code(), SOTTO_REFUSED);
  EXPECT_NE(file.status().text().find("os.system"), std::string::npos);
  EXPECT_FALSE(fs::exists(planted));
}

TEST(TorchFile, ADamagedPickleIsNoticed) {
  std::string bytes = archive_of(tensor_pickle(Element::kF32, {2, 3}), {floats({1, 2, 3, 4, 5, 6})});
  const size_t at = bytes.find("_rebuild_tensor_v2");
  bytes[at + 60] = static_cast<char>(bytes[at + 60] ^ 1);
  std::deque<StoredBytes> stored;
  const auto file = TorchFile::read(view(bytes), "test", &stored);
  ASSERT_FALSE(file.ok());
  EXPECT_NE(file.status().text().find("checksum"), std::string::npos) << file.status().text();
}

// PyTorch before 1.6 wrote pickles and storages one behind the other.
TEST(TorchFile, TheOldSequenceIsRead) {
  const std::vector<float> values = {1, 2, 3, 4, 5, 6};
  std::string bytes = "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."s;
  bytes += "\x80\x02M\xe9\x03."s;
  bytes += "\x80\x02}."s;
  bytes += tensor_pickle(Element::kF32, {2, 3});
  PickleWriter keys;
  keys.texts({"0"});
  bytes += keys.finish();
  const uint64_t count = values.size();
  bytes.append(reinterpret_cast<const char*>(&count), sizeof count);
  bytes += floats(values);
  std::deque<StoredBytes> stored;
  const auto file = TorchFile::read(view(bytes), "test", &stored);
  ASSERT_TRUE(file.ok()) << file.status().text();
  const auto tensor = file->tensor(file->root(), "t");
  ASSERT_TRUE(tensor.ok()) << tensor.status().text();
  EXPECT_EQ(std::memcmp(tensor->storage->bytes.data() + tensor->offset, values.data(), 24), 0);
  for (size_t size = 0; size < bytes.size(); ++size) {
    std::deque<StoredBytes> unused;
    EXPECT_FALSE(TorchFile::read(view(bytes.substr(0, size)), "test", &unused).ok()) << size;
  }
}

}  // namespace
}  // namespace sotto

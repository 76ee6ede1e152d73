// test_folder.h: a folder of small files for one test, removed afterwards, and files in the formats of checkpoints.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace sotto {

class TestFolder {
 public:
  TestFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "sotto_convert_XXXXXX").string();
    if (const char* made = ::mkdtemp(pattern.data())) path_ = made;
    EXPECT_FALSE(path_.empty());
  }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  ~TestFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  // All files of a folder in tests/fixtures/hf.
  void copy_fixture(const std::string& name) {
    for (const auto& entry : std::filesystem::directory_iterator(SOTTO_FIXTURES "/hf/" + name))
      std::filesystem::copy_file(entry.path(), path_ + "/" + entry.path().filename().string());
  }
  void write(const std::string& name, const std::string& content) {
    std::ofstream(path_ + "/" + name, std::ios::binary) << content;
  }
  std::string read(const std::string& name) const {
    std::ifstream in(path_ + "/" + name, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
  }
  // The first occurrence of `from` in a file becomes `to`.
  void replace(const std::string& name, const std::string& from, const std::string& to) {
    std::string content = read(name);
    const size_t at = content.find(from);
    ASSERT_NE(at, std::string::npos) << name << " has no " << from;
    write(name, content.replace(at, from.size(), to));
  }
  void remove(const std::string& name) { std::filesystem::remove(path_ + "/" + name); }
  void rename(const std::string& from, const std::string& to) { std::filesystem::rename(path_ + "/" + from, path_ + "/" + to); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// A safetensors file with this header and data.
inline std::string safetensors_file(const std::string& header, const std::string& data) {
  std::string file;
  for (int i = 0; i < 8; ++i) file += static_cast<char>(header.size() >> 8 * i);
  return file + header + data;
}

// The status' sentence has each of the words.
inline void expect_sentence(const std::string& sentence, const std::vector<std::string>& words) {
  for (const std::string& word : words)
    EXPECT_NE(sentence.find(word), std::string::npos) << "'" << word << "' in: " << sentence;
}

}  // namespace sotto

// raw_gguf.h: a GGUF file taken apart for tests, so that one place of it can be changed and the rest written as it was.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sotto {

struct RawKey {
  std::string name;
  uint32_t type = 0;
  std::string value;                    // as stored, an array's element type and count included
  std::optional<uint64_t> name_length;  // a lie about the name
};

struct RawTensor {
  std::string name;
  std::vector<uint64_t> dims;
  uint32_t type = 0;
  uint64_t offset = 0;
  std::optional<uint64_t> name_length;
  std::optional<uint32_t> dim_count;
};

struct RawGguf {
  std::string magic = "GGUF";
  uint32_t version = 3;
  std::optional<uint64_t> tensor_count, key_count;  // lies
  std::vector<RawKey> keys;
  std::vector<RawTensor> tensors;
  std::string data;  // of the tensors
  uint64_t alignment = 32;

  static RawGguf parse(const std::string& file);  // REQUIRES: a valid file
  std::string write() const;

  RawKey& key(std::string_view name);        // fails the test when there is none
  RawTensor& tensor(std::string_view name);  // likewise
  void remove_key(std::string_view name);
  // The offsets as a writer would give them, with `data` as long as they need.
  void lay_out();
};

template <class T>
std::string raw(T number) {
  return std::string(reinterpret_cast<const char*>(&number), sizeof number);
}
std::string raw_text(std::string_view text);                                           // length and bytes
std::string raw_array(uint32_t type, uint64_t count, std::string_view elements = {});  // element type, count, elements

std::string read_file(const std::string& path);
std::string fixture(const std::string& name);  // content of a file in tests/fixtures

}  // namespace sotto

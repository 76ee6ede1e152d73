// torch_writer.h: writes a file that torch.load reads: a zip archive of stored members, the pickle first, each storage at a
// multiple of 64 bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/span.h"
#include "base/status.h"
#include "convert/output_file.h"

namespace sotto {

class TorchWriter {
 public:
  // `root` is the archive's folder, as torch.save names it: the file's name without its ending.
  TorchWriter(OutputFile* file, std::string root) : file_(file), root_(std::move(root)) {}

  Status write_pickle(const std::string& pickle);
  Status write_storage(std::string_view key, Span<const uint8_t> bytes);
  Status finish();

 private:
  struct Member {
    std::string name;
    uint64_t offset, size;
    uint32_t crc;
  };
  Status write_member(const std::string& name, Span<const uint8_t> bytes);
  Status write(const std::string& bytes);

  OutputFile* file_;
  std::string root_;
  std::vector<Member> members_;
};

}  // namespace sotto

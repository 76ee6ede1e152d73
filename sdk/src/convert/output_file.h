// output_file.h: a file that appears under its name when it is complete, and not before.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/span.h"
#include "base/status.h"

namespace sotto {

// Written under a temporary name beside its own, synced and renamed by commit(); removed when destroyed before.
class OutputFile {
 public:
  // An existing file is kept, and that is an error, unless `overwrite`; anything but a plain file is never replaced.
  static Result<OutputFile> create(const std::string& path, bool overwrite);

  OutputFile(OutputFile&& other) noexcept;
  OutputFile& operator=(OutputFile&&) = delete;
  OutputFile(const OutputFile&) = delete;
  ~OutputFile();

  Status write(Span<const uint8_t> bytes);
  Status write_zeros(uint64_t count);  // a few: they wait in memory
  Status commit();
  uint64_t size() const { return size_; }

 private:
  OutputFile() = default;
  Status failed(const char* what) const;
  Status put(Span<const uint8_t> bytes) const;
  Status flush();

  std::string path_;
  std::string temporary_;
  std::vector<uint8_t> pending_;
  uint64_t size_ = 0;
  int fd_ = -1;
  bool overwrite_ = false;
};

}  // namespace sotto

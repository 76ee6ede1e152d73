// mapped_file.h: a part of a regular file as read-only bytes, for model files.
#pragma once

#include <cstdint>
#include <string>

#include "base/span.h"
#include "base/status.h"

namespace sotto {

// Mapped privately; unmapped on destruction. The offset needs no alignment. Limit: a file that someone truncates while it is
// mapped raises SIGBUS when read, as with every mapping.
class MappedFile {
 public:
  // `length` 0: to the end of the file.
  static Result<MappedFile> open(const std::string& path, uint64_t offset, uint64_t length);
  // The descriptor may be closed afterwards. `name` stands in messages.
  static Result<MappedFile> from_descriptor(int fd, const std::string& name, uint64_t offset, uint64_t length);

  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  Span<const uint8_t> bytes() const { return bytes_; }
  // Whole pages of a mapping's part leave the process's memory; touched again, they are read from the file again.
  static void give_back(Span<const uint8_t> part);

 private:
  MappedFile() = default;

  void* base_ = nullptr;  // page aligned
  size_t mapped_ = 0;
  Span<const uint8_t> bytes_;
};

}  // namespace sotto

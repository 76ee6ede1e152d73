// zip_archive.h: the directory of a zip archive whose members are stored as they are, as torch.save writes it. Members are used
// in place. After PKWARE's APPNOTE, zip64 included.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/span.h"
#include "base/status.h"

namespace sotto {

struct ZipMember {
  std::string_view name;
  Span<const uint8_t> bytes;
  uint32_t crc = 0;
};

bool looks_like_zip(Span<const uint8_t> bytes);

class ZipArchive {
 public:
  // Borrows the bytes; `where` stands in messages. Every member lies inside them.
  static Result<ZipArchive> read(Span<const uint8_t> bytes, const std::string& where);

  const std::vector<ZipMember>& members() const { return members_; }
  const ZipMember* find(std::string_view name) const;

 private:
  std::vector<ZipMember> members_;  // by name
};

}  // namespace sotto

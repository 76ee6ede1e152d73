// zip_seal.h: makes the checksums of an archive's members right again, so that mutations reach what lies behind them.
#pragma once

#include <libdeflate.h>

#include <cstring>
#include <string>

#include "convert/torch/zip_archive.h"

namespace sotto::fuzz {

// Leaves what is no archive as it is.
inline void seal_zip(std::string* bytes) {
  auto* data = reinterpret_cast<uint8_t*>(bytes->data());
  const auto archive = ZipArchive::read(Span<const uint8_t>(data, bytes->size()), "input");
  if (!archive.ok()) return;
  for (const ZipMember& m : archive->members()) {
    constexpr size_t kNameAt = 46, kCrcAt = 16;  // in an entry of the directory, which holds the name
    const uint32_t crc = libdeflate_crc32(libdeflate_crc32(0, nullptr, 0), m.bytes.data(), m.bytes.size());
    const auto entry = static_cast<size_t>(reinterpret_cast<const uint8_t*>(m.name.data()) - data) - kNameAt;
    std::memcpy(data + entry + kCrcAt, &crc, sizeof crc);
  }
}

}  // namespace sotto::fuzz

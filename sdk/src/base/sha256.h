// sha256.h: SHA-256 (FIPS 180-4) for fingerprints of models, plans and saved sessions.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace sotto {

class Sha256 {
 public:
  using Digest = std::array<uint8_t, 32>;

  Sha256& add(const void* data, size_t size);
  // A plain number, in its little-endian bytes.
  Sha256& add_number(uint64_t number);
  Digest digest();  // ends the computation

 private:
  void block(const uint8_t* bytes);

  std::array<uint32_t, 8> state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<uint8_t, 64> pending_{};
  uint64_t length_ = 0;
};

std::string hexadecimal(const Sha256::Digest& digest);

}  // namespace sotto

// sealed.h: saved states with the checksums put right, so that the fuzzer's changes reach what lies behind them.
#pragma once

#include <cstring>
#include <string>

#include "base/sha256.h"

namespace sotto::fuzz {

// A session's state (run/session_state.cc): the model's hash in its place, the SHA-256 at the end.
inline void seal_session(const char* model_hash, std::string* bytes) {
  constexpr size_t kHashAt = 32, kHash = 64, kDigest = 32;
  if (bytes->size() < kHashAt + kHash + kDigest) return;
  std::memcpy(bytes->data() + kHashAt, model_hash, kHash);
  const size_t covered = bytes->size() - kDigest;
  const auto digest = Sha256().add(reinterpret_cast<const uint8_t*>(bytes->data()), covered).digest();
  std::memcpy(bytes->data() + covered, digest.data(), kDigest);
}

}  // namespace sotto::fuzz

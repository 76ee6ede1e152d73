// sealed.h: saved states with the checksums put right, so that the fuzzer's changes reach what lies behind them.
#pragma once

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstring>
#include <string>

namespace sotto::fuzz {

// A session's state (run/session_state.cc): the model's hash in its place, XXH3-128 of all before at the end.
inline void seal_session(const char* model_hash, std::string* bytes) {
  constexpr size_t kHashAt = 32, kHash = 64;
  XXH128_canonical_t digest;
  if (bytes->size() < kHashAt + kHash + sizeof digest) return;
  std::memcpy(bytes->data() + kHashAt, model_hash, kHash);
  const size_t covered = bytes->size() - sizeof digest;
  XXH128_canonicalFromHash(&digest, XXH3_128bits(bytes->data(), covered));
  std::memcpy(bytes->data() + covered, digest.digest, sizeof digest);
}

}  // namespace sotto::fuzz

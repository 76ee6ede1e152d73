// blob_store.h: the host service "sotto.blob/1": small private files of one plugin.
#pragma once

#include <mutex>
#include <string>
#include <string_view>

#include "base/status.h"
#include "sotto/plugin.h"

namespace sotto {

// One folder, made at the first write, readable by its owner only. [any thread]
class BlobStore {
 public:
  explicit BlobStore(std::string folder) : folder_(std::move(folder)) {}
  sotto_interface service();

  // *size: capacity in, bytes of the blob out; bytes are written only if they fit.
  Status read(std::string_view key, void* bytes, uint64_t* size) const;
  // Atomic: whoever reads sees the old content or the new, also after a power cut.
  Status write(std::string_view key, const void* bytes, uint64_t size);
  Status remove(std::string_view key);

 private:
  Result<std::string> path_of(std::string_view key) const;

  const std::string folder_;
  std::mutex mutex_;  // one writer at a time: guards the temporary files
};

}  // namespace sotto

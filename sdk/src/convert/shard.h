// shard.h: one file a rank, with what that rank reads of the model (format: model/shard_file.h).
#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "convert/events.h"

namespace sotto {

struct ShardOptions {
  uint32_t ranks = 1;
  std::vector<uint32_t> split;  // empty: even
  bool overwrite = false;
};

// Into the folder `output`, which appears when all are complete: rank0-of-2.gguf, rank1-of-2.gguf.
Status shard_file(const std::string& input, const std::string& output, const ShardOptions& options, const Events& events);

}  // namespace sotto

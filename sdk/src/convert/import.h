// import.h: a checkpoint of any format to a GGUF file.
#pragma once

#include <functional>
#include <string>

#include "base/status.h"
#include "convert/events.h"

namespace sotto {

struct ImportOptions {
  bool overwrite = false;
  std::string type;       // "f32", "f16", "bf16" in any case; empty: as stored
  std::string tokenizer;  // a file or folder; empty: what lies in the checkpoint
  std::string config;     // JSON of Megatron-LM's arguments
};

struct ImportReport {
  std::string format, architecture;
  uint32_t tensors = 0, tokens = 0, vocabulary = 0;
  uint64_t parameters = 0, bytes = 0;
};

Result<ImportReport> import_checkpoint(const std::string& source, const std::string& output, const ImportOptions& options,
                                       const Events& events);

}  // namespace sotto

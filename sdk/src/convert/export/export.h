// export.h: a model file to a Megatron-LM checkpoint of the mp_rank format.
#pragma once

#include <string>

#include "base/status.h"
#include "convert/events.h"
#include "convert/export/arguments.h"

namespace sotto {

struct ExportOptions {
  bool overwrite = false;
  ParallelSizes sizes;
};

// The folder `output` appears when it is complete. Beside the ranks' files lies tokenizer/tokenizer.gguf, the file's tokenizer,
// for the way back.
Status export_checkpoint(const std::string& input, const std::string& output, const ExportOptions& options,
                         const Events& events);

}  // namespace sotto

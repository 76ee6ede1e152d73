#include "default_model.h"

#include <filesystem>

#include "installed.h"

namespace sotto::tools {

constexpr const char* kFile = "sotto-mini/sotto-mini.gguf";  // of sdk/models

void find_default_model(DefaultModel* out) {
  out->path = default_model_folder() + "/" + kFile;
  out->source = sotto_model_source{};
  out->source.struct_size = sizeof out->source;
  out->source.path = {out->path.data(), out->path.size()};
  std::error_code ignored;
  if (!std::filesystem::exists(out->path, ignored))
    out->problem = "the default model " + out->path + " is not there: build or install Sotto whole, or name a model";
}

}  // namespace sotto::tools

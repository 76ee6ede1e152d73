#include "default_model.h"

#include <cstdlib>
#include <filesystem>

namespace sotto::tools {
namespace {

constexpr const char* kFile = "SmolLM2-135M-Instruct.Q4_1.gguf";  // as sdk/tools/setup stores it

std::string cache_folder() {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  if (cache != nullptr && cache[0] == '/') return std::string(cache) + "/sotto";
  const char* home = std::getenv("HOME");
  return std::string(home != nullptr ? home : "") + "/.cache/sotto";
}

}  // namespace

void find_default_model(DefaultModel* out) {
  out->path = cache_folder() + "/" + kFile;
  out->source = sotto_model_source{};
  out->source.struct_size = sizeof out->source;
  out->source.path = {out->path.data(), out->path.size()};
  std::error_code ignored;
  if (!std::filesystem::exists(out->path, ignored))
    out->problem = "the default model " + out->path + " is not there: fetch it with `sdk/tools/setup fetch`, or name a model";
}

}  // namespace sotto::tools

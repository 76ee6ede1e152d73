// quantize.h: a model file in another type: reads a GGUF tensor by tensor, writes a GGUF tensor by tensor.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "sotto/convert.h"

namespace sotto::quantize {

struct Options {
  std::string type;      // a name of mix.h
  uint32_t threads = 0;  // 0: as the machine has
  bool overwrite = false;
  std::map<std::string, std::vector<float>, std::less<>> importance;  // by tensor, a number a column
  std::function<bool(double, std::string_view)> progress;             // 0..1 and the tensor; true cancels. May be empty
  std::function<void(std::string_view)> warning;                      // likewise
  std::function<void(const sotto_tensor_report&)> tensor_done;        // likewise
};

// Holds the bytes of one tensor at a time. [any thread]
Result<sotto_quantize_report> quantize_file(const std::string& input, const std::string& output, const Options& options);

}  // namespace sotto::quantize

// calibrate.h: how strongly a calibration text uses the columns of a model's weights, for the quantizer.
#pragma once

#include <string>
#include <vector>

#include "loading.h"

namespace sotto::tools {

struct Importance {
  std::string tensor;          // GGUF name
  std::vector<float> columns;  // mean over the tokens of the squares of what each column is multiplied with
};

// Runs the model at `model` over the text of `file`. Throws sotto::Error.
std::vector<Importance> importance_of(Console& console, const std::string& model, const std::string& file,
                                      const CommonOptions& options);

}  // namespace sotto::tools

// float_tensor.h: a small tensor of a file as floats, for what the host computes with itself: adapters and heads.
#pragma once

#include <vector>

#include "base/status.h"
#include "model/gguf.h"

namespace sotto {

// Row by row, from F32, F16, BF16 or Q8_0; other types are SOTTO_UNSUPPORTED.
Result<std::vector<float>> floats_of(const GgufTensor& tensor);

}  // namespace sotto

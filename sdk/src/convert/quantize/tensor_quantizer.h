// tensor_quantizer.h: one tensor from the bytes of one format to those of another, row by row, and the error that this makes.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/span.h"
#include "base/status.h"
#include "convert/quantize/formats.h"
#include "model/gguf.h"

namespace sotto::quantize {

struct ErrorSums {
  double squared_error = 0;
  double squared_weights = 0;
  double largest_error = 0;

  void add(const ErrorSums& other);
  double relative() const;  // root of error over weights; of all-zero weights 0
};

struct TensorJob {
  const GgufTensor* tensor = nullptr;
  const Format* to = nullptr;
  Span<const float> importance;  // a number a column, or empty
  uint32_t threads = 1;
  std::function<Status(double)> go_on;  // is told the part that is done, 0..1, on the caller's thread
};

// Fills `out` with the tensor's rows in the new format; the bits do not depend on the threads. A weight that is no number, or
// too large for the format, is an error that names its place. REQUIRES: the columns are whole blocks of both formats.
Result<ErrorSums> quantize_tensor(const TensorJob& job, std::vector<uint8_t>* out);

}  // namespace sotto::quantize

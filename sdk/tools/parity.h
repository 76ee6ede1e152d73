// parity.h: whether a model gives the logits that its original gives.
#pragma once

#include <cstdint>
#include <string>

#include "loading.h"

namespace sotto::tools {

struct ParityFiles {
  std::string ids;     // JSON: "input_ids" (or "tokens"): a list of ids, or of lists
  std::string logits;  // float32, little endian: a row an id
};

struct Parity {
  bool passes = false;
  double largest = 0, mean = 0;  // of |difference|
  double relative_rms = 0;       // of the difference, to that of the logits
  double top1 = 0;               // share of rows with the same best token
  double tolerance = 0;
  bool is_relative = false;  // the tolerance is one of relative_rms, else of `largest`
  uint64_t rows = 0;

  std::string describe() const;
};

// On the reference backend with float32 caches, unless the options say otherwise. A model of float32 weights must come near;
// one of rounded weights gets what the rounding costs.
Parity measure_parity(Console& console, const std::string& model, const ParityFiles& files, CommonOptions options);

}  // namespace sotto::tools

// rotation.h: inverse frequencies of rotary positions with their scaling schemes; the only place that knows the schemes by
// name.
#pragma once

#include <string>
#include <vector>

#include "base/status.h"

namespace sotto {

struct RotationScaling {
  std::string type = "none";  // none, linear, yarn
  double factor = 1;
  uint32_t original_context = 0;  // yarn
  double attention_factor = 1;    // of the magnitude, beside yarn's own 0.1 ln(factor) + 1
  double beta_fast = 32;          // yarn
  double beta_slow = 1;
  bool truncates = true;  // yarn: the ramp begins and ends at whole dimensions
};

struct RotationTable {
  std::vector<float> inv_freq;  // dimensions / 2
  float magnitude = 1;
};

// What yarn divides the frequency of a pair by.
double yarn_divisor(uint32_t dimensions, double base, const RotationScaling& scaling, size_t pair);

// base^(-2i/dimensions) for pair i, scaled; divided by `factors` (rope_freqs of a file, Llama-3 and LongRoPE style) when given.
// linear: Chen et al. 2023, arXiv:2306.15595. yarn: Peng et al. 2023, arXiv:2309.00071.
Result<RotationTable> make_rotation(uint32_t dimensions, double base, const RotationScaling& scaling,
                                    const std::vector<float>& factors);

}  // namespace sotto

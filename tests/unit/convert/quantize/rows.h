// rows.h: rows of weights for the tests of the quantizers, and what a format makes of them.
#pragma once

#include <cstdint>
#include <vector>

#include "convert/quantize/formats.h"

namespace sotto::quantize {

// All formats that lose digits in blocks.
extern const std::vector<uint32_t> kBlockTypes;

enum class Shape { kNormal, kHeavyTailed, kUniform };
// The same numbers for the same seed, on every machine.
std::vector<float> random_row(Shape shape, size_t count, uint32_t seed);

// Encoded and decoded again. `weights` empty: every error counts alike.
std::vector<float> round_trip(uint32_t type, const std::vector<float>& x, std::vector<float> weights = {});
// Every block by itself with the largest magnitude (or the ends of the range) on the outermost levels: what takes no search.
std::vector<float> nearest_levels(uint32_t type, const std::vector<float>& x);

double squared_error(const std::vector<float>& x, const std::vector<float>& y, const std::vector<float>& weights = {});
double relative_error(const std::vector<float>& x, const std::vector<float>& y);

}  // namespace sotto::quantize

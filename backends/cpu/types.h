// types.h - sizes of stored weights as the CPU backend counts them. Kernels are found by the same type numbers.
#pragma once

#include <cstdint>

#include "common/weight_types.h"

namespace sotto::cpu {

using backend::find_weight_type;
using backend::row_bytes;
using backend::WeightType;

inline uint64_t round_up(uint64_t x, uint64_t to) { return (x + to - 1) / to * to; }
// Columns that a row takes with its whole blocks.
inline uint64_t padded_columns(const WeightType& t, uint64_t columns) { return round_up(columns, t.block); }

}  // namespace sotto::cpu

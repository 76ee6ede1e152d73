// types.h - what the CPU backend knows of a weight type: weights and bytes per block. Kernels are found by the same number.
#pragma once

#include <cstdint>

#include "sotto/types.h"

namespace sotto::cpu {

struct TypeInfo {
  uint32_t type;
  uint32_t block;  // weights
  uint32_t bytes;
};

constexpr TypeInfo kTypes[] = {
    {SOTTO_F32, 1, 4},      {SOTTO_F16, 1, 2},      {SOTTO_BF16, 1, 2},     {SOTTO_Q4_0, 32, 18},
    {SOTTO_Q4_1, 32, 20},   {SOTTO_Q5_0, 32, 22},   {SOTTO_Q5_1, 32, 24},   {SOTTO_Q8_0, 32, 34},
    {SOTTO_Q4_K, 256, 144}, {SOTTO_Q5_K, 256, 176}, {SOTTO_Q6_K, 256, 210},
};

// Null: not a type of this backend.
inline const TypeInfo* type_info(uint32_t type) {
  for (const TypeInfo& t : kTypes) {
    if (t.type == type) return &t;
  }
  return nullptr;
}

inline uint64_t round_up(uint64_t x, uint64_t to) { return (x + to - 1) / to * to; }
// Columns that a row takes with its whole blocks.
inline uint64_t padded_columns(const TypeInfo& t, uint64_t columns) { return round_up(columns, t.block); }
inline uint64_t row_bytes(const TypeInfo& t, uint64_t columns) { return padded_columns(t, columns) / t.block * t.bytes; }

}  // namespace sotto::cpu

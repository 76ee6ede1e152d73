// weight_types.h - what every backend knows of a weight type: weights and bytes per block, and how half precision reads.
#pragma once

#include <cstdint>
#include <cstring>

#include "sotto/plan.h"

namespace sotto::backend {

struct WeightType {
  uint32_t type;
  uint32_t block;  // weights in a block
  uint32_t bytes;  // of a block
  const char* name;
};

constexpr WeightType kWeightTypes[] = {
    {SOTTO_F32, 1, 4, "F32"},       {SOTTO_F16, 1, 2, "F16"},       {SOTTO_BF16, 1, 2, "BF16"},
    {SOTTO_Q4_0, 32, 18, "Q4_0"},   {SOTTO_Q4_1, 32, 20, "Q4_1"},   {SOTTO_Q5_0, 32, 22, "Q5_0"},
    {SOTTO_Q5_1, 32, 24, "Q5_1"},   {SOTTO_Q8_0, 32, 34, "Q8_0"},   {SOTTO_Q4_K, 256, 144, "Q4_K"},
    {SOTTO_Q5_K, 256, 176, "Q5_K"}, {SOTTO_Q6_K, 256, 210, "Q6_K"},
};

// Null: no type of these headers.
inline const WeightType* find_weight_type(uint32_t type) {
  for (const WeightType& t : kWeightTypes)
    if (t.type == type) return &t;
  return nullptr;
}

// Bytes of the whole blocks that hold `columns` weights.
inline uint64_t row_bytes(const WeightType& type, uint64_t columns) {
  return (columns + type.block - 1) / type.block * type.bytes;
}

// The same of a row of a slice, the columns in front of it in its first block included.
inline uint64_t row_bytes(const WeightType& type, const sotto_slice& slice) {
  return row_bytes(type, slice.skip_columns + slice.columns);
}

inline bool is_empty(const sotto_slice& slice) { return slice.rows == 0 || slice.columns == 0; }

inline float float_from_bits(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}
inline float float_from_bf16(uint16_t bits) { return float_from_bits(uint32_t{bits} << 16); }

// Exact, infinities and NaN included.
inline float float_from_f16(uint16_t bits) {
  const uint32_t sign = uint32_t{bits & 0x8000u} << 16;
  const uint32_t exponent = (bits >> 10) & 31u;
  const uint32_t fraction = bits & 1023u;
  if (exponent == 31) return float_from_bits(sign | 0x7F800000u | fraction << 13);
  if (exponent != 0) return float_from_bits(sign | (exponent + 112) << 23 | fraction << 13);
  const float magnitude = static_cast<float>(fraction) * 0x1p-24f;  // zero and the subnormal numbers
  return sign != 0 ? -magnitude : magnitude;
}

}  // namespace sotto::backend

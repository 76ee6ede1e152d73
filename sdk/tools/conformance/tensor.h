// tensor.h - random weights of every stored type, whose values are known from how they were made: nothing here decodes a block.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "sotto/plan.h"

namespace sotto::conformance {

using Random = std::mt19937_64;
double uniform(Random& random, double low, double high);

struct Tensor {
  uint32_t type = SOTTO_F32;
  uint64_t rows = 0;
  uint64_t columns = 0;
  uint64_t row_bytes = 0;
  std::vector<uint8_t> bytes;
  std::vector<double> values;  // [rows, columns]

  double at(uint64_t row, uint64_t column) const { return values[row * columns + column]; }
};

constexpr uint32_t kTypes[] = {SOTTO_F32,  SOTTO_F16,  SOTTO_BF16, SOTTO_Q4_0, SOTTO_Q4_1, SOTTO_Q5_0,
                               SOTTO_Q5_1, SOTTO_Q8_0, SOTTO_Q4_K, SOTTO_Q5_K, SOTTO_Q6_K};
const char* type_name(uint32_t type);
uint32_t block_size(uint32_t type);
uint32_t block_bytes(uint32_t type);

// Values of about `size`. Every sixteenth quantised block is zero, and signs of scales vary. REQUIRES: whole blocks.
Tensor random_tensor(Random& random, uint32_t type, uint64_t rows, uint64_t columns, double size);
// F32, from numbers.
Tensor from_values(uint64_t rows, uint64_t columns, const std::vector<double>& values);

}  // namespace sotto::conformance

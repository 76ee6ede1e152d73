// dequantize.h - what the stored bytes of each weight type mean (GGUF block layouts), exact to the bit.
#pragma once

#include <cstdint>

namespace sotto::reference {

// The weights [first, first + count) of a stored row. REQUIRES: a type of weight_types.h; the row holds their whole blocks.
void dequantize(uint32_t type, const uint8_t* row, uint64_t first, uint64_t count, float* out);

}  // namespace sotto::reference

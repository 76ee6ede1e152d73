// formats.h: the number formats of weights, a row each: their names, their range, and how rows of weights turn into them and
// back.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sotto::quantize {

struct Format {
  const char* name;  // "q4_k"
  uint32_t type;     // SOTTO_Q4_K
  uint32_t block;    // weights
  uint32_t bytes;    // of a block
  // `count` weights, whole blocks. `w`: what blocks.h says; formats of single numbers ignore it.
  void (*encode)(const float* x, const float* w, size_t count, uint8_t* out);
  void (*decode)(const uint8_t* bytes, size_t count, float* y);
  float largest;      // magnitude beyond which a weight, or the scale of its block, would overflow
  uint32_t fallback;  // type of about its quality or better, for rows that are no whole blocks
};

const Format* find_format(uint32_t type);  // null: none
inline bool is_lossy(const Format& f) { return f.block > 1; }

}  // namespace sotto::quantize

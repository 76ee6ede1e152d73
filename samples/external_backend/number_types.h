// number_types.h: how weights arrive (the block layouts of GGUF) and how rows of the KV cache are kept. Tables of what this
// backend can read and write; a type that is not in them is unsupported.
#pragma once

#include <cstdint>

#include <sotto/types.h>

namespace external {

struct WeightType {
  uint32_t type;  // SOTTO_F32 ...
  const char* name;
  uint32_t block;  // weights in a block
  uint32_t bytes;  // of a block
  void (*decode)(const uint8_t* block, float* weights);
};
const WeightType* find_weight_type(uint32_t type);  // NULL: unknown

// Bytes of the whole blocks that hold the first `columns` weights of a row.
uint64_t stored_bytes(const WeightType& type, uint64_t columns);
// Weights first .. first + count - 1 of a stored row.
void decode_row(const WeightType& type, const uint8_t* row, uint64_t first, uint64_t count, float* weights);

// One head's row of K or V in the cache.
struct KvType {
  uint32_t type;
  const char* name;
  uint64_t (*bytes)(uint32_t numbers);
  void (*encode)(const float* numbers, uint32_t count, uint8_t* row);
  void (*decode)(const uint8_t* row, uint32_t count, float* numbers);
};
const KvType* find_kv_type(uint32_t type);  // NULL: unknown

}  // namespace external

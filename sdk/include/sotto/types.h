/* types.h - what applications and backends both name: how numbers are stored, what a device is. */
#ifndef SOTTO_TYPES_H
#define SOTTO_TYPES_H

#include "sotto/base.h"

/* Numbers and block layouts are those of GGUF (the ggml project): weights per block and bytes per block behind each. */
#define SOTTO_F32 0u   /* 1, 4 */
#define SOTTO_F16 1u   /* 1, 2 */
#define SOTTO_Q4_0 2u  /* 32, 18 */
#define SOTTO_Q4_1 3u  /* 32, 20 */
#define SOTTO_Q5_0 6u  /* 32, 22 */
#define SOTTO_Q5_1 7u  /* 32, 24 */
#define SOTTO_Q8_0 8u  /* 32, 34 */
#define SOTTO_Q4_K 12u /* 256, 144 */
#define SOTTO_Q5_K 13u /* 256, 176 */
#define SOTTO_Q6_K 14u /* 256, 210 */
#define SOTTO_BF16 30u /* 1, 2 */

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sotto_device_info {
  uint32_t struct_size;
  uint32_t index;
  char name[128];        /* "Intel Xeon, 2 cores", "Adreno 740" */
  char detail[256];      /* driver, instruction sets, subgroup size */
  uint64_t memory_bytes; /* 0: unknown */
  uint64_t memory_free_bytes;
  uint32_t shares_memory_with_host;
  uint32_t batch_invariant_rows; /* up to this many rows in a batch, a row's bits do not depend on its neighbours */
} sotto_device_info;

#ifdef __cplusplus
}
#endif

#endif

// linear_blocks.cc - linear_in_place.h for the types with blocks of 32 weights.
#include "linear.h"
#include "linear_in_place.h"

namespace sotto::cpu::SOTTO_CPU_ISA {

void linear_q4_0(const LinearTask& task) { linear_in_place<BlockQ4_0>(task); }
void linear_q4_1(const LinearTask& task) { linear_in_place<BlockQ4_1>(task); }
void linear_q5_0(const LinearTask& task) { linear_in_place<BlockQ5_0>(task); }
void linear_q5_1(const LinearTask& task) { linear_in_place<BlockQ5_1>(task); }
void linear_q8_0(const LinearTask& task) { linear_in_place<BlockQ8_0>(task); }

void decode_q4_0(const uint8_t* row, uint64_t first, uint32_t count, float* x) { decode_row<BlockQ4_0>(row, first, count, x); }
void decode_q4_1(const uint8_t* row, uint64_t first, uint32_t count, float* x) { decode_row<BlockQ4_1>(row, first, count, x); }
void decode_q5_0(const uint8_t* row, uint64_t first, uint32_t count, float* x) { decode_row<BlockQ5_0>(row, first, count, x); }
void decode_q5_1(const uint8_t* row, uint64_t first, uint32_t count, float* x) { decode_row<BlockQ5_1>(row, first, count, x); }
void decode_q8_0(const uint8_t* row, uint64_t first, uint32_t count, float* x) { decode_row<BlockQ8_0>(row, first, count, x); }

}  // namespace sotto::cpu::SOTTO_CPU_ISA

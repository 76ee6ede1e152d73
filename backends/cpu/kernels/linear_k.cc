// linear_k.cc - linear_in_place.h for the types with blocks of 256 weights.
#include "linear.h"
#include "linear_in_place.h"

namespace sotto::cpu::SOTTO_CPU_ISA {

void linear_q4_k(const LinearTask& task) { linear_in_place<BlockQ4_K>(task); }
void linear_q5_k(const LinearTask& task) { linear_in_place<BlockQ5_K>(task); }
void linear_q6_k(const LinearTask& task) { linear_in_place<BlockQ6_K>(task); }

void decode_q4_k(const uint8_t* row, uint64_t first, uint32_t count, float* x) { decode_row<BlockQ4_K>(row, first, count, x); }
void decode_q5_k(const uint8_t* row, uint64_t first, uint32_t count, float* x) { decode_row<BlockQ5_K>(row, first, count, x); }
void decode_q6_k(const uint8_t* row, uint64_t first, uint32_t count, float* x) { decode_row<BlockQ6_K>(row, first, count, x); }

}  // namespace sotto::cpu::SOTTO_CPU_ISA

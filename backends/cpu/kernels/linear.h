// linear.h - the linear kernels of one instruction set, as kernel_table.cc lists them.
#pragma once

#include "kernels.h"

namespace sotto::cpu::SOTTO_CPU_ISA {

void linear_f32(const LinearTask& task);
void linear_f16(const LinearTask& task);
void linear_bf16(const LinearTask& task);
void narrow(const float* x, uint32_t count, const QuantRows& rows, uint32_t row);  // SOTTO_CPU_BF16 only
void linear_q4_0(const LinearTask& task);
void linear_q4_1(const LinearTask& task);
void linear_q5_0(const LinearTask& task);
void linear_q5_1(const LinearTask& task);
void linear_q8_0(const LinearTask& task);
void linear_q4_k(const LinearTask& task);
void linear_q5_k(const LinearTask& task);
void linear_q6_k(const LinearTask& task);

extern const Packing kPackedQ4_0;
extern const Packing kPackedQ4_1;
extern const Packing kPackedQ5_0;
extern const Packing kPackedQ5_1;
extern const Packing kPackedQ8_0;
extern const Packing kPackedQ4_K;
extern const Packing kPackedQ5_K;
extern const Packing kPackedQ6_K;
extern const Packing kPackedF16;
extern const Packing kPackedBF16;  // SOTTO_CPU_BF16 only

// Columns [first, first + count) of a stored row as float32.
using DecodeKernel = void (*)(const uint8_t* row, uint64_t first, uint32_t count, float* x);
void decode_f32(const uint8_t* row, uint64_t first, uint32_t count, float* x);
void decode_f16(const uint8_t* row, uint64_t first, uint32_t count, float* x);
void decode_bf16(const uint8_t* row, uint64_t first, uint32_t count, float* x);
void decode_q4_0(const uint8_t* row, uint64_t first, uint32_t count, float* x);
void decode_q4_1(const uint8_t* row, uint64_t first, uint32_t count, float* x);
void decode_q5_0(const uint8_t* row, uint64_t first, uint32_t count, float* x);
void decode_q5_1(const uint8_t* row, uint64_t first, uint32_t count, float* x);
void decode_q8_0(const uint8_t* row, uint64_t first, uint32_t count, float* x);
void decode_q4_k(const uint8_t* row, uint64_t first, uint32_t count, float* x);
void decode_q5_k(const uint8_t* row, uint64_t first, uint32_t count, float* x);
void decode_q6_k(const uint8_t* row, uint64_t first, uint32_t count, float* x);

}  // namespace sotto::cpu::SOTTO_CPU_ISA

// row.h - the kernels that work on one row of one instruction set, as kernel_table.cc lists them (kernels.h says what they do).
#pragma once

#include "kernels.h"

namespace sotto::cpu::SOTTO_CPU_ISA {

void quantize(const float* x, uint32_t skip, uint32_t count, const QuantRows& rows, uint32_t row);
void epilogue(const EpilogueTask& task);
void norm(const NormTask& task);
void add(const float* a, const float* b, const float* bias, float scale, float* y, uint32_t count);
void multiply(const float* a, const float* b, uint32_t activation, float* y, uint32_t count);
void accumulate(const float* x, float factor, float* y, uint32_t count);
float dot(const float* a, const float* b, uint32_t count);

}  // namespace sotto::cpu::SOTTO_CPU_ISA

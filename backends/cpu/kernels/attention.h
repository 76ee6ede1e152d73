// attention.h - the attention and cache kernels of one instruction set, as kernel_table.cc lists them (kernels.h says what they
// do).
#pragma once

#include "kernels.h"

namespace sotto::cpu::SOTTO_CPU_ISA {

void attend(const AttentionTask& task);
void merge(const SoftmaxState& total, const SoftmaxState& part, uint32_t padded);
void finish(const SoftmaxState& total, const float* sink, float* y, uint32_t head_dim);
void rotate(const RotaryTask& task);
void store_row(const CacheRow& row, const float* x);
void load_row(const CacheRow& row, float* x);

}  // namespace sotto::cpu::SOTTO_CPU_ISA

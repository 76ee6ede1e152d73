// kernel_table.cc - the table of one instruction set. A row per weight type, at the index of its number in types.h.
#include "attention.h"
#include "linear.h"
#include "row.h"

namespace sotto::cpu::SOTTO_CPU_ISA {
namespace {

constexpr DecodeKernel kDecode[32] = {
    decode_f32,  decode_f16, decode_q4_0, decode_q4_1, nullptr,     nullptr,     decode_q5_0, decode_q5_1,
    decode_q8_0, nullptr,    nullptr,     nullptr,     decode_q4_k, decode_q5_k, decode_q6_k, nullptr,
    nullptr,     nullptr,    nullptr,     nullptr,     nullptr,     nullptr,     nullptr,     nullptr,
    nullptr,     nullptr,    nullptr,     nullptr,     nullptr,     nullptr,     decode_bf16, nullptr,
};

void decode(uint32_t type, const uint8_t* row, uint64_t first, uint32_t count, float* x) {
  kDecode[type](row, first, count, x);
}

#if defined(SOTTO_CPU_BF16)
constexpr const Packing* kPackedOfBF16 = &kPackedBF16;
constexpr auto kNarrow = narrow;
#else
constexpr const Packing* kPackedOfBF16 = nullptr;
constexpr decltype(Kernels::narrow) kNarrow = nullptr;
#endif

}  // namespace

const Kernels kKernels = {
    SOTTO_CPU_NAME,
    SOTTO_CPU_LANES,
    {
        linear_f32,  linear_f16, linear_q4_0, linear_q4_1, nullptr,     nullptr,     linear_q5_0, linear_q5_1,
        linear_q8_0, nullptr,    nullptr,     nullptr,     linear_q4_k, linear_q5_k, linear_q6_k, nullptr,
        nullptr,     nullptr,    nullptr,     nullptr,     nullptr,     nullptr,     nullptr,     nullptr,
        nullptr,     nullptr,    nullptr,     nullptr,     nullptr,     nullptr,     linear_bf16, nullptr,
    },
    {
        nullptr,      &kPackedF16, &kPackedQ4_0, &kPackedQ4_1, nullptr,      nullptr,      &kPackedQ5_0,  &kPackedQ5_1,
        &kPackedQ8_0, nullptr,     nullptr,      nullptr,      &kPackedQ4_K, &kPackedQ5_K, &kPackedQ6_K,  nullptr,
        nullptr,      nullptr,     nullptr,      nullptr,      nullptr,      nullptr,      nullptr,       nullptr,
        nullptr,      nullptr,     nullptr,      nullptr,      nullptr,      nullptr,      kPackedOfBF16, nullptr,
    },
    quantize,
    kNarrow,
    epilogue,
    norm,
    add,
    multiply,
    accumulate,
    dot,
    attend,
    merge,
    finish,
    rotate,
    store_row,
    load_row,
    decode,
};

}  // namespace sotto::cpu::SOTTO_CPU_ISA

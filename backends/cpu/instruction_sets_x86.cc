#include <cpuid.h>

#include "instruction_sets.h"

namespace sotto::cpu {
namespace {

struct Leaf {
  uint32_t a = 0, b = 0, c = 0, d = 0;
};

Leaf leaf(uint32_t number, uint32_t sub) {
  Leaf l;
  if (__get_cpuid_count(number, sub, &l.a, &l.b, &l.c, &l.d) == 0) return Leaf();
  return l;
}

bool has(uint32_t word, uint32_t bit) { return ((word >> bit) & 1u) != 0; }

// What the operating system saves of the registers when it switches threads (XCR0).
uint32_t saved_state() {
  uint32_t low = 0, high = 0;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

}  // namespace

uint32_t usable_sets(InstructionSet (&sets)[kMostSets]) {
  uint32_t count = 0;
  const Leaf one = leaf(1, 0), seven = leaf(7, 0), more = leaf(7, 1);
  const uint32_t saved = has(one.c, 27) ? saved_state() : 0;
  const bool ymm = (saved & 0x06u) == 0x06u, zmm = (saved & 0xE6u) == 0xE6u;
  const bool avx2 = ymm && has(one.c, 28) && has(one.c, 12) && has(one.c, 29) && has(seven.b, 5);
  const bool avx512 = avx2 && zmm && has(seven.b, 16) && has(seven.b, 17) && has(seven.b, 30) && has(seven.b, 31);
  const bool avx512vnni = avx512 && has(seven.c, 11);
  if (avx512vnni && has(more.a, 5)) sets[count++] = {&avx512bf16::kKernels, "AVX-512 F BW VL DQ VNNI BF16"};
  if (avx512vnni) sets[count++] = {&avx512::kKernels, "AVX-512 F BW VL DQ VNNI"};
  if (avx2 && has(more.a, 4)) sets[count++] = {&avx2vnni::kKernels, "AVX2 FMA F16C AVX-VNNI"};
  if (avx2) sets[count++] = {&avx2::kKernels, "AVX2 FMA F16C"};
  sets[count++] = {&plain::kKernels, "x86-64 baseline"};
  return count;
}

}  // namespace sotto::cpu

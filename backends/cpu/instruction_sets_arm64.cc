#if defined(__linux__)
#include <sys/auxv.h>
#endif

#include "instruction_sets.h"

namespace sotto::cpu {
namespace {

// ASIMDDP: the 8-bit dot product. Without an operating system that tells, only what the compiler was promised.
bool has_dot_product() {
#if defined(__linux__)
  constexpr unsigned long kDotProduct = 1ul << 20;
  return (getauxval(AT_HWCAP) & kDotProduct) != 0;
#elif defined(__ARM_FEATURE_DOTPROD)
  return true;
#else
  return false;
#endif
}

}  // namespace

uint32_t usable_sets(InstructionSet (&sets)[kMostSets]) {
  uint32_t count = 0;
  if (has_dot_product()) sets[count++] = {&neondot::kKernels, "arm64 NEON, dot product"};
  sets[count++] = {&neon::kKernels, "arm64 NEON"};
  sets[count++] = {&plain::kKernels, "arm64, plain C++"};
  return count;
}

}  // namespace sotto::cpu

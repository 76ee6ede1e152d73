#if defined(__linux__)
#include <sys/auxv.h>
#endif

#include "instruction_sets.h"

namespace sotto::cpu {
namespace {

// ASIMDDP, the 8-bit dot product, and I8MM, products of 8-bit matrices. Without an operating system that tells, only what the
// compiler was promised.
#if defined(__linux__)
bool has_dot_product() { return (getauxval(AT_HWCAP) & 1ul << 20) != 0; }
bool has_matrices() { return (getauxval(AT_HWCAP2) & 1ul << 13) != 0; }
#else
bool has_dot_product() {
#if defined(__ARM_FEATURE_DOTPROD)
  return true;
#else
  return false;
#endif
}
bool has_matrices() {
#if defined(__ARM_FEATURE_MATMUL_INT8)
  return true;
#else
  return false;
#endif
}
#endif

}  // namespace

uint32_t usable_sets(InstructionSet (&sets)[kMostSets]) {
  uint32_t count = 0;
  if (has_dot_product() && has_matrices()) sets[count++] = {&i8mm::kKernels, "arm64 NEON, dot product, 8-bit matrices"};
  if (has_dot_product()) sets[count++] = {&neondot::kKernels, "arm64 NEON, dot product"};
  sets[count++] = {&neon::kKernels, "arm64 NEON"};
  sets[count++] = {&plain::kKernels, "arm64, plain C++"};
  return count;
}

}  // namespace sotto::cpu

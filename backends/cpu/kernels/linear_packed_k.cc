// linear_packed_k.cc - linear_packed.h for the types with blocks of 256 weights.
#include "linear.h"
#include "linear_packed.h"

namespace sotto::cpu::SOTTO_CPU_ISA {

const Packing kPackedQ4_K = packing<PackedQ4_K>();
const Packing kPackedQ5_K = packing<PackedQ5_K>();
const Packing kPackedQ6_K = packing<PackedQ6_K>();

}  // namespace sotto::cpu::SOTTO_CPU_ISA

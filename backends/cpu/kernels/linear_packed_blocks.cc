// linear_packed_blocks.cc - linear_packed.h for the types with blocks of 32 weights.
#include "linear.h"
#include "linear_packed.h"

namespace sotto::cpu::SOTTO_CPU_ISA {

const Packing kPackedQ4_0 = packing<PackedQ4_0>();
const Packing kPackedQ4_1 = packing<PackedQ4_1>();
const Packing kPackedQ5_0 = packing<PackedQ5_0>();
const Packing kPackedQ5_1 = packing<PackedQ5_1>();
const Packing kPackedQ8_0 = packing<PackedQ8_0>();

}  // namespace sotto::cpu::SOTTO_CPU_ISA

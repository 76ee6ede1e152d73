// linear_packed_blocks.cc - linear_packed.h for the types with blocks of 32 weights.
#include "linear.h"
#include "linear_packed.h"

namespace sotto::cpu::SOTTO_CPU_ISA {

const Packing kPackedQ4_0 = {pack<PackedQ4_0>, linear_packed<PackedQ4_0>, PackedQ4_0::kBlockBytes};
const Packing kPackedQ4_1 = {pack<PackedQ4_1>, linear_packed<PackedQ4_1>, PackedQ4_1::kBlockBytes};
const Packing kPackedQ5_0 = {pack<PackedQ5_0>, linear_packed<PackedQ5_0>, PackedQ5_0::kBlockBytes};
const Packing kPackedQ5_1 = {pack<PackedQ5_1>, linear_packed<PackedQ5_1>, PackedQ5_1::kBlockBytes};
const Packing kPackedQ8_0 = {pack<PackedQ8_0>, linear_packed<PackedQ8_0>, PackedQ8_0::kBlockBytes};

}  // namespace sotto::cpu::SOTTO_CPU_ISA

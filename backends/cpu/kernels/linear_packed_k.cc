// linear_packed_k.cc - linear_packed.h for the types with blocks of 256 weights.
#include "linear.h"
#include "linear_packed.h"

namespace sotto::cpu::SOTTO_CPU_ISA {

const Packing kPackedQ4_K = {pack<PackedQ4_K>, linear_packed<PackedQ4_K>, PackedQ4_K::kBlockBytes};
const Packing kPackedQ5_K = {pack<PackedQ5_K>, linear_packed<PackedQ5_K>, PackedQ5_K::kBlockBytes};
const Packing kPackedQ6_K = {pack<PackedQ6_K>, linear_packed<PackedQ6_K>, PackedQ6_K::kBlockBytes};

}  // namespace sotto::cpu::SOTTO_CPU_ISA

// instruction_sets.h - which kernel tables this machine can run. The only place that asks the processor what it is.
#pragma once

#include <cstdint>

#include "kernels/kernels.h"

namespace sotto::cpu {

struct InstructionSet {
  const Kernels* kernels;
  const char* detail;  // for people: "AVX-512 F BW VL DQ VNNI"
};

constexpr uint32_t kMostSets = 5;

// The usable sets, best first; returns how many. The last is always the plain one. [any thread]
uint32_t usable_sets(InstructionSet (&sets)[kMostSets]);

}  // namespace sotto::cpu

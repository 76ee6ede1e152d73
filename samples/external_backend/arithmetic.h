// arithmetic.h: the formulas of plan.h on rows of float32. Replace these by your kernels; steps.cc and attention.cc say what is
// called on what.
#pragma once

#include <cstddef>
#include <cstdint>

#include <sotto/plan.h>

namespace external {

// A field of plan.h in which 0 stands for 1.
inline float or_one(float x) { return x == 0 ? 1 : x; }

// The order of additions depends on `count` alone: a row's bits are the same in every batch (batch_invariant_rows).
float dot(const float* a, const float* b, size_t count);
float activate(uint32_t activation, float x);
float clamp(float x, float limit);  // to [-limit, limit]; 0: as it is
float softcap(float x, float cap);  // cap tanh(x / cap); 0: as it is

struct NormSpec {
  uint32_t kind;  // SOTTO_NORM_*
  float epsilon;
  const float* weight;  // NULL: ones
  const float* bias;    // NULL: zeros
};
void normalise(const NormSpec& spec, const float* x, size_t count, float* out);  // out may be x

}  // namespace external

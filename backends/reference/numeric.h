// numeric.h - the formulas of plan.h, in double precision over float32 numbers.
#pragma once

#include <cstddef>
#include <cstdint>

#include "sotto/plan.h"

namespace sotto::reference {

// A field where zero means one.
inline double or_one(float x) { return x == 0 ? 1.0 : static_cast<double>(x); }

// The same bits whatever else is computed: the order of the additions depends on `count` alone.
double dot(const float* a, const float* b, size_t count);

double activate(uint32_t activation, double x);

// cap * tanh(x / cap); a cap of 0 is none.
double softcap(double x, float cap);
// Into [-limit, limit]; a limit of 0 is none.
double clamp(double x, float limit);

struct NormSpec {
  uint32_t kind;  // SOTTO_NORM_*
  double epsilon;
  const float* weight;  // null: ones
  const float* bias;    // null: zeros
};
// out may be x.
void normalise(const NormSpec& spec, const float* x, size_t count, float* out);

}  // namespace sotto::reference

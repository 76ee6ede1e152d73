// tolerance.h - how far a backend may be from double precision, as relative root mean square. From the data types alone.
#pragma once

#include <algorithm>
#include <initializer_list>

#include "conformance/backend.h"

namespace sotto::conformance {

// float32 numbers between the steps and sums in any order over a few thousand of them.
constexpr double kFloat32 = 2e-5;

// The reference computes in double and keeps float32: a few roundings of 2^-24.
constexpr double kReference = 1e-6;

// One LINEAR. A backend may bring its activations into the weights' precision: 11 bits for F16, 8 for BF16. Behind quantised
// weights it may use int8 in blocks of 32: a step of max/127, of which a uniform error is 0.29; the largest of 32 such numbers
// is 1.7 times their root mean square: 0.4 %, and more where the weights have a common sign (minima) that the products cancel.
inline double linear_tolerance(const Backend& backend, uint32_t type) {
  if (backend.is_reference()) return kReference;
  constexpr struct {
    uint32_t type;
    double tolerance;
  } kOfFloats[] = {{SOTTO_F32, kFloat32}, {SOTTO_F16, 1e-3}, {SOTTO_BF16, 8e-3}};
  for (const auto& row : kOfFloats)
    if (row.type == type) return row.tolerance;
  return 1.5e-2;
}

// float32 all the way.
inline double float_tolerance(const Backend& backend) { return backend.is_reference() ? kReference : kFloat32; }

// KV rows of this type: 11 bits, or int8 in blocks of 32 as above, through a softmax.
inline double cache_tolerance(const Backend& backend, uint32_t k_type, uint32_t v_type) {
  double most = float_tolerance(backend);
  for (const uint32_t type : {k_type, v_type}) most = std::max(most, type == SOTTO_F32 ? 0 : type == SOTTO_F16 ? 1e-3 : 1.5e-2);
  return most;
}

// A whole tiny model: the errors of its LINEARs add up on the residual stream (llama.cpp: 3 to 4.2 % on models of two layers).
inline double model_tolerance(const Backend& backend, uint32_t type) {
  if (backend.is_reference()) return 1e-5;
  return type == SOTTO_F32 ? 1e-4 : 4 * linear_tolerance(backend, type);
}

}  // namespace sotto::conformance

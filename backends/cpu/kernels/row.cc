// row.cc - what happens along one row: norms, activations and the end of a LINEAR, sums.
//
// Each function reads one row and writes one row; the order of its sums depends on the row's length only.
#include "row.h"

#include "row_loops.h"
#include "sotto/plan.h"
#include "unroll.h"

namespace sotto::cpu::SOTTO_CPU_ISA {
namespace {

template <uint32_t kActivation>
__attribute__((always_inline)) inline F activate(F x) {
  if constexpr (kActivation == SOTTO_ACT_GELU_TANH) {
    // 0.5 (1 + tanh(z)) = sigmoid(2 z)
    const F cube = f_mul(f_mul(f_mul(x, x), x), f_set(0.044715f));
    return f_gated(x, f_mul(f_set(2.0f * 0.7978845608f), f_add(x, cube)));
  } else if constexpr (kActivation == SOTTO_ACT_GELU_ERF) {
    return f_mul(f_mul(f_set(0.5f), x), f_one_plus_erf(f_mul(x, f_set(0.70710678f))));
  } else if constexpr (kActivation == SOTTO_ACT_QUICK_GELU) {
    return f_gated(x, f_mul(x, f_set(1.702f)));
  } else if constexpr (kActivation == SOTTO_ACT_SILU) {
    return f_gated(x, x);
  } else if constexpr (kActivation == SOTTO_ACT_RELU) {
    return f_max(x, f_zero());
  } else if constexpr (kActivation == SOTTO_ACT_RELU_SQUARED) {
    const F positive = f_max(x, f_zero());
    return f_mul(positive, positive);
  } else if constexpr (kActivation == SOTTO_ACT_SIGMOID) {
    return f_gated(f_set(1.0f), x);
  } else if constexpr (kActivation == SOTTO_ACT_TANH) {
    return f_tanh(x);
  } else {
    return x;
  }
}

// body(Int<the activation>{}): its constants stay in registers along a row.
template <int kFirst = SOTTO_ACT_NONE, class Body>
void with_activation(uint32_t activation, Body&& body) {
  if constexpr (kFirst > SOTTO_ACT_TANH) {
    body(Int<SOTTO_ACT_NONE>{});
  } else if (activation == kFirst) {
    body(Int<kFirst>{});
  } else {
    with_activation<kFirst + 1>(activation, body);
  }
}

}  // namespace

void epilogue(const EpilogueTask& t) {
  const F clamp = f_set(t.clamp), below = f_set(-t.clamp), cap = f_set(t.softcap);
  const bool clamped = t.clamp != 0.0f, capped = t.softcap != 0.0f;
  with_activation(t.activation, [&](auto kind) {
    for_row(
        t.count, [&](auto at) __attribute__((always_inline)) {
          F u = at.load(t.u);
          if (t.bias != nullptr) u = f_add(u, at.load(t.bias));
          if (clamped) u = f_min(u, clamp);
          if (clamped && t.g == nullptr) u = f_max(u, below);
          u = activate<kind.value>(u);
          if (t.g != nullptr) {
            F g = at.load(t.g);
            if (t.gate_bias != nullptr) g = f_add(g, at.load(t.gate_bias));
            if (clamped) g = f_max(f_min(g, clamp), below);
            u = f_mul(u, f_add(g, f_set(t.gate_offset)));
          }
          u = f_mul(u, f_set(t.scale));
          if (capped) u = f_mul(cap, f_tanh(f_div(u, cap)));
          at.store(t.u, u);
        });
  });
}

void norm(const NormTask& t) {
  const float n = static_cast<float>(t.count);
  float mean = 0.0f;
  if (t.kind == SOTTO_NORM_LAYER) {
    mean = f_sum(sum_of_row(
               t.count, [&](auto at, F sum) __attribute__((always_inline)) { return f_add(sum, at.load(t.x)); })) /
           n;
  }
  // Past the row's end would stand squares of the mean.
  const uint32_t whole = t.count / kLanes * kLanes;
  const F squares = sum_of_row(
      whole, [&](auto at, F sum) __attribute__((always_inline)) {
        const F d = f_sub(at.load(t.x), f_set(mean));
        return f_fma(d, d, sum);
      });
  float rest = 0.0f;
  for (uint32_t i = whole; i < t.count; ++i) rest += (t.x[i] - mean) * (t.x[i] - mean);
  const float variance = (f_sum(squares) + rest) / n;
  const F inverse = f_set(1.0f / __builtin_sqrtf(variance + t.epsilon));
  for_row(
      t.count, [&](auto at) __attribute__((always_inline)) {
        F y = f_mul(f_sub(at.load(t.x), f_set(mean)), inverse);
        if (t.weight != nullptr) y = f_mul(y, at.load(t.weight));
        if (t.bias != nullptr) y = f_add(y, at.load(t.bias));
        at.store(t.y, y);
      });
}

void add(const float* a, const float* b, const float* bias, float scale, float* y, uint32_t count) {
  for_row(
      count, [&](auto at) __attribute__((always_inline)) {
        F x = at.load(b);
        if (bias != nullptr) x = f_add(x, at.load(bias));
        at.store(y, f_fma(x, f_set(scale), at.load(a)));
      });
}

void multiply(const float* a, const float* b, uint32_t activation, float* y, uint32_t count) {
  with_activation(activation, [&](auto kind) {
    for_row(
        count, [&](auto at)
                   __attribute__((always_inline)) { at.store(y, f_mul(at.load(a), activate<kind.value>(at.load(b)))); });
  });
}

void accumulate(const float* x, float factor, float* y, uint32_t count) {
  for_row(
      count, [&](auto at) __attribute__((always_inline)) { at.store(y, f_fma(at.load(x), f_set(factor), at.load(y))); });
}

float dot(const float* a, const float* b, uint32_t count) {
  F sum = f_zero();
  for_row(
      count, [&](auto at) __attribute__((always_inline)) { sum = f_fma(at.load(a), at.load(b), sum); });
  return f_sum(sum);
}

}  // namespace sotto::cpu::SOTTO_CPU_ISA

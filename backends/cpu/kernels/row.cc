// row.cc - what happens along one row: quantisation of activations, norms, activations and the end of a LINEAR, sums.
//
// Each function reads one row and writes one row; the order of its sums depends on the row's length only.
#include "row.h"

#include "simd.h"
#include "sotto/plan.h"
#include "unroll.h"

namespace sotto::cpu::SOTTO_CPU_ISA {
namespace {

// body(i, load, store): load(p) gives p[i ..] as a vector with zeros past the end, store(p, v) writes it back.
struct Whole {
  uint32_t at;
  F load(const float* p) const { return f_load(p + at); }
  void store(float* p, F x) const { f_store(p + at, x); }
};
struct Part {
  uint32_t at, count;
  F load(const float* p) const { return f_load_first(p + at, count); }
  void store(float* p, F x) const { f_store_first(p + at, x, count); }
};
template <class Body>
__attribute__((always_inline)) inline void for_row(uint32_t count, Body&& body) {
  uint32_t i = 0;
  for (; i + kLanes <= count; i += kLanes) body(Whole{i});
  if (i < count) body(Part{i, count - i});
}

// Four sums, since one waits for each addition: body(at, sum) is the sum with what is at `at`.
template <class Body>
__attribute__((always_inline)) inline F sum_of_row(uint32_t count, Body&& body) {
  F sums[4] = {f_zero(), f_zero(), f_zero(), f_zero()};
  uint32_t i = 0;
  for (; i + 4 * kLanes <= count; i += 4 * kLanes)
    for (uint32_t k = 0; k < 4; ++k) sums[k] = body(Whole{i + k * kLanes}, sums[k]);
  for (; i + kLanes <= count; i += kLanes) sums[0] = body(Whole{i}, sums[0]);
  if (i < count) sums[1] = body(Part{i, count - i}, sums[1]);
  return f_add(f_add(sums[0], sums[1]), f_add(sums[2], sums[3]));
}

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

// A unit whose largest number is more than this many times the row's root mean square is kept in 15 bits. With 4 one unit in
// five of SmolLM2's is, and the logits of 935 tokens stay within rms 0.37 of float32 (docs/performance.md has other choices).
constexpr float kStandsOut = 4.0f;

float mean_square(const float* x, uint32_t count) {
  const F squares = sum_of_row(
      count, [&](auto at, F sum) __attribute__((always_inline)) {
        const F v = at.load(x);
        return f_fma(v, v, sum);
      });
  return count == 0 ? 0.0f : f_sum(squares) / static_cast<float>(count);
}

// The numbers of unit `u`: p itself where the row covers them, else copied between zeros.
const float* numbers_of(const float* x, uint32_t skip, uint32_t count, uint32_t first, float* border) {
  if (first >= skip && first + kUnit <= skip + count) return x + (first - skip);
  for (uint32_t i = 0; i < kUnit; ++i) {
    const uint32_t k = first + i;
    border[i] = k >= skip && k < skip + count ? x[k - skip] : 0.0f;
  }
  return border;
}

// kLanes neighbouring units of a row: how each is counted.
struct Counting {
  float step[kLanes], inverse[kLanes], fine[kLanes];
};

Counting counting_of(const F* tops, float limit) {
  const F largest = f_top_rows(tops), most = f_set(limit), squared = f_mul(largest, largest);
  const F steps = f_select_less(most, squared, f_set(127.0f * 128.0f), f_set(127.0f));
  const F step = f_div(largest, steps);
  Counting c;
  f_store(c.step, step);
  f_store(c.inverse, f_select_less(f_zero(), step, f_div(steps, largest), f_zero()));
  f_store(c.fine, f_select_less(most, squared, f_set(1.0f), f_zero()));
  return c;
}

// The integers of a unit.
template <bool kFine>
void quantize_unit(const float* p, F inverse, int8_t* high, int8_t* low) {
  for (uint32_t i = 0; i < kUnit; i += kLanes) {
    const I q = i_from_f(f_mul(f_load(p + i), inverse));
    const I upper = kFine ? i_sar(i_add(q, i_set(64)), 7) : q;
    i_store_i8(high + i, upper);
    if constexpr (kFine) i_store_i8(low + i, i_sub(q, i_shl(upper, 7)));
  }
}

// All but the numbers.
void write_head(float step, bool is_fine, const int8_t* low, ActivationUnit* unit) {
  int32_t half[2];
  i8_half_sums(unit->high, half);
  if (is_fine) {
    int32_t rest[2];
    i8_half_sums(low, rest);
    for (int h = 0; h < 2; ++h) half[h] = 128 * half[h] + rest[h];
  }
  unit->step = step;
  unit->sum = step * static_cast<float>(half[0] + half[1]);
  unit->count = half[0] + half[1];
  unit->second_count = half[1];
  unit->is_fine = is_fine ? 1 : 0;
}

}  // namespace

void quantize(const float* x, uint32_t skip, uint32_t count, const QuantRows& rows, uint32_t row) {
  ActivationUnit* units = reinterpret_cast<ActivationUnit*>(rows.base + row * rows.stride);
  int8_t* low = reinterpret_cast<int8_t*>(units + rows.units);
  const float limit = kStandsOut * kStandsOut * mean_square(x, count);
  for (uint32_t from = 0; from < rows.units; from += kLanes) {
    const uint32_t end = from + kLanes < rows.units ? from + kLanes : rows.units;
    float border[kUnit];
    F tops[kLanes];
    for (uint32_t u = from; u < end; ++u) {
      const float* p = numbers_of(x, skip, count, u * kUnit, border);
      F top = f_abs(f_load(p));
      for (uint32_t i = kLanes; i < kUnit; i += kLanes) top = f_max(top, f_abs(f_load(p + i)));
      tops[u - from] = top;
    }
    for (uint32_t i = end - from; i < kLanes; ++i) tops[i] = f_zero();
    const Counting c = counting_of(tops, limit);
    for (uint32_t u = from; u < end; ++u) {
      const float* p = numbers_of(x, skip, count, u * kUnit, border);
      const F inverse = f_set(c.inverse[u - from]);
      if (c.fine[u - from] != 0) {
        quantize_unit<true>(p, inverse, units[u].high, low + u * kUnit);
      } else {
        quantize_unit<false>(p, inverse, units[u].high, low + u * kUnit);
      }
    }
    for (uint32_t u = from; u < end; ++u) write_head(c.step[u - from], c.fine[u - from] != 0, low + u * kUnit, &units[u]);
  }
}

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

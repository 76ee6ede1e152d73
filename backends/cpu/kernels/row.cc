// row.cc - what happens along one row: quantisation of activations, norms, activations and the end of a LINEAR, sums.
//
// Each function reads one row and writes one row; the order of its sums depends on the row's length only.
#include "row.h"

#include "simd.h"
#include "sotto/plan.h"

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

F activate(uint32_t activation, F x) {
  const F half = f_set(0.5f), one = f_set(1.0f);
  switch (activation) {
    case SOTTO_ACT_GELU_TANH: {
      // 0.5 (1 + tanh(z)) = sigmoid(2 z)
      const F cube = f_mul(f_mul(f_mul(x, x), x), f_set(0.044715f));
      return f_mul(x, f_sigmoid(f_mul(f_set(2.0f * 0.7978845608f), f_add(x, cube))));
    }
    case SOTTO_ACT_GELU_ERF:
      return f_mul(f_mul(half, x), f_one_plus_erf(f_mul(x, f_set(0.70710678f))));
    case SOTTO_ACT_QUICK_GELU:
      return f_mul(x, f_sigmoid(f_mul(x, f_set(1.702f))));
    case SOTTO_ACT_SILU:
      return f_mul(x, f_sigmoid(x));
    case SOTTO_ACT_RELU:
      return f_max(x, f_zero());
    case SOTTO_ACT_RELU_SQUARED: {
      const F positive = f_max(x, f_zero());
      return f_mul(positive, positive);
    }
    case SOTTO_ACT_SIGMOID:
      return f_sigmoid(x);
    case SOTTO_ACT_TANH:
      return f_tanh(x);
    default:
      return f_mul(x, one);
  }
}

}  // namespace

namespace {

// A unit whose largest number is more than this many times the row's root mean square is kept in 15 bits. With 5 one unit in
// eight of SmolLM2's is, and its logits stay within rms 0.11 of float32 (docs/performance.md has other choices).
constexpr float kStandsOut = 5.0f;

float mean_square(const float* x, uint32_t count) {
  F squares = f_zero();
  for_row(
      count, [&](auto at) __attribute__((always_inline)) {
        const F v = at.load(x);
        squares = f_fma(v, v, squares);
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

}  // namespace

namespace {

// kLanes neighbouring units of a row: how each is counted.
struct Counting {
  float step[kLanes], inverse[kLanes];
  uint32_t is_fine[kLanes];
};

Counting counting_of(const F* tops, float limit) {
  Counting c;
  float largest[kLanes];
  f_store(largest, f_top_rows(tops));
  for (int i = 0; i < kLanes; ++i) c.is_fine[i] = largest[i] * largest[i] > limit ? 1 : 0;
  for (int i = 0; i < kLanes; ++i) {
    const float steps = c.is_fine[i] != 0 ? 127.0f * 128.0f : 127.0f;
    c.step[i] = largest[i] / steps;
    c.inverse[i] = c.step[i] > 0.0f ? steps / largest[i] : 0.0f;
  }
  return c;
}

// All but the numbers; `half`: the sums of the integers of each half.
void write_head(const Counting& c, int i, const float* half, ActivationUnit* unit) {
  const auto first = static_cast<int32_t>(half[0]), second = static_cast<int32_t>(half[1]);
  unit->step = c.step[i];
  unit->sum = c.step[i] * (half[0] + half[1]);
  unit->count = first + second;
  unit->second_count = second;
  unit->is_fine = c.is_fine[i];
  for (uint32_t& word : unit->reserved) word = 0;
}

// The integers of half a unit and, lane by lane, their sum.
template <bool kFine>
F quantize_half(const float* p, F inverse, int8_t* high, int8_t* low) {
  F sum = f_zero();
  for (uint32_t i = 0; i < kUnit / 2; i += kLanes) {
    const I q = i_from_f(f_mul(f_load(p + i), inverse));
    const I upper = kFine ? i_sar(i_add(q, i_set(64)), 7) : q;
    i_store_i8(high + i, upper);
    if constexpr (kFine) i_store_i8(low + i, i_sub(q, i_shl(upper, 7)));
    sum = f_add(sum, f_from_i(q));
  }
  return sum;
}

}  // namespace

void quantize(const float* x, uint32_t skip, uint32_t count, const QuantRows& rows, uint32_t row) {
  ActivationUnit* units = reinterpret_cast<ActivationUnit*>(rows.base + row * rows.stride);
  int8_t* low = reinterpret_cast<int8_t*>(units + rows.units);
  const float limit = kStandsOut * kStandsOut * mean_square(x, count);
  for (uint32_t from = 0; from < rows.units; from += kLanes) {
    const uint32_t end = from + kLanes < rows.units ? from + kLanes : rows.units;
    float border[kUnit];
    F tops[kLanes], halves[2 * kLanes];
    for (uint32_t u = from; u < end; ++u) {
      const float* p = numbers_of(x, skip, count, u * kUnit, border);
      F top = f_abs(f_load(p));
      for (uint32_t i = kLanes; i < kUnit; i += kLanes) top = f_max(top, f_abs(f_load(p + i)));
      tops[u - from] = top;
    }
    for (uint32_t i = end - from; i < kLanes; ++i) tops[i] = halves[2 * i] = halves[2 * i + 1] = f_zero();
    const Counting c = counting_of(tops, limit);
    for (uint32_t u = from; u < end; ++u) {
      const float* p = numbers_of(x, skip, count, u * kUnit, border);
      const F inverse = f_set(c.inverse[u - from]);
      for (uint32_t h = 0; h < 2; ++h) {
        const uint32_t at = h * kUnit / 2;
        int8_t *high = units[u].high + at, *rest = low + u * kUnit + at;
        halves[2 * (u - from) + h] = c.is_fine[u - from] != 0 ? quantize_half<true>(p + at, inverse, high, rest)
                                                              : quantize_half<false>(p + at, inverse, high, rest);
      }
    }
    float half[2 * kLanes];
    f_store(half, f_sum_rows(halves));
    f_store(half + kLanes, f_sum_rows(halves + kLanes));
    for (uint32_t u = from; u < end; ++u) write_head(c, static_cast<int>(u - from), half + 2 * (u - from), &units[u]);
  }
}

void epilogue(const EpilogueTask& t) {
  const F clamp = f_set(t.clamp), below = f_set(-t.clamp), cap = f_set(t.softcap);
  const bool clamped = t.clamp != 0.0f, capped = t.softcap != 0.0f;
  for_row(
      t.count, [&](auto at) __attribute__((always_inline)) {
        F u = at.load(t.u);
        if (t.bias != nullptr) u = f_add(u, at.load(t.bias));
        if (clamped) u = f_min(u, clamp);
        if (clamped && t.g == nullptr) u = f_max(u, below);
        u = activate(t.activation, u);
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
}

void norm(const NormTask& t) {
  F sum = f_zero();
  const float n = static_cast<float>(t.count);
  float mean = 0.0f;
  if (t.kind == SOTTO_NORM_LAYER) {
    for_row(
        t.count, [&](auto at) __attribute__((always_inline)) { sum = f_add(sum, at.load(t.x)); });
    mean = f_sum(sum) / n;
  }
  F squares = f_zero();
  for (uint32_t i = 0; i + kLanes <= t.count; i += kLanes) {
    const F d = f_sub(f_load(t.x + i), f_set(mean));
    squares = f_fma(d, d, squares);
  }
  float rest = 0.0f;
  for (uint32_t i = t.count / kLanes * kLanes; i < t.count; ++i) rest += (t.x[i] - mean) * (t.x[i] - mean);
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
  for_row(
      count, [&](auto at) __attribute__((always_inline)) { at.store(y, f_mul(at.load(a), activate(activation, at.load(b)))); });
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

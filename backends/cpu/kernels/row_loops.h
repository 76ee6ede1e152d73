// row_loops.h - loops along a row, vector by vector, with zeros past its end.
#pragma once

#include "simd.h"

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

}  // namespace
}  // namespace sotto::cpu::SOTTO_CPU_ISA

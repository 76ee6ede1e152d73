// quantize.cc - an activation row as integers (kernels.h): units of 32 numbers with a step each, and a list of what stands out.
//
// A unit's step is that of its largest number that does not stand out, so that a channel a hundred times larger than the others
// costs its neighbours nothing. kLanes units at a time: their maxima and sums are one vector each.
#include "row.h"
#include "row_loops.h"

namespace sotto::cpu::SOTTO_CPU_ISA {
namespace {

// The square above which a number of a row stands out. The largest ones would raise it for all others: those that stand out of
// the whole row are left out when it is measured again.
float outlier_limit(const float* x, uint32_t count) {
  const float factor = kStandsOut * kStandsOut / static_cast<float>(count == 0 ? 1 : count);
  F top = f_zero();
  const F squares = sum_of_row(
      count, [&](auto at, F sum) __attribute__((always_inline)) {
        const F v = at.load(x), square = f_mul(v, v);
        top = f_max(top, square);
        return f_add(sum, square);
      });
  const float limit = factor * f_sum(squares);
  if (f_top(top) <= limit) return limit;
  const F rest = sum_of_row(
      count, [&](auto at, F sum) __attribute__((always_inline)) {
        const F v = at.load(x), square = f_mul(v, v);
        return f_add(sum, f_select_less(f_set(limit), square, f_zero(), square));
      });
  return factor * f_sum(rest);
}

// Columns [first, first + count) of a row whose x (`end - skip` numbers) begins at column `skip`: x itself where it covers
// them, else copied between zeros.
const float* columns_of(const float* x, uint32_t skip, uint32_t end, uint32_t first, uint32_t count, float* border) {
  if (first >= skip && first + count <= end) return x + (first - skip);
  for (uint32_t i = 0; i < count; ++i) border[i] = first + i >= skip && first + i < end ? x[first + i - skip] : 0.0f;
  return border;
}

// The largest number of a unit; with kLimited those whose square is above `limit` do not count.
template <bool kLimited>
__attribute__((always_inline)) inline F largest_of(const float* p, F limit) {
  F top = f_zero();
  for (uint32_t i = 0; i < kUnit; i += kLanes) {
    const F x = f_load(p + i), size = f_abs(x);
    top = f_max(top, kLimited ? f_select_less(limit, f_mul(x, x), f_zero(), size) : size);
  }
  return top;
}

// Sums of the integers of a unit's halves.
struct Sums {
  F half[2];
};

// The integers of a unit without outliers. (Of one with: only their sums are true.)
__attribute__((always_inline)) inline Sums count_unit(const float* p, F inverse, int8_t* numbers) {
  I sums[2] = {i_zero(), i_zero()};
  for (uint32_t i = 0; i < kUnit; i += kLanes) {
    const I q = i_from_f(f_mul(f_load(p + i), inverse));
    i_store_i8(numbers + i, q);
    sums[i / (kUnit / 2)] = i_add(sums[i / (kUnit / 2)], q);
  }
  return {{f_from_i(sums[0]), f_from_i(sums[1])}};
}

// Those of one with outliers, the numbers whose square is above `limit`: these have upper bits.
__attribute__((always_inline)) inline void cut_unit(const float* p, F inverse, F limit, int8_t* numbers, int8_t* upper) {
  for (uint32_t i = 0; i < kUnit; i += kLanes) {
    const F x = f_load(p + i), counted = f_mul(x, inverse);
    const I above = i_from_f(f_select_less(limit, f_mul(x, x), f_mul(counted, f_set(1.0f / 128.0f)), f_zero()));
    i_store_i8(upper + i, above);
    i_store_i8(numbers + i, i_sub(i_from_f(counted), i_shift_left<7>(above)));
  }
}

// The words of `upper` that are not zero, behind the list's end: eight are written, those that stay move the end.
Outlier* put_outliers(const int8_t* upper, uint32_t unit, float step, Outlier* end) {
  for (uint32_t i = 0; i < kUnit / 4; ++i) {
    uint32_t word;
    __builtin_memcpy(&word, upper + 4 * i, 4);
    end->place = unit * (kUnit / 4) + i;
    __builtin_memcpy(end->four, &word, 4);
    end->step = 128.0f * step;
    end += word != 0 ? 1 : 0;
  }
  return end;
}

// kLanes units at most.
struct Units {
  const float* numbers;
  uint32_t first, count;
  ActivationUnit* to;
};

__attribute__((always_inline)) inline F largest_of_each(const Units& units) {
  F tops[kLanes];
  for (uint32_t u = 0; u < units.count; ++u) tops[u] = largest_of<false>(units.numbers + u * kUnit, f_zero());
  for (uint32_t u = units.count; u < kLanes; ++u) tops[u] = f_zero();
  return f_top_rows(tops);
}

__attribute__((always_inline)) inline Sums count_each(const Units& units, const float* inverses) {
  F first[kLanes], second[kLanes];
  for (uint32_t u = units.count; u < kLanes; ++u) first[u] = second[u] = f_zero();
  for (uint32_t u = 0; u < units.count; ++u) {
    const Sums sums = count_unit(units.numbers + u * kUnit, f_set(inverses[u]), units.to[u].numbers);
    first[u] = sums.half[0];
    second[u] = sums.half[1];
  }
  return {{f_sum_rows(first), f_sum_rows(second)}};
}

void put_heads(const Units& units, F step, const Sums& sums) {
  const F all = f_add(sums.half[0], sums.half[1]);
  float steps[kLanes], whole[kLanes], counts[kLanes], second_counts[kLanes];
  f_store(steps, step);
  f_store(whole, f_mul(step, all));
  f_store(counts, all);
  f_store(second_counts, sums.half[1]);
  for (uint32_t u = 0; u < units.count; ++u) {
    ActivationUnit& to = units.to[u];
    to.step = steps[u];
    to.sum = whole[u];
    to.count = static_cast<int32_t>(counts[u]);
    to.second_count = static_cast<int32_t>(second_counts[u]);
    to.outliers = 0;
  }
}

// Bit u: whether something in unit u stands out. All are asked at once: one by one, the answers surprise the processor.
uint32_t units_above(const float* tops, uint32_t count, float limit) {
  uint32_t above = 0;
  for (uint32_t u = 0; u < count; ++u) above |= (limit < tops[u] * tops[u] ? 1u : 0u) << u;
  return above;
}

// body(u) for every bit.
template <class Body>
__attribute__((always_inline)) inline void for_bits(uint32_t bits, Body&& body) {
  for (; bits != 0; bits &= bits - 1) body(static_cast<uint32_t>(__builtin_ctz(bits)));
}

// All units; outliers go behind the list's end.
Outlier* count_units(const Units& units, float limit, Outlier* end) {
  constexpr float kTiny = 1e-36f;  // below, 1 / step would not be a number
  const F largest = largest_of_each(units);
  float rests[kLanes], steps[kLanes], inverses[kLanes];
  f_store(rests, largest);
  const uint32_t above = units_above(rests, units.count, limit);
  for_bits(above, [&](uint32_t u) { rests[u] = f_top(largest_of<true>(units.numbers + u * kUnit, f_set(limit))); });
  const F step = f_max(f_mul(f_load(rests), f_set(1.0f / 127.0f)), f_mul(largest, f_set(1.0f / (127.0f * 128.0f))));
  f_store(steps, step);
  f_store(inverses, f_select_less(f_set(kTiny), step, f_div(f_set(1.0f), step), f_zero()));
  put_heads(units, step, count_each(units, inverses));
  for_bits(above, [&](uint32_t u) {
    int8_t upper[kUnit];
    cut_unit(units.numbers + u * kUnit, f_set(inverses[u]), f_set(limit), units.to[u].numbers, upper);
    Outlier* const first = end;
    end = put_outliers(upper, units.first + u, steps[u], first);
    units.to[u].outliers = static_cast<uint32_t>(end - first);
  });
  return end;
}

}  // namespace

void quantize(const float* x, uint32_t skip, uint32_t count, const QuantRows& rows, uint32_t row) {
  ActivationUnit* units = reinterpret_cast<ActivationUnit*>(rows.base + row * rows.stride);
  uint32_t* outlier_count = reinterpret_cast<uint32_t*>(units + rows.units);
  Outlier* const outliers = reinterpret_cast<Outlier*>(outlier_count + 1);
  Outlier* end = outliers;
  const float limit = outlier_limit(x, count);
  for (uint32_t from = 0; from < rows.units; from += kLanes) {
    const uint32_t here = from + kLanes < rows.units ? kLanes : rows.units - from;
    float border[kLanes * kUnit];
    const float* numbers = columns_of(x, skip, skip + count, from * kUnit, here * kUnit, border);
    end = count_units({numbers, from, here, units + from}, limit, end);
  }
  *outlier_count = static_cast<uint32_t>(end - outliers);
}

}  // namespace sotto::cpu::SOTTO_CPU_ISA

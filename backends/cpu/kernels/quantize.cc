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

// A unit's integers. With kCut the numbers whose square is above `limit` stand out: their upper bits go to `upper`.
template <bool kCut>
__attribute__((always_inline)) inline Sums count_unit(const float* p, F inverse, F limit, int8_t* numbers, int8_t* upper) {
  I sums[2] = {i_zero(), i_zero()};
  for (uint32_t i = 0; i < kUnit; i += kLanes) {
    const F x = f_load(p + i), counted = f_mul(x, inverse);
    I q = i_from_f(counted);
    sums[i / (kUnit / 2)] = i_add(sums[i / (kUnit / 2)], q);
    if constexpr (kCut) {
      const I up = i_from_f(f_select_less(limit, f_mul(x, x), f_mul(counted, f_set(1.0f / 128.0f)), f_zero()));
      i_store_i8(upper + i, up);
      q = i_sub(q, i_shift_left<7>(up));
    }
    i_store_i8(numbers + i, q);
  }
  return {{f_from_i(sums[0]), f_from_i(sums[1])}};
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

template <bool kLimited>
__attribute__((always_inline)) inline F largest_of_each(const Units& units, float limit) {
  F tops[kLanes];
  for (uint32_t u = 0; u < units.count; ++u) tops[u] = largest_of<kLimited>(units.numbers + u * kUnit, f_set(limit));
  for (uint32_t u = units.count; u < kLanes; ++u) tops[u] = f_zero();
  return f_top_rows(tops);
}

// All units, counted in their steps; uppers: [kLanes * kUnit], with kCut.
template <bool kCut>
__attribute__((always_inline)) inline Sums count_each(const Units& units, F inverse, float limit, int8_t* uppers) {
  float inverses[kLanes];
  f_store(inverses, inverse);
  F first[kLanes], second[kLanes];
  for (uint32_t u = units.count; u < kLanes; ++u) first[u] = second[u] = f_zero();
  for (uint32_t u = 0; u < units.count; ++u) {
    const Sums sums = count_unit<kCut>(units.numbers + u * kUnit, f_set(inverses[u]), f_set(limit), units.to[u].numbers,
                                       uppers + (kCut ? u * kUnit : 0));
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

// The units' outliers behind the list's end. Which units have some is asked at once: asked one by one, the answers surprise.
Outlier* list_outliers(const Units& units, F largest, float limit, F step, const int8_t* uppers, Outlier* end) {
  float tops[kLanes], steps[kLanes];
  f_store(tops, largest);
  f_store(steps, step);
  uint32_t which = 0;
  for (uint32_t u = 0; u < units.count; ++u) which |= (limit < tops[u] * tops[u] ? 1u : 0u) << u;
  for (; which != 0; which &= which - 1) {
    const auto u = static_cast<uint32_t>(__builtin_ctz(which));
    Outlier* const first = end;
    end = put_outliers(uppers + u * kUnit, units.first + u, steps[u], first);
    units.to[u].outliers = static_cast<uint32_t>(end - first);
  }
  return end;
}

Outlier* count_units(const Units& units, float limit, Outlier* end) {
  constexpr float kTiny = 1e-36f;  // below, 1 / step would not be a number
  int8_t uppers[kLanes * kUnit];
  const F largest = largest_of_each<false>(units, limit);
  const float top = f_top(largest);
  const bool cuts = limit < top * top;
  const F rest = cuts ? largest_of_each<true>(units, limit) : largest;
  const F step = f_max(f_mul(rest, f_set(1.0f / 127.0f)), f_mul(largest, f_set(1.0f / (127.0f * 128.0f))));
  const F inverse = f_select_less(f_set(kTiny), step, f_div(f_set(1.0f), step), f_zero());
  put_heads(units, step,
            cuts ? count_each<true>(units, inverse, limit, uppers) : count_each<false>(units, inverse, limit, uppers));
  return cuts ? list_outliers(units, largest, limit, step, uppers, end) : end;
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

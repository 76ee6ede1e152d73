#include "convert/quantize/fit.h"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace sotto::quantize {
namespace {

// Nearest whole number, ties to even, for magnitudes below 2^22; a form that every compiler turns into vector code.
inline float round_fast(float v) {
  constexpr float kShift = 12582912.0f;  // 1.5 * 2^23: its unit in the last place is 1
  return (v + kShift) - kShift;
}

// Far outside the levels means the outermost one: clamped first, so that round_fast may be used.
inline float level_of(float v, float low, float high) {
  v = v < high ? v : high;
  v = v > low ? v : low;
  return round_fast(v);
}

inline float inverse_of(float scale) {
  constexpr float kLargest = 1e18f;  // a scale so small is as none
  const float inverse = 1.0f / scale;
  return std::abs(inverse) < kLargest ? inverse : 0.0f;
}

// Sums over a run for eight starts at once.
struct ScaleSums {
  float xq[kLanes] = {}, qq[kLanes] = {};
};

template <int kCount>
ScaleSums sum_up(const float* x, const float* w, const float* inverse, Levels levels) {
  ScaleSums s;
  for (int i = 0; i < kCount; ++i) {
    const float value = x[i], weight = w[i], product = x[i] * w[i];
    for (int c = 0; c < kLanes; ++c) {
      const float q = level_of(value * inverse[c], levels.low, levels.high);
      s.xq[c] += product * q;
      s.qq[c] += weight * q * q;
    }
  }
  return s;
}

// Where the largest weight lands at a start, in levels beyond the outermost one. Fine where the best start usually lies.
constexpr float kBeyond[] = {-1.4f, -1.2f, -1.0f, -0.85f, -0.7f, -0.55f, -0.4f, -0.3f, -0.2f, -0.1f, 0.0f, 0.1f,
                             0.2f,  0.3f,  0.4f,  0.5f,   0.6f,  0.7f,   0.85f, 1.0f,  1.2f,  1.4f,  1.7f, 2.1f};
// And far beyond, as a multiple: that cuts the large weights off, which pays when they count for little.
constexpr float kMultiples[] = {1.4f, 1.55f, 1.75f, 2.0f, 2.4f, 3.0f, 4.0f, 6.0f};
static_assert(std::size(kBeyond) + std::size(kMultiples) == kLanes, "one start a lane");

struct ScaleStart {
  float scale = 0, gain = 0;  // gain: by how much the error is smaller than with a scale of 0
};

void take_better(const ScaleSums& s, ScaleStart* best) {
  for (int c = 0; c < kLanes; ++c) {
    if (s.qq[c] <= 0) continue;
    const float scale = s.xq[c] / s.qq[c], gain = s.xq[c] * scale;
    if (gain > best->gain) *best = {scale, gain};
  }
}

}  // namespace

template <int kCount>
float fit_scale(const float* x, const float* w, Levels levels) {
  constexpr int kDescents = 2;
  constexpr float kFine = 0.002f;  // from lane to lane, of the scale
  float largest = 0;
  for (int i = 0; i < kCount; ++i) largest = std::max(largest, std::abs(x[i]));
  if (largest == 0) return 0;
  ScaleStart best;
  const float outermost = std::max(-levels.low, levels.high);
  float inverse[kLanes];
  for (const float sign : {1.0f, -1.0f}) {
    for (size_t c = 0; c < std::size(kBeyond); ++c) inverse[c] = sign * (outermost + kBeyond[c]) / largest;
    for (size_t c = 0; c < std::size(kMultiples); ++c)
      inverse[std::size(kBeyond) + c] = sign * outermost * kMultiples[c] / largest;
    take_better(sum_up<kCount>(x, w, inverse, levels), &best);
  }
  for (int round = 0; round < kDescents && best.scale != 0; ++round) {
    const float before = best.gain, middle = inverse_of(best.scale);
    for (int c = 0; c < kLanes; ++c) inverse[c] = middle * (1.0f + kFine * static_cast<float>(c - kLanes / 2));
    take_better(sum_up<kCount>(x, w, inverse, levels), &best);
    if (!(best.gain > before)) break;
  }
  return best.scale;
}

namespace {

struct LineSums {
  float q[kLanes] = {}, qq[kLanes] = {}, xq[kLanes] = {};
};

template <int kCount>
LineSums sum_up(const float* x, const float* w, const float* inverse, const float* shift, float high) {
  LineSums s;
  for (int i = 0; i < kCount; ++i) {
    const float value = x[i], weight = w[i];
    for (int c = 0; c < kLanes; ++c) {
      const float q = level_of(value * inverse[c] + shift[c], 0.0f, high);
      const float weighted = weight * q;
      s.q[c] += weighted;
      s.qq[c] += weighted * q;
      s.xq[c] += weighted * value;
    }
  }
  return s;
}

// What the search knows of a run whose weights were moved into 0..1.
struct Run {
  float sum_w = 0, sum_x = 0;
  float highest_offset = 0;  // an offset above it is not allowed
  bool is_even = true;       // all errors count alike
};

struct LineStart {
  float scale = 0, offset = 0;
  float gain = 0;
};

void take_better(const LineSums& s, const Run& run, LineStart* best) {
  for (int c = 0; c < kLanes; ++c) {
    const float determinant = run.sum_w * s.qq[c] - s.q[c] * s.q[c];
    float scale = 0, offset = run.sum_w > 0 ? run.sum_x / run.sum_w : 0;
    if (determinant > 1e-6f * run.sum_w * s.qq[c]) {
      scale = (run.sum_w * s.xq[c] - run.sum_x * s.q[c]) / determinant;
      offset = (s.qq[c] * run.sum_x - s.q[c] * s.xq[c]) / determinant;
    }
    if (offset > run.highest_offset) {
      offset = run.highest_offset;
      scale = s.qq[c] > 0 ? (s.xq[c] - offset * s.q[c]) / s.qq[c] : 0;
    }
    // sum w x^2 - sum w (x - scale q - offset)^2, which holds for any scale and offset.
    const float gain = 2 * scale * s.xq[c] + 2 * offset * run.sum_x - scale * scale * s.qq[c] - 2 * scale * offset * s.q[c] -
                       offset * offset * run.sum_w;
    // Clearly better: of lines that fit alike the first, whose offset lies at the end of the run, takes less harm from
    // rounding.
    if (gain > best->gain * 1.000001f) *best = {scale, offset, gain};
  }
}

// Where the lowest and the highest level lie at a start, in steps inward from the ends of the run: each with each.
constexpr float kInsets[] = {-0.4f, -0.1f, 0.15f, 0.4f, 0.65f, 0.9f, 1.3f, 1.9f};
constexpr size_t kStarts = std::size(kInsets) * std::size(kInsets);
static_assert(kStarts % kLanes == 0, "whole batches");
// Where errors count differently it may pay to cut far into the run, at either end: parts of the range, each with each of two
// places of the other end, in steps.
constexpr float kCuts[] = {0.2f, 0.3f, 0.4f, 0.5f, 0.6f, 0.7f, 0.8f, 0.9f};
constexpr float kOtherEnd[] = {-0.1f, 0.4f};
static_assert(2 * std::size(kCuts) * std::size(kOtherEnd) == kLanes, "one start a lane");

// A start that puts the lowest and the highest level so many steps inward.
struct Inset {
  float low, top;
};
Inset near_start(size_t at) { return {kInsets[at / std::size(kInsets)], kInsets[at % std::size(kInsets)]}; }
Inset far_start(size_t at, float high) {
  const float cut = kCuts[at / 4] * (high - 1), other = kOtherEnd[at / 2 % 2];
  return at % 2 == 0 ? Inset{cut, other} : Inset{other, cut};
}

template <int kCount>
LineStart search_line(const float* unit, const float* w, float high, const Run& run) {
  constexpr int kDescents = 3;
  constexpr float kFine = 0.002f;
  LineStart best;
  float inverse[kLanes], shift[kLanes];
  const size_t starts = run.is_even ? kStarts : kStarts + kLanes;
  for (size_t at = 0; at < starts; at += kLanes) {
    for (size_t c = 0; c < kLanes; ++c) {
      const Inset inset = at < kStarts ? near_start(at + c) : far_start(c, high);
      inverse[c] = high * high / (high - inset.low - inset.top);
      shift[c] = -inset.low * inverse[c] / high;
    }
    take_better(sum_up<kCount>(unit, w, inverse, shift, high), run, &best);
  }
  for (int round = 0; round < kDescents && best.scale != 0; ++round) {
    const float before = best.gain, middle = inverse_of(best.scale);
    for (int c = 0; c < kLanes; ++c) {
      inverse[c] = middle * (1.0f + kFine * static_cast<float>(c - kLanes / 2));
      shift[c] = -best.offset * inverse[c];
    }
    take_better(sum_up<kCount>(unit, w, inverse, shift, high), run, &best);
    if (!(best.gain > before)) break;
  }
  return best;
}

}  // namespace

template <int kCount>
Line fit_line(const float* x, const float* w, float high, bool is_offset_negative) {
  float least = x[0], most = x[0];
  for (int i = 1; i < kCount; ++i) {
    least = std::min(least, x[i]);
    most = std::max(most, x[i]);
  }
  if (is_offset_negative) least = std::min(least, 0.0f);
  const float range = most - least;
  if (!(range > 0)) return {0, least};
  // Moved into 0..1: a run far from zero would lose its differences in the sums.
  float unit[kCount];
  Run run;
  run.highest_offset = is_offset_negative ? -least / range : 2.0f;
  for (int i = 0; i < kCount; ++i) {
    unit[i] = (x[i] - least) / range;
    run.sum_w += w[i];
    run.sum_x += w[i] * unit[i];
    run.is_even = run.is_even && w[i] == w[0];
  }
  const LineStart best = search_line<kCount>(unit, w, high, run);
  const float offset = least + best.offset * range;
  return {best.scale * range, is_offset_negative ? std::min(offset, 0.0f) : offset};
}

template <int kCount>
Choice best_of(const Lines& lines, const float* x, const float* w, Levels levels) {
  float inverse[kLanes], error[kLanes] = {};
  for (int c = 0; c < kLanes; ++c) inverse[c] = inverse_of(lines.scale[c]);
  for (int i = 0; i < kCount; ++i) {
    const float value = x[i], weight = w[i];
    for (int c = 0; c < kLanes; ++c) {
      const float rest = value - lines.offset[c];
      const float miss = rest - level_of(rest * inverse[c], levels.low, levels.high) * lines.scale[c];
      error[c] += weight * miss * miss;
    }
  }
  const float* least = std::min_element(error, error + kLanes);
  return {static_cast<int>(least - error), *least};
}

template <int kCount>
void levels_on(const Line& line, const float* x, Levels levels, int8_t* q) {
  const float inverse = inverse_of(line.scale);
  for (int i = 0; i < kCount; ++i)
    q[i] = static_cast<int8_t>(level_of((x[i] - line.offset) * inverse, levels.low, levels.high));
}

template float fit_scale<16>(const float*, const float*, Levels);
template float fit_scale<32>(const float*, const float*, Levels);
template Line fit_line<32>(const float*, const float*, float, bool);
template Choice best_of<16>(const Lines&, const float*, const float*, Levels);
template Choice best_of<32>(const Lines&, const float*, const float*, Levels);
template void levels_on<16>(const Line&, const float*, Levels, int8_t*);
template void levels_on<32>(const Line&, const float*, Levels, int8_t*);

}  // namespace sotto::quantize

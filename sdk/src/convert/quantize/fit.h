// fit.h: which scale, or scale and offset, stores a short run of weights with the least squared error: the search that all
// block formats share.
//
// A run of `kCount` weights x becomes whole numbers q from `low` to `high` with x ~ scale * q + offset. For a given scale and
// offset the best q are the nearest; for given q the best scale and offset are those of a line through the points (q, x). The
// error jumps wherever a q changes, so that going downhill alone ends in a poor place: many starts are tried, the best one goes
// downhill. Starts are tried side by side, one a vector lane, which needs no sums across lanes and gives the same bits on every
// machine.
#pragma once

#include <cstdint>

namespace sotto::quantize {

struct Levels {
  float low, high;
};

struct Line {
  float scale = 0;
  float offset = 0;
};

// As many as fill the vector units of any machine several times over: loops this long are not unrolled, which leaves them to
// the vectoriser.
constexpr int kLanes = 32;
struct Lines {
  float scale[kLanes] = {};
  float offset[kLanes] = {};
};

struct Choice {
  int lane = 0;
  float error = 0;  // weighted sum of squares
};

// All of these: kCount is 16 or 32; `x` has a magnitude of at most 2, so that no sum overflows; `w`, the weights of the errors,
// are not negative and not all zero.

// The scale of a line through the origin. It may be negative: the levels need not be symmetric.
template <int kCount>
float fit_scale(const float* x, const float* w, Levels levels);

// Scale and offset for the levels 0 to `high`; with `is_offset_negative` the offset is 0 or less.
template <int kCount>
Line fit_line(const float* x, const float* w, float high, bool is_offset_negative);

// Which of the lines, all of their numbers as they will be stored, leaves the least error. Of equals the first.
template <int kCount>
Choice best_of(const Lines& lines, const float* x, const float* w, Levels levels);

// The levels of the weights on the line.
template <int kCount>
void levels_on(const Line& line, const float* x, Levels levels, int8_t* q);

}  // namespace sotto::quantize

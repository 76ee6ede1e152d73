// blocks_32.cc: Q4_0, Q4_1, Q5_0, Q5_1, Q8_0: blocks of 32 weights with one scale, and an offset in the *_1 formats.
#include <cstring>

#include "convert/quantize/blocks.h"
#include "convert/quantize/fit.h"
#include "convert/quantize/unit_block.h"

namespace sotto::quantize {
namespace {

constexpr int kCount = 32;
// Half precision is coarse near zero, and for an offset always: the best number beside the nearest one is looked for. The
// nearest comes first, so that it wins where nothing is better: 0, 1, -1, 2, -2, ...
constexpr float kSmallStep = 0.03f;
constexpr int step_of(int lane) { return lane % 2 == 1 ? (lane + 1) / 2 : -lane / 2; }

struct Encoded {
  Half scale, offset;
  int8_t q[kCount] = {};
};

Encoded encode_scale(const float* real, const float* w, Levels levels) {
  const UnitBlock<kCount> block(real);
  Encoded e;
  if (block.is_zero) return e;
  const Half nearest = block.stored(fit_scale<kCount>(block.x, w, levels));
  Half halves[kLanes];
  Lines lines;
  for (int c = 0; c < kLanes; ++c) {
    halves[c] = neighbour(nearest, step_of(c));
    lines.scale[c] = block.unit(halves[c]);
  }
  const int lane = best_of<kCount>(lines, block.x, w, levels).lane;
  e.scale = halves[lane];
  levels_on<kCount>({lines.scale[lane], 0}, block.x, levels, e.q);
  return e;
}

// The scale that goes best with an offset that is stored already.
struct Trial {
  Half scale, offset;
  Choice choice;
};
Trial try_offset(const UnitBlock<kCount>& block, const float* w, Levels levels, Half offset, float scale) {
  Half halves[kLanes];
  Lines lines;
  const Half nearest = block.stored(scale);
  for (int c = 0; c < kLanes; ++c) {
    halves[c] = neighbour(nearest, step_of(c));
    lines.scale[c] = block.unit(halves[c]);
    lines.offset[c] = block.unit(offset);
  }
  const Choice choice = best_of<kCount>(lines, block.x, w, levels);
  return {halves[choice.lane], offset, choice};
}

Encoded encode_line(const float* real, const float* w, float high) {
  const UnitBlock<kCount> block(real);
  Encoded e;
  if (block.is_zero) return e;
  const Levels levels{0, high};
  const Line line = fit_line<kCount>(block.x, w, high, false);
  const Half nearest = block.stored(line.offset);
  Trial best = try_offset(block, w, levels, nearest, line.scale);
  // Where the rounding of the offset is not small beside a step: other offsets, with the scale that fits what they leave. So
  // are runs stored that are narrow and far from zero, and constant ones, whose scale then carries the digits that the offset
  // has not.
  const float rounding = std::abs(neighbour(nearest, 1).value - nearest.value) * block.down;
  const bool is_coarse = rounding > kSmallStep * std::abs(line.scale);
  for (int step = -1; is_coarse && step <= 1; ++step) {
    const Half offset = neighbour(nearest, step);
    float rest[kCount];
    for (int i = 0; i < kCount; ++i) rest[i] = block.x[i] - block.unit(offset);
    const Trial trial = try_offset(block, w, levels, offset, fit_scale<kCount>(rest, w, levels));
    if (trial.choice.error < best.choice.error) best = trial;
  }
  e.scale = best.scale;
  e.offset = best.offset;
  levels_on<kCount>({block.unit(e.scale), block.unit(e.offset)}, block.x, levels, e.q);
  return e;
}

uint8_t* put(Half half, uint8_t* out) {
  out[0] = static_cast<uint8_t>(half.bits & 255);
  out[1] = static_cast<uint8_t>(half.bits >> 8);
  return out + 2;
}

// Levels from 0: four bits of two weights a byte, weight i low, weight i + 16 high.
void put_low_bits(const int8_t* q, int centre, uint8_t* out) {
  for (int i = 0; i < kCount / 2; ++i)
    out[i] = static_cast<uint8_t>(((q[i] + centre) & 15) | ((q[i + kCount / 2] + centre) & 15) << 4);
}

// The fifth bit of every weight in a word of 32.
uint8_t* put_fifth_bits(const int8_t* q, int centre, uint8_t* out) {
  uint32_t bits = 0;
  for (int i = 0; i < kCount; ++i) bits |= static_cast<uint32_t>((q[i] + centre) >> 4 & 1) << i;
  for (int i = 0; i < 4; ++i) out[i] = static_cast<uint8_t>(bits >> (8 * i) & 255);
  return out + 4;
}

}  // namespace

void encode_q4_0(const float* x, const float* w, uint8_t* out) {
  const Encoded e = encode_scale(x, w, {-8, 7});
  put_low_bits(e.q, 8, put(e.scale, out));
}

void encode_q4_1(const float* x, const float* w, uint8_t* out) {
  const Encoded e = encode_line(x, w, 15);
  put_low_bits(e.q, 0, put(e.offset, put(e.scale, out)));
}

void encode_q5_0(const float* x, const float* w, uint8_t* out) {
  const Encoded e = encode_scale(x, w, {-16, 15});
  put_low_bits(e.q, 16, put_fifth_bits(e.q, 16, put(e.scale, out)));
}

void encode_q5_1(const float* x, const float* w, uint8_t* out) {
  const Encoded e = encode_line(x, w, 31);
  put_low_bits(e.q, 0, put_fifth_bits(e.q, 0, put(e.offset, put(e.scale, out))));
}

// -128 stays unused: kernels that take magnitudes of signed bytes need not care.
void encode_q8_0(const float* x, const float* w, uint8_t* out) {
  const Encoded e = encode_scale(x, w, {-127, 127});
  std::memcpy(put(e.scale, out), e.q, sizeof e.q);
}

}  // namespace sotto::quantize

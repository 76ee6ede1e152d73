// blocks_256.cc: Q4_K, Q5_K, Q6_K: blocks of 256 weights in parts that have a scale each (and a minimum), whole numbers times
// the scales of the block.
//
// First every part is fitted by itself. Then the block's own scales are chosen, and the parts' whole numbers with them; the
// best numbers need not be those nearest to the fit, so their neighbours are tried. With all whole numbers fixed, the best
// scales of the block follow from least squares; these two steps take turns.
#include <cmath>
#include <cstring>

#include "convert/quantize/blocks.h"
#include "convert/quantize/fit.h"
#include "convert/quantize/unit_block.h"

namespace sotto::quantize {
namespace {

constexpr int kBlock = 256;
constexpr int kTurns = 2;
// The scales of the block at the start, as multiples of the least that reach the largest numbers of the parts: which one suits
// the other parts' whole numbers best shows when it is tried.
constexpr float kReaches[] = {1.0f, 1.025f, 1.06f};

int nearest(float value, int low, int high) {
  return static_cast<int>(std::lround(std::clamp(value, static_cast<float>(low), static_cast<float>(high))));
}
float ratio(float a, float b) { return b != 0 ? a / b : 0.0f; }
float number(int x) { return static_cast<float>(x); }

// Half precision beside zero is coarse: a scale that became smaller, or nothing, would leave the largest part out of reach.
Half rounded_up(const UnitBlock<kBlock>& block, float scale) {
  const Half half = block.stored(scale);
  return std::abs(block.unit(half)) < std::abs(scale) ? neighbour(half, 1) : half;
}

// Q4_K and Q5_K: eight parts of 32; weight = scale * part scale * q - minimum * part minimum, the part's numbers 0..63.
constexpr int kParts = 8, kPart = 32, kTopNumber = 63;

struct LineBlock {
  Half scale, minimum;
  int scales[kParts] = {}, minima[kParts] = {};
  int8_t q[kBlock] = {};
  float error = 0;
};

struct Pair {
  int scale, minimum;
};
// Neighbours that are tried around a part's numbers, its own first: up to three scales and two minima away, nearer ones with
// more partners.
constexpr Pair kAround[kLanes] = {{0, 0},   {0, 1}, {0, -1}, {0, 2},  {0, -2},  {1, 0},   {1, 1},   {1, -1},
                                  {1, 2},   {1, 3}, {-1, 0}, {-1, 1}, {-1, -1}, {-1, -2}, {-1, -3}, {2, 0},
                                  {2, 1},   {2, 2}, {2, -1}, {2, 3},  {-2, 0},  {-2, 1},  {-2, -1}, {-2, -2},
                                  {-2, -3}, {3, 0}, {3, 1},  {3, 2},  {-3, 0},  {-3, -1}, {-3, -2}, {-3, 1}};

// Chooses the numbers of one part, starting from those that it has.
void choose_part(const UnitBlock<kBlock>& block, const float* w, Levels levels, int part, LineBlock* b) {
  const float* x = block.x + part * kPart;
  const Pair start{b->scales[part], b->minima[part]};
  Lines lines;
  Pair pairs[kLanes];
  for (int c = 0; c < kLanes; ++c) {
    pairs[c] = {std::clamp(start.scale + kAround[c].scale, 0, kTopNumber),
                std::clamp(start.minimum + kAround[c].minimum, 0, kTopNumber)};
    lines.scale[c] = block.unit(b->scale) * number(pairs[c].scale);
    lines.offset[c] = -block.unit(b->minimum) * number(pairs[c].minimum);
  }
  const Choice choice = best_of<kPart>(lines, x, w + part * kPart, levels);
  b->scales[part] = pairs[choice.lane].scale;
  b->minima[part] = pairs[choice.lane].minimum;
  levels_on<kPart>({lines.scale[choice.lane], lines.offset[choice.lane]}, x, levels, b->q + part * kPart);
  b->error += choice.error;
}

void choose_parts(const UnitBlock<kBlock>& block, const float* w, Levels levels, LineBlock* b) {
  b->error = 0;
  for (int p = 0; p < kParts; ++p) choose_part(block, w, levels, p, b);
}

// The block's scale and minimum that fit best to the numbers of all parts and weights.
Line fit_block(const UnitBlock<kBlock>& block, const float* w, const LineBlock& b) {
  double ss = 0, sm = 0, mm = 0, xs = 0, xm = 0;
  for (int i = 0; i < kBlock; ++i) {
    const double s = b.scales[i / kPart] * b.q[i], m = -b.minima[i / kPart], x = block.x[i], weight = w[i];
    ss += weight * s * s;
    sm += weight * s * m;
    mm += weight * m * m;
    xs += weight * x * s;
    xm += weight * x * m;
  }
  const double determinant = ss * mm - sm * sm;
  if (determinant > 1e-9 * ss * mm)
    return {static_cast<float>((mm * xs - sm * xm) / determinant), static_cast<float>((ss * xm - sm * xs) / determinant)};
  return {ss > 0 ? static_cast<float>(xs / ss) : 0.0f, mm > 0 && ss <= 0 ? static_cast<float>(xm / mm) : block.unit(b.minimum)};
}

LineBlock encode_lines(const float* real, const float* w, float high) {
  const UnitBlock<kBlock> block(real);
  if (block.is_zero) return {};
  const Levels levels{0, high};
  Line fits[kParts];
  float scale = 0, minimum = 0;
  for (int p = 0; p < kParts; ++p) {
    fits[p] = fit_line<kPart>(block.x + p * kPart, w + p * kPart, high, true);
    scale = std::max(scale, fits[p].scale);
    minimum = std::max(minimum, -fits[p].offset);
  }
  LineBlock best;
  for (const float reach : kReaches) {
    LineBlock b;
    b.scale = rounded_up(block, reach * scale / kTopNumber);
    b.minimum = rounded_up(block, reach * minimum / kTopNumber);
    for (int p = 0; p < kParts; ++p) {
      b.scales[p] = nearest(ratio(fits[p].scale, block.unit(b.scale)), 0, kTopNumber);
      b.minima[p] = nearest(ratio(-fits[p].offset, block.unit(b.minimum)), 0, kTopNumber);
    }
    choose_parts(block, w, levels, &b);
    if (reach == kReaches[0] || b.error < best.error) best = b;
  }
  for (int turn = 0; turn < kTurns; ++turn) {
    LineBlock b = best;
    const Line next = fit_block(block, w, b);
    b.scale = block.stored(next.scale);
    b.minimum = block.stored(next.offset);
    choose_parts(block, w, levels, &b);
    if (!(b.error < best.error)) break;
    best = b;
  }
  return best;
}

void put(Half half, uint8_t* out) {
  out[0] = static_cast<uint8_t>(half.bits & 255);
  out[1] = static_cast<uint8_t>(half.bits >> 8);
}

// The block's two scales and the parts' numbers of six bits in twelve bytes: 16 bytes in all.
void put_head(const LineBlock& b, uint8_t* out) {
  put(b.scale, out);
  put(b.minimum, out + 2);
  uint8_t* packed = out + 4;
  for (int p = 0; p < 4; ++p) {
    const int scale = b.scales[p + 4], minimum = b.minima[p + 4];
    packed[p] = static_cast<uint8_t>(b.scales[p] | (scale >> 4) << 6);
    packed[p + 4] = static_cast<uint8_t>(b.minima[p] | (minimum >> 4) << 6);
    packed[p + 8] = static_cast<uint8_t>((scale & 15) | (minimum & 15) << 4);
  }
}

// Per two parts 32 bytes: the first part's four bits low, the second's high.
void put_low_bits(const int8_t* q, uint8_t* out) {
  for (int pair = 0; pair < kParts / 2; ++pair)
    for (int i = 0; i < kPart; ++i) {
      const int8_t* first = q + pair * 2 * kPart;
      out[pair * kPart + i] = static_cast<uint8_t>((first[i] & 15) | (first[i + kPart] & 15) << 4);
    }
}

// Q6_K: sixteen parts of 16; weight = scale * part scale * q, the part's numbers -128..127.
constexpr int kScaleParts = 16, kScalePart = 16;
constexpr Levels kSixBits{-32, 31};

// The part's own number first, then its neighbours: 0, 1, -1, 2, -2, ...
constexpr int step_of(int lane) { return lane % 2 == 1 ? (lane + 1) / 2 : -lane / 2; }

struct ScaleBlock {
  Half scale;
  int scales[kScaleParts] = {};
  int8_t q[kBlock] = {};
  float error = 0;
};

void choose_part(const UnitBlock<kBlock>& block, const float* w, int part, ScaleBlock* b) {
  const float* x = block.x + part * kScalePart;
  Lines lines;
  int scales[kLanes];
  for (int c = 0; c < kLanes; ++c) {
    scales[c] = std::clamp(b->scales[part] + step_of(c), -128, 127);
    lines.scale[c] = block.unit(b->scale) * number(scales[c]);
  }
  const Choice choice = best_of<kScalePart>(lines, x, w + part * kScalePart, kSixBits);
  b->scales[part] = scales[choice.lane];
  levels_on<kScalePart>({lines.scale[choice.lane], 0}, x, kSixBits, b->q + part * kScalePart);
  b->error += choice.error;
}

void choose_parts(const UnitBlock<kBlock>& block, const float* w, ScaleBlock* b) {
  b->error = 0;
  for (int p = 0; p < kScaleParts; ++p) choose_part(block, w, p, b);
}

float fit_block(const UnitBlock<kBlock>& block, const float* w, const ScaleBlock& b) {
  double ss = 0, xs = 0;
  for (int i = 0; i < kBlock; ++i) {
    const double s = b.scales[i / kScalePart] * b.q[i], weight = w[i];
    ss += weight * s * s;
    xs += weight * s * block.x[i];
  }
  return ss > 0 ? static_cast<float>(xs / ss) : 0.0f;
}

ScaleBlock encode_scales(const float* real, const float* w) {
  const UnitBlock<kBlock> block(real);
  if (block.is_zero) return {};
  float fits[kScaleParts], largest = 0;
  for (int p = 0; p < kScaleParts; ++p) {
    fits[p] = fit_scale<kScalePart>(block.x + p * kScalePart, w + p * kScalePart, kSixBits);
    if (std::abs(fits[p]) > std::abs(largest)) largest = fits[p];
  }
  ScaleBlock best;
  for (const float reach : kReaches) {
    ScaleBlock b;
    // The largest one becomes -128, which has no positive counterpart.
    b.scale = rounded_up(block, reach * largest / -128);
    for (int p = 0; p < kScaleParts; ++p) b.scales[p] = nearest(ratio(fits[p], block.unit(b.scale)), -128, 127);
    choose_parts(block, w, &b);
    if (reach == kReaches[0] || b.error < best.error) best = b;
  }
  for (int turn = 0; turn < kTurns; ++turn) {
    ScaleBlock b = best;
    b.scale = block.stored(fit_block(block, w, b));
    choose_parts(block, w, &b);
    if (!(b.error < best.error)) break;
    best = b;
  }
  return best;
}

}  // namespace

void encode_q4_k(const float* x, const float* w, uint8_t* out) {
  const LineBlock b = encode_lines(x, w, 15);
  put_head(b, out);
  put_low_bits(b.q, out + 16);
}

// As Q4_K, with 32 bytes of fifth bits: bit p of byte i belongs to weight i of part p.
void encode_q5_k(const float* x, const float* w, uint8_t* out) {
  const LineBlock b = encode_lines(x, w, 31);
  put_head(b, out);
  uint8_t* fifth = out + 16;
  std::memset(fifth, 0, kPart);
  for (int i = 0; i < kBlock; ++i) fifth[i % kPart] |= static_cast<uint8_t>((b.q[i] >> 4 & 1) << (i / kPart));
  put_low_bits(b.q, out + 48);
}

// 128 bytes of low four bits, 64 of high two bits, the parts' scales, the block's. Of each half of the block, byte i holds the
// weights i, i + 32, i + 64, i + 96.
void encode_q6_k(const float* x, const float* w, uint8_t* out) {
  const ScaleBlock b = encode_scales(x, w);
  std::memset(out, 0, 192);
  for (int i = 0; i < kBlock; ++i) {
    const int level = b.q[i] + 32, side = i / 128, quarter = i % 128 / 32, byte = i % 32;
    out[side * 64 + quarter % 2 * 32 + byte] |= static_cast<uint8_t>((level & 15) << (quarter / 2 * 4));
    out[128 + side * 32 + byte] |= static_cast<uint8_t>((level >> 4) << (quarter * 2));
  }
  for (int p = 0; p < kScaleParts; ++p) out[192 + p] = static_cast<uint8_t>(b.scales[p]);
  put(b.scale, out + 208);
}

}  // namespace sotto::quantize

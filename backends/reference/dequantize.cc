#include "dequantize.h"

#include <algorithm>
#include <iterator>

#include "common/weight_types.h"

namespace sotto::reference {
namespace {

using backend::float_from_bf16;
using backend::float_from_f16;

constexpr uint32_t kLargestBlock = 256;

uint16_t u16(const uint8_t* p) { return static_cast<uint16_t>(p[0] | p[1] << 8); }
uint32_t u32(const uint8_t* p) { return uint32_t{u16(p)} | uint32_t{u16(p + 2)} << 16; }
float half(const uint8_t* p) { return float_from_f16(u16(p)); }
float number(int x) { return static_cast<float>(x); }

void f32(const uint8_t* b, float* y) { *y = backend::float_from_bits(u32(b)); }
void f16(const uint8_t* b, float* y) { *y = half(b); }
void bf16(const uint8_t* b, float* y) { *y = float_from_bf16(u16(b)); }

// Scale, 16 bytes of two 4-bit numbers: weight i low, weight i + 16 high. Centred on 8.
void q4_0(const uint8_t* b, float* y) {
  const float d = half(b);
  for (int i = 0; i < 16; ++i) {
    y[i] = number((b[2 + i] & 15) - 8) * d;
    y[i + 16] = number((b[2 + i] >> 4) - 8) * d;
  }
}

// Scale, minimum, numbers as q4_0.
void q4_1(const uint8_t* b, float* y) {
  const float d = half(b), m = half(b + 2);
  for (int i = 0; i < 16; ++i) {
    y[i] = number(b[4 + i] & 15) * d + m;
    y[i + 16] = number(b[4 + i] >> 4) * d + m;
  }
}

// The fifth bits of the weights, one word in front of the numbers of q4_0.
int fifth_bit(uint32_t bits, int weight) { return static_cast<int>(bits >> weight & 1u) << 4; }

void q5_0(const uint8_t* b, float* y) {
  const float d = half(b);
  const uint32_t high = u32(b + 2);
  for (int i = 0; i < 16; ++i) {
    y[i] = number(((b[6 + i] & 15) | fifth_bit(high, i)) - 16) * d;
    y[i + 16] = number(((b[6 + i] >> 4) | fifth_bit(high, i + 16)) - 16) * d;
  }
}

void q5_1(const uint8_t* b, float* y) {
  const float d = half(b), m = half(b + 2);
  const uint32_t high = u32(b + 4);
  for (int i = 0; i < 16; ++i) {
    y[i] = number((b[8 + i] & 15) | fifth_bit(high, i)) * d + m;
    y[i + 16] = number((b[8 + i] >> 4) | fifth_bit(high, i + 16)) * d + m;
  }
}

void q8_0(const uint8_t* b, float* y) {
  const float d = half(b);
  for (int i = 0; i < 32; ++i) y[i] = number(static_cast<int8_t>(b[2 + i])) * d;
}

// Of the eight parts of 32 weights in a q4_K or q5_K block: scale and minimum, 6 bits each, packed into 12 bytes.
struct PartScale {
  float scale, minimum;
};
PartScale part_scale(const uint8_t* block, int part) {
  const uint8_t* q = block + 4;
  int scale, minimum;
  if (part < 4) {
    scale = q[part] & 63;
    minimum = q[part + 4] & 63;
  } else {
    scale = (q[part + 4] & 15) | (q[part - 4] >> 6) << 4;
    minimum = (q[part + 4] >> 4) | (q[part] >> 6) << 4;
  }
  return {half(block) * number(scale), half(block + 2) * number(minimum)};
}

// Scale, scale of minima, part scales, then per two parts 32 bytes: the first part low, the second high.
void q4_k(const uint8_t* b, float* y) {
  const uint8_t* q = b + 16;
  for (int part = 0; part < 8; part += 2, q += 32) {
    const PartScale low = part_scale(b, part), high = part_scale(b, part + 1);
    for (int i = 0; i < 32; ++i) {
      y[part * 32 + i] = number(q[i] & 15) * low.scale - low.minimum;
      y[part * 32 + 32 + i] = number(q[i] >> 4) * high.scale - high.minimum;
    }
  }
}

// As q4_K with 32 bytes of fifth bits in front: bit p of byte i belongs to weight i of part p.
void q5_k(const uint8_t* b, float* y) {
  const uint8_t* fifth = b + 16;
  const uint8_t* q = b + 48;
  for (int part = 0; part < 8; part += 2, q += 32) {
    const PartScale low = part_scale(b, part), high = part_scale(b, part + 1);
    for (int i = 0; i < 32; ++i) {
      y[part * 32 + i] = number((q[i] & 15) | (fifth[i] >> part & 1) << 4) * low.scale - low.minimum;
      y[part * 32 + 32 + i] = number((q[i] >> 4) | (fifth[i] >> (part + 1) & 1) << 4) * high.scale - high.minimum;
    }
  }
}

// 128 bytes of low 4 bits, 64 of high 2 bits, 16 signed scales of 16 weights each, the scale of the block. Centred on 32.
void q6_k(const uint8_t* b, float* y) {
  const float d = half(b + 208);
  for (int weight = 0; weight < 256; ++weight) {
    const int side = weight / 128, quarter = weight % 128 / 32, i = weight % 32;
    const int low = b[side * 64 + quarter % 2 * 32 + i] >> (quarter / 2 * 4) & 15;
    const int high = b[128 + side * 32 + i] >> (quarter * 2) & 3;
    y[weight] = d * number(static_cast<int8_t>(b[192 + weight / 16])) * number((low | high << 4) - 32);
  }
}

struct Decoder {
  uint32_t type;
  void (*block)(const uint8_t* bytes, float* out);
};
constexpr Decoder kDecoders[] = {
    {SOTTO_F32, f32},   {SOTTO_F16, f16},   {SOTTO_BF16, bf16}, {SOTTO_Q4_0, q4_0}, {SOTTO_Q4_1, q4_1}, {SOTTO_Q5_0, q5_0},
    {SOTTO_Q5_1, q5_1}, {SOTTO_Q8_0, q8_0}, {SOTTO_Q4_K, q4_k}, {SOTTO_Q5_K, q5_k}, {SOTTO_Q6_K, q6_k},
};

}  // namespace

void dequantize(uint32_t type, const uint8_t* row, uint64_t first, uint64_t count, float* out) {
  const backend::WeightType& t = *backend::find_weight_type(type);
  const Decoder& decoder =
      *std::find_if(std::begin(kDecoders), std::end(kDecoders), [&](const Decoder& d) { return d.type == type; });
  while (count > 0) {
    const uint8_t* bytes = row + first / t.block * t.bytes;
    const uint64_t skip = first % t.block, part = std::min<uint64_t>(count, t.block - skip);
    if (part == t.block) {
      decoder.block(bytes, out);
    } else {
      float whole[kLargestBlock];
      decoder.block(bytes, whole);
      std::copy_n(whole + skip, part, out);
    }
    first += part;
    count -= part;
    out += part;
  }
}

}  // namespace sotto::reference

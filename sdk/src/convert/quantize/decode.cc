// decode.cc: from the bytes of a block to weights.
#include "convert/element.h"
#include "convert/quantize/blocks.h"

namespace sotto::quantize {
namespace {

float half_at(const uint8_t* p) { return from_f16(static_cast<uint16_t>(p[0] | p[1] << 8)); }
float number(int x) { return static_cast<float>(x); }

// Sixteen bytes of two 4-bit numbers, weight i low and weight i + 16 high; with `fifth`, the word of 32 fifth bits.
struct Levels32 {
  const uint8_t* low;
  uint32_t fifth = 0;

  int operator[](int i) const {
    const int four = i < 16 ? low[i] & 15 : low[i - 16] >> 4;
    return four | static_cast<int>(fifth >> i & 1u) << 4;
  }
};

uint32_t word_at(const uint8_t* p) {
  return uint32_t{p[0]} | uint32_t{p[1]} << 8 | uint32_t{p[2]} << 16 | uint32_t{p[3]} << 24;
}

void decode_centred(float scale, const Levels32& levels, int centre, float* y) {
  for (int i = 0; i < 32; ++i) y[i] = number(levels[i] - centre) * scale;
}

void decode_line(float scale, float offset, const Levels32& levels, float* y) {
  for (int i = 0; i < 32; ++i) y[i] = number(levels[i]) * scale + offset;
}

// Scale and minimum of the eight parts of a Q4_K or Q5_K block: six bits each, in twelve bytes.
struct PartLine {
  float scale, minimum;
};
PartLine part_line(const uint8_t* block, int part) {
  const float scale = half_at(block), minimum = half_at(block + 2);
  const uint8_t* packed = block + 4;
  if (part < 4) return {scale * number(packed[part] & 63), minimum * number(packed[part + 4] & 63)};
  const uint8_t low = packed[part + 4];
  return {scale * number((low & 15) | packed[part - 4] >> 6 << 4), minimum * number(low >> 4 | packed[part] >> 6 << 4)};
}

// `fifth`: 32 bytes, bit p of byte i for weight i of part p; null: four bits a weight.
void decode_parts(const uint8_t* block, const uint8_t* fifth, const uint8_t* low, float* y) {
  for (int part = 0; part < 8; ++part) {
    const PartLine line = part_line(block, part);
    const uint8_t* bytes = low + part / 2 * 32;
    for (int i = 0; i < 32; ++i) {
      int level = part % 2 == 0 ? bytes[i] & 15 : bytes[i] >> 4;
      if (fifth) level |= (fifth[i] >> part & 1) << 4;
      y[part * 32 + i] = number(level) * line.scale - line.minimum;
    }
  }
}

}  // namespace

void decode_q4_0(const uint8_t* block, float* y) { decode_centred(half_at(block), {block + 2}, 8, y); }
void decode_q4_1(const uint8_t* block, float* y) { decode_line(half_at(block), half_at(block + 2), {block + 4}, y); }
void decode_q5_0(const uint8_t* block, float* y) { decode_centred(half_at(block), {block + 6, word_at(block + 2)}, 16, y); }
void decode_q5_1(const uint8_t* block, float* y) {
  decode_line(half_at(block), half_at(block + 2), {block + 8, word_at(block + 4)}, y);
}
void decode_q8_0(const uint8_t* block, float* y) {
  const float scale = half_at(block);
  for (int i = 0; i < 32; ++i) y[i] = number(static_cast<int8_t>(block[2 + i])) * scale;
}
void decode_q4_k(const uint8_t* block, float* y) { decode_parts(block, nullptr, block + 16, y); }
void decode_q5_k(const uint8_t* block, float* y) { decode_parts(block, block + 16, block + 48, y); }

void decode_q6_k(const uint8_t* block, float* y) {
  const float scale = half_at(block + 208);
  for (int i = 0; i < 256; ++i) {
    const int side = i / 128, quarter = i % 128 / 32, byte = i % 32;
    const int low = block[side * 64 + quarter % 2 * 32 + byte] >> (quarter / 2 * 4) & 15;
    const int high = block[128 + side * 32 + byte] >> (quarter * 2) & 3;
    y[i] = scale * number(static_cast<int8_t>(block[192 + i / 16])) * number((low | high << 4) - 32);
  }
}

}  // namespace sotto::quantize

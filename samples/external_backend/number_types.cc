#include "number_types.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <iterator>

namespace external {
namespace {

constexpr uint32_t kLargestBlock = 256;
constexpr uint32_t kKvBlock = 32;  // of Q8_0 rows in the cache; the last block of a row may be short

uint16_t read_u16(const uint8_t* p) { return static_cast<uint16_t>(p[0] | p[1] << 8); }
uint32_t read_u32(const uint8_t* p) { return read_u16(p) | uint32_t{read_u16(p + 2)} << 16; }
float float_of(uint32_t bits) {
  float x;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}
uint32_t bits_of(float x) {
  uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  return bits;
}

// Half precision differs from float32 by 13 bits of fraction and 112 steps of exponent; the product also gets subnormals right.
float read_half(const uint8_t* p) {
  const uint32_t half = read_u16(p), sign = (half & 0x8000u) << 16, rest = (half & 0x7FFFu) << 13;
  if ((half & 0x7C00u) == 0x7C00u) return float_of(sign | 0x7F800000u | rest);  // infinite or no number
  return float_of(sign | bits_of(float_of(rest) * 0x1p112f));
}

void write_half(float x, uint8_t* p) {
  uint32_t half = 0x7E00u;  // no number
  if (const float magnitude = std::fabs(x); magnitude >= 65520.0f) {
    half = 0x7C00u;
  } else if (magnitude < 65520.0f) {
    const uint32_t bits = bits_of(magnitude * 0x1p-112f);
    half = (bits + 0xFFFu + (bits >> 13 & 1u)) >> 13;  // to the nearest, ties to even
  }
  half |= bits_of(x) >> 16 & 0x8000u;
  p[0] = static_cast<uint8_t>(half);
  p[1] = static_cast<uint8_t>(half >> 8);
}

void decode_f32(const uint8_t* b, float* w) { *w = float_of(read_u32(b)); }
void decode_f16(const uint8_t* b, float* w) { *w = read_half(b); }
void decode_bf16(const uint8_t* b, float* w) { *w = float_of(uint32_t{read_u16(b)} << 16); }

// 32 weights of 4 or 5 bits: scale, minimum if there is one, the fifth bits if there are, then 16 bytes with weight i in the
// low half and weight i + 16 in the high one. Without a minimum the numbers are centred.
template <bool kHasMinimum, bool kHasFifthBit>
void decode_nibbles(const uint8_t* b, float* w) {
  const float scale = read_half(b), minimum = kHasMinimum ? read_half(b + 2) : 0;
  b += kHasMinimum ? 4 : 2;
  const uint32_t fifth = kHasFifthBit ? read_u32(b) : 0;
  b += kHasFifthBit ? 4 : 0;
  constexpr int kCentre = kHasMinimum ? 0 : kHasFifthBit ? 16 : 8;
  for (int i = 0; i < 32; ++i) {
    const int low = i < 16 ? b[i] & 15 : b[i - 16] >> 4;
    const int number = low | static_cast<int>(fifth >> i & 1u) << 4;
    w[i] = static_cast<float>(number - kCentre) * scale + minimum;
  }
}

void decode_q8_0(const uint8_t* b, float* w) {
  const float scale = read_half(b);
  for (int i = 0; i < 32; ++i) w[i] = static_cast<float>(static_cast<int8_t>(b[2 + i])) * scale;
}

// 256 weights in eight parts of 32: scale, scale of the minima, eight pairs (scale, minimum) of 6 bits in 12 bytes, the fifth
// bits if there are (bit p of byte i: weight i of part p), then 32 bytes for every two parts, the first of them in the low
// half.
template <bool kHasFifthBit>
void decode_k(const uint8_t* b, float* w) {
  const uint8_t *packed = b + 4, *fifth = b + 16, *numbers = kHasFifthBit ? b + 48 : b + 16;
  for (int part = 0; part < 8; ++part) {
    int scale = packed[part % 4], minimum = packed[part % 4 + 4];
    if (part < 4) {
      scale &= 63;
      minimum &= 63;
    } else {  // four low bits of both in the last four bytes, two high bits above those of part - 4
      const int low = packed[part + 4];
      scale = (low & 15) | scale >> 6 << 4;
      minimum = low >> 4 | minimum >> 6 << 4;
    }
    const float step = read_half(b) * static_cast<float>(scale), down = read_half(b + 2) * static_cast<float>(minimum);
    for (int i = 0; i < 32; ++i) {
      const int byte = numbers[part / 2 * 32 + i];
      int number = part % 2 == 0 ? byte & 15 : byte >> 4;
      if (kHasFifthBit) number |= (fifth[i] >> part & 1) << 4;
      w[part * 32 + i] = static_cast<float>(number) * step - down;
    }
  }
}

// 256 weights of 6 bits: the low four (128 bytes), the high two (64 bytes), 16 signed scales of 16 weights each, the scale.
void decode_q6_k(const uint8_t* b, float* w) {
  const float scale = read_half(b + 208);
  for (int i = 0; i < 256; ++i) {
    const int half = i / 128, quarter = i % 128 / 32, column = i % 32;
    const int low = b[half * 64 + quarter % 2 * 32 + column] >> (quarter / 2 * 4) & 15;
    const int high = b[128 + half * 32 + column] >> (quarter * 2) & 3;
    const auto part_scale = static_cast<int8_t>(b[192 + i / 16]);
    w[i] = scale * static_cast<float>(part_scale) * static_cast<float>((low | high << 4) - 32);
  }
}

constexpr WeightType kWeightTypes[] = {
    {SOTTO_F32, "F32", 1, 4, decode_f32},
    {SOTTO_F16, "F16", 1, 2, decode_f16},
    {SOTTO_BF16, "BF16", 1, 2, decode_bf16},
    {SOTTO_Q4_0, "Q4_0", 32, 18, decode_nibbles<false, false>},
    {SOTTO_Q4_1, "Q4_1", 32, 20, decode_nibbles<true, false>},
    {SOTTO_Q5_0, "Q5_0", 32, 22, decode_nibbles<false, true>},
    {SOTTO_Q5_1, "Q5_1", 32, 24, decode_nibbles<true, true>},
    {SOTTO_Q8_0, "Q8_0", 32, 34, decode_q8_0},
    {SOTTO_Q4_K, "Q4_K", 256, 144, decode_k<false>},
    {SOTTO_Q5_K, "Q5_K", 256, 176, decode_k<true>},
    {SOTTO_Q6_K, "Q6_K", 256, 210, decode_q6_k},
};

uint64_t f32_bytes(uint32_t numbers) { return uint64_t{4} * numbers; }
void encode_f32(const float* x, uint32_t count, uint8_t* row) { std::memcpy(row, x, f32_bytes(count)); }
void decode_f32_row(const uint8_t* row, uint32_t count, float* x) { std::memcpy(x, row, f32_bytes(count)); }

uint64_t f16_bytes(uint32_t numbers) { return uint64_t{2} * numbers; }
void encode_f16(const float* x, uint32_t count, uint8_t* row) {
  for (uint32_t i = 0; i < count; ++i) write_half(x[i], row + size_t{2} * i);
}
void decode_f16_row(const uint8_t* row, uint32_t count, float* x) {
  for (uint32_t i = 0; i < count; ++i) x[i] = read_half(row + size_t{2} * i);
}

uint64_t q8_0_bytes(uint32_t numbers) { return uint64_t{(numbers + kKvBlock - 1) / kKvBlock} * (2 + kKvBlock); }
void encode_q8_0(const float* x, uint32_t count, uint8_t* row) {
  for (uint32_t first = 0; first < count; first += kKvBlock, row += 2 + kKvBlock) {
    const uint32_t size = std::min(kKvBlock, count - first);
    float largest = 0;
    for (uint32_t i = 0; i < size; ++i) largest = std::max(largest, std::fabs(x[first + i]));
    write_half(largest / 127, row);
    const float scale = read_half(row);  // as it will be read
    for (uint32_t i = 0; i < size; ++i) {
      const float number = scale > 0 ? std::round(x[first + i] / scale) : 0;
      row[2 + i] = static_cast<uint8_t>(static_cast<int8_t>(std::clamp(number, -127.0f, 127.0f)));
    }
  }
}
void decode_q8_0_row(const uint8_t* row, uint32_t count, float* x) {
  for (uint32_t first = 0; first < count; first += kKvBlock, row += 2 + kKvBlock)
    for (uint32_t i = 0; i < std::min(kKvBlock, count - first); ++i)
      x[first + i] = static_cast<float>(static_cast<int8_t>(row[2 + i])) * read_half(row);
}

constexpr KvType kKvTypes[] = {
    {SOTTO_F32, "F32", f32_bytes, encode_f32, decode_f32_row},
    {SOTTO_F16, "F16", f16_bytes, encode_f16, decode_f16_row},
    {SOTTO_Q8_0, "Q8_0", q8_0_bytes, encode_q8_0, decode_q8_0_row},
};

template <class Row, size_t kCount>
const Row* find(const Row (&rows)[kCount], uint32_t type) {
  const Row* found = std::find_if(rows, rows + kCount, [&](const Row& row) { return row.type == type; });
  return found == rows + kCount ? nullptr : found;
}

}  // namespace

const WeightType* find_weight_type(uint32_t type) { return find(kWeightTypes, type); }
const KvType* find_kv_type(uint32_t type) { return find(kKvTypes, type); }

uint64_t stored_bytes(const WeightType& type, uint64_t columns) { return (columns + type.block - 1) / type.block * type.bytes; }

void decode_row(const WeightType& type, const uint8_t* row, uint64_t first, uint64_t count, float* weights) {
  float block[kLargestBlock];
  for (uint64_t done = 0; done < count;) {
    const uint64_t at = first + done, skip = at % type.block, part = std::min(count - done, type.block - skip);
    type.decode(row + at / type.block * type.bytes, block);
    std::copy_n(block + skip, part, weights + done);
    done += part;
  }
}

}  // namespace external

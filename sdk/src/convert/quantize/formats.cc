#include "convert/quantize/formats.h"

#include <algorithm>
#include <cstring>
#include <iterator>

#include "convert/element.h"
#include "convert/quantize/blocks.h"
#include "convert/quantize/half.h"
#include "sotto/types.h"

namespace sotto::quantize {
namespace {

template <void (*kEncode)(const float*, const float*, uint8_t*), uint32_t kBlock, uint32_t kBytes>
void encode_blocks(const float* x, const float* w, size_t count, uint8_t* out) {
  for (size_t at = 0; at < count; at += kBlock, out += kBytes) kEncode(x + at, w + at, out);
}

template <void (*kDecode)(const uint8_t*, float*), uint32_t kBlock, uint32_t kBytes>
void decode_blocks(const uint8_t* bytes, size_t count, float* y) {
  for (size_t at = 0; at < count; at += kBlock, bytes += kBytes) kDecode(bytes, y + at);
}

template <uint16_t (*kRound)(float)>
void encode_16(const float* x, const float*, size_t count, uint8_t* out) {
  for (size_t i = 0; i < count; ++i) {
    const uint16_t bits = kRound(x[i]);
    out[2 * i] = static_cast<uint8_t>(bits & 255);
    out[2 * i + 1] = static_cast<uint8_t>(bits >> 8);
  }
}

template <float (*kValue)(uint16_t)>
void decode_16(const uint8_t* bytes, size_t count, float* y) {
  for (size_t i = 0; i < count; ++i) y[i] = kValue(static_cast<uint16_t>(bytes[2 * i] | bytes[2 * i + 1] << 8));
}

void encode_f32(const float* x, const float*, size_t count, uint8_t* out) { std::memcpy(out, x, count * sizeof(float)); }
void decode_f32(const uint8_t* bytes, size_t count, float* y) { std::memcpy(y, bytes, count * sizeof(float)); }

constexpr float kAny = 3.4028235e38f, kAnyBf16 = 3.3895314e38f;
// Largest weights of the block formats: outermost level times the largest half-precision number, on the side that reaches less
// far. Offsets of the *_1 formats are such numbers themselves.
constexpr float kQ4 = 7 * kLargestHalf, kQ5 = 15 * kLargestHalf, kQ8 = 127 * kLargestHalf, kOffset = kLargestHalf,
                kMinimum = 63 * kLargestHalf, kQ6 = 127 * 31 * kLargestHalf;

#define SOTTO_BLOCKS(name, block, bytes) \
  block, bytes, encode_blocks<encode_##name, block, bytes>, decode_blocks<decode_##name, block, bytes>

constexpr Format kFormats[] = {
    {"f32", SOTTO_F32, 1, 4, encode_f32, decode_f32, kAny, SOTTO_F32},
    {"f16", SOTTO_F16, 1, 2, encode_16<to_f16>, decode_16<from_f16>, kLargestHalf, SOTTO_F16},
    {"bf16", SOTTO_BF16, 1, 2, encode_16<to_bf16>, decode_16<from_bf16>, kAnyBf16, SOTTO_BF16},
    {"q8_0", SOTTO_Q8_0, SOTTO_BLOCKS(q8_0, 32, 34), kQ8, SOTTO_F16},
    {"q4_0", SOTTO_Q4_0, SOTTO_BLOCKS(q4_0, 32, 18), kQ4, SOTTO_F16},
    {"q4_1", SOTTO_Q4_1, SOTTO_BLOCKS(q4_1, 32, 20), kOffset, SOTTO_F16},
    {"q5_0", SOTTO_Q5_0, SOTTO_BLOCKS(q5_0, 32, 22), kQ5, SOTTO_F16},
    {"q5_1", SOTTO_Q5_1, SOTTO_BLOCKS(q5_1, 32, 24), kOffset, SOTTO_F16},
    {"q4_k", SOTTO_Q4_K, SOTTO_BLOCKS(q4_k, 256, 144), kMinimum, SOTTO_Q4_1},
    {"q5_k", SOTTO_Q5_K, SOTTO_BLOCKS(q5_k, 256, 176), kMinimum, SOTTO_Q5_1},
    {"q6_k", SOTTO_Q6_K, SOTTO_BLOCKS(q6_k, 256, 210), kQ6, SOTTO_Q8_0},
};

#undef SOTTO_BLOCKS

}  // namespace

const Format* find_format(uint32_t type) {
  const auto* row = std::find_if(std::begin(kFormats), std::end(kFormats), [&](const Format& f) { return f.type == type; });
  return row == std::end(kFormats) ? nullptr : row;
}

}  // namespace sotto::quantize

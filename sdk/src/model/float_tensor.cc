#include "model/float_tensor.h"

#include <fmt/format.h>

#include <cstring>

#include "base/printable.h"
#include "sotto/types.h"

namespace sotto {
namespace {

float half_to_float(uint16_t h) {
  const uint32_t sign = uint32_t{h} >> 15 << 31, exponent = h >> 10 & 31, mantissa = h & 1023;
  const float scale = 5.9604645e-8f;  // 2^-24, of a denormal's last bit
  uint32_t bits = sign | (exponent == 31 ? 0x7F800000u : (exponent + 112) << 23) | mantissa << 13;
  float value;
  std::memcpy(&value, &bits, sizeof value);
  if (exponent != 0) return value;
  return (sign ? -scale : scale) * static_cast<float>(mantissa);
}

uint16_t load16(const uint8_t* at) {
  uint16_t v;
  std::memcpy(&v, at, sizeof v);
  return v;
}

}  // namespace

Result<std::vector<float>> floats_of(const GgufTensor& t) {
  const auto count = static_cast<size_t>(t.rows * t.columns);
  const uint8_t* p = t.bytes.data();
  std::vector<float> out(count);
  if (t.type == SOTTO_F32) {
    std::memcpy(out.data(), p, count * sizeof(float));
  } else if (t.type == SOTTO_F16) {
    for (size_t i = 0; i < count; ++i) out[i] = half_to_float(load16(p + 2 * i));
  } else if (t.type == SOTTO_BF16) {
    for (size_t i = 0; i < count; ++i) {
      const uint32_t bits = uint32_t{load16(p + 2 * i)} << 16;
      std::memcpy(&out[i], &bits, sizeof bits);
    }
  } else if (t.type == SOTTO_Q8_0) {
    for (size_t i = 0; i < count; ++i) {
      const uint8_t* block = p + i / 32 * 34;
      out[i] = half_to_float(load16(block)) * static_cast<float>(static_cast<int8_t>(block[2 + i % 32]));
    }
  } else {
    return Status(SOTTO_UNSUPPORTED, fmt::format("tensor '{}' is of type {}, it may be F32, F16, BF16 or Q8_0",
                                                 printable(t.name), find_weight_type(t.type)->name));
  }
  return out;
}

}  // namespace sotto

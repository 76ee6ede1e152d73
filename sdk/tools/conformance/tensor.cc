#include "conformance/tensor.h"

#include <cmath>
#include <cstring>

namespace sotto::conformance {
namespace {

// A number as float16: its bits and what they are worth.
struct Half {
  uint16_t bits;
  double value;
};
Half round_to_half(double x) {
  if (x == 0) return {0, 0};
  const int exponent = std::max(static_cast<int>(std::floor(std::log2(std::fabs(x)))), -14);
  const double unit = std::ldexp(1.0, exponent - 10);
  const double steps = std::nearbyint(std::fabs(x) / unit);
  const auto count = static_cast<uint32_t>(steps);
  const uint32_t bits = exponent == -14 && count < 1024 ? count : (static_cast<uint32_t>(exponent + 15) << 10) + (count - 1024);
  return {static_cast<uint16_t>(bits | (x < 0 ? 0x8000u : 0u)), std::copysign(steps * unit, x)};
}

uint32_t below(Random& random, uint32_t limit) { return static_cast<uint32_t>(random() % limit); }
void put_half(uint8_t* to, Half half) {
  to[0] = static_cast<uint8_t>(half.bits);
  to[1] = static_cast<uint8_t>(half.bits >> 8);
}
void or_byte(uint8_t& byte, uint32_t bits) { byte = static_cast<uint8_t>(byte | bits); }

// A scale for a block: mostly about `size`, now and then zero or negative.
Half random_scale(Random& random, double size) {
  if (below(random, 16) == 0) return {0, 0};
  return round_to_half(uniform(random, 0.5, 1.5) * size * (below(random, 4) == 0 ? -1 : 1));
}

void make_float(Random& random, uint32_t type, double size, uint8_t* to, double* values) {
  const double x = uniform(random, -1.7, 1.7) * size;
  if (type == SOTTO_F16) {
    const Half half = round_to_half(x);
    put_half(to, half);
    *values = half.value;
    return;
  }
  float number = static_cast<float>(x);
  uint32_t bits;
  std::memcpy(&bits, &number, sizeof bits);
  if (type == SOTTO_BF16) {
    bits &= 0xFFFF0000u;
    to[0] = static_cast<uint8_t>(bits >> 16);
    to[1] = static_cast<uint8_t>(bits >> 24);
    std::memcpy(&number, &bits, sizeof bits);
  } else {
    std::memcpy(to, &bits, sizeof bits);
  }
  *values = static_cast<double>(number);
}

// 32 weights of 4, 5 or 8 bits, with a minimum or centred.
void make_block32(Random& random, uint32_t type, double size, uint8_t* to, double* values) {
  const bool has_minimum = type == SOTTO_Q4_1 || type == SOTTO_Q5_1;
  const bool has_fifth = type == SOTTO_Q5_0 || type == SOTTO_Q5_1;
  const uint32_t levels = type == SOTTO_Q8_0 ? 256 : has_fifth ? 32 : 16;
  const double centre = levels / 2;
  const Half scale = random_scale(random, 3.4 * size / levels);
  const Half minimum = has_minimum ? round_to_half(-uniform(random, 0.8, 1.2) * scale.value * centre) : Half{0, 0};
  put_half(to, scale);
  to += 2;
  if (has_minimum) {
    put_half(to, minimum);
    to += 2;
  }
  uint8_t* fifth = to;
  if (has_fifth) to += 4;
  for (uint32_t i = 0; i < 32; ++i) {
    const uint32_t level = below(random, levels);
    values[i] = has_minimum ? level * scale.value + minimum.value : (level - centre) * scale.value;
    if (type == SOTTO_Q8_0) {
      to[i] = static_cast<uint8_t>(level - 128);
      continue;
    }
    or_byte(to[i % 16], (level & 15) << (i < 16 ? 0 : 4));
    if (has_fifth) or_byte(fifth[i / 8], (level >> 4) << (i % 8));
  }
}

// 256 weights in eight parts of 32, each with a 6-bit scale and minimum.
void make_q4_q5_k(Random& random, uint32_t type, double size, uint8_t* to, double* values) {
  const bool has_fifth = type == SOTTO_Q5_K;
  const uint32_t levels = has_fifth ? 32 : 16;
  const Half scale = random_scale(random, 3.4 * size / levels / 40), minimum = round_to_half(scale.value * levels / 2);
  put_half(to, scale);
  put_half(to + 2, minimum);
  uint8_t* packed = to + 4;
  uint8_t* fifth = to + 16;
  uint8_t* low = to + (has_fifth ? 48 : 16);
  for (uint32_t part = 0; part < 8; ++part) {
    const uint32_t s = 24 + below(random, 40), m = 24 + below(random, 40);
    if (part < 4) {
      or_byte(packed[part], s);
      or_byte(packed[part + 4], m);
    } else {
      or_byte(packed[part + 4], (s & 15) | (m & 15) << 4);
      or_byte(packed[part - 4], (s >> 4) << 6);
      or_byte(packed[part], (m >> 4) << 6);
    }
    for (uint32_t i = 0; i < 32; ++i) {
      const uint32_t level = below(random, levels);
      values[part * 32 + i] = level * scale.value * s - minimum.value * m;
      or_byte(low[part / 2 * 32 + i], (level & 15) << (part % 2 * 4));
      if (has_fifth) or_byte(fifth[i], (level >> 4) << part);
    }
  }
}

// 256 weights of 6 bits in sixteen parts with a signed 8-bit scale.
void make_q6_k(Random& random, double size, uint8_t* to, double* values) {
  const Half scale = random_scale(random, 3.4 * size / 64 / 70);
  put_half(to + 208, scale);
  for (uint32_t part = 0; part < 16; ++part) {
    const int s = static_cast<int>(40 + below(random, 88)) * (below(random, 2) == 0 ? -1 : 1);
    to[192 + part] = static_cast<uint8_t>(s);
    for (uint32_t i = 0; i < 16; ++i) {
      const uint32_t weight = part * 16 + i, level = below(random, 64);
      values[weight] = scale.value * s * (static_cast<int>(level) - 32);
      // Within 128 weights: 32 each in the low halves of 64 bytes, then in the high halves.
      const uint32_t half = weight / 128, w = weight % 128;
      or_byte(to[half * 64 + w % 64], (level & 15) << (w < 64 ? 0 : 4));
      or_byte(to[128 + half * 32 + w % 32], (level >> 4) << (w / 32 * 2));
    }
  }
}

struct TypeRow {
  uint32_t type, block, bytes;
  const char* name;
};
constexpr TypeRow kRows[] = {
    {SOTTO_F32, 1, 4, "F32"},       {SOTTO_F16, 1, 2, "F16"},       {SOTTO_BF16, 1, 2, "BF16"},
    {SOTTO_Q4_0, 32, 18, "Q4_0"},   {SOTTO_Q4_1, 32, 20, "Q4_1"},   {SOTTO_Q5_0, 32, 22, "Q5_0"},
    {SOTTO_Q5_1, 32, 24, "Q5_1"},   {SOTTO_Q8_0, 32, 34, "Q8_0"},   {SOTTO_Q4_K, 256, 144, "Q4_K"},
    {SOTTO_Q5_K, 256, 176, "Q5_K"}, {SOTTO_Q6_K, 256, 210, "Q6_K"},
};
const TypeRow& row_of(uint32_t type) {
  for (const TypeRow& row : kRows)
    if (row.type == type) return row;
  return kRows[0];
}

}  // namespace

double uniform(Random& random, double low, double high) {
  return low + (high - low) * (static_cast<double>(random() >> 11) * 0x1p-53);
}

const char* type_name(uint32_t type) { return row_of(type).name; }
uint32_t block_size(uint32_t type) { return row_of(type).block; }
uint32_t block_bytes(uint32_t type) { return row_of(type).bytes; }

Tensor random_tensor(Random& random, uint32_t type, uint64_t rows, uint64_t columns, double size) {
  const TypeRow& t = row_of(type);
  const uint64_t blocks = rows * columns / t.block;
  Tensor made{type,
              rows,
              columns,
              columns / t.block * t.bytes,
              std::vector<uint8_t>(blocks * t.bytes),
              std::vector<double>(rows * columns)};
  for (uint64_t b = 0; b < blocks; ++b) {
    uint8_t* to = made.bytes.data() + b * t.bytes;
    double* values = made.values.data() + b * t.block;
    if (t.block == 1) {
      make_float(random, type, size, to, values);
    } else if (t.block == 32) {
      make_block32(random, type, size, to, values);
    } else if (type == SOTTO_Q6_K) {
      make_q6_k(random, size, to, values);
    } else {
      make_q4_q5_k(random, type, size, to, values);
    }
  }
  return made;
}

Tensor from_values(uint64_t rows, uint64_t columns, const std::vector<double>& values) {
  Tensor made{SOTTO_F32, rows, columns, columns * 4, std::vector<uint8_t>(rows * columns * 4), values};
  for (size_t i = 0; i < values.size(); ++i) {
    const float number = static_cast<float>(values[i]);
    std::memcpy(made.bytes.data() + 4 * i, &number, sizeof number);
    made.values[i] = static_cast<double>(number);
  }
  return made;
}

}  // namespace sotto::conformance

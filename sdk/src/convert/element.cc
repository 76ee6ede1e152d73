#include "convert/element.h"

#include <cmath>
#include <cstring>

#include "sotto/types.h"

namespace sotto {
namespace {

struct ElementRow {
  size_t size;
  std::string_view name;
  uint32_t weight_type;
};
constexpr ElementRow kElements[] = {
    {4, "float32", SOTTO_F32}, {2, "float16", SOTTO_F16}, {2, "bfloat16", SOTTO_BF16}, {8, "float64", SOTTO_F32}};

const ElementRow& row(Element element) { return kElements[static_cast<size_t>(element)]; }

uint32_t bits_of(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

float float_of(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

template <class Stored, class Convert>
void convert_all(Span<const uint8_t> bytes, float* out, Convert convert) {
  const size_t count = bytes.size() / sizeof(Stored);
  for (size_t i = 0; i < count; ++i) {
    Stored value;
    std::memcpy(&value, bytes.data() + i * sizeof value, sizeof value);
    out[i] = convert(value);
  }
}

}  // namespace

size_t size_of(Element element) { return row(element).size; }
std::string_view name_of(Element element) { return row(element).name; }
uint32_t weight_type_of(Element element) { return row(element).weight_type; }

void to_floats(Element element, Span<const uint8_t> bytes, float* out) {
  switch (element) {
    case Element::kF32:
      if (!bytes.empty()) std::memcpy(out, bytes.data(), bytes.size());
      return;
    case Element::kF16:
      return convert_all<uint16_t>(bytes, out, from_f16);
    case Element::kBF16:
      return convert_all<uint16_t>(bytes, out, from_bf16);
    case Element::kF64:
      return convert_all<double>(bytes, out, [](double value) { return static_cast<float>(value); });
  }
}

void from_floats(uint32_t weight_type, Span<const float> values, uint8_t* out) {
  if (weight_type == SOTTO_F32) {
    if (!values.empty()) std::memcpy(out, values.data(), values.size() * sizeof(float));
    return;
  }
  const auto convert = weight_type == SOTTO_F16 ? to_f16 : to_bf16;
  for (size_t i = 0; i < values.size(); ++i) {
    const uint16_t bits = convert(values[i]);
    std::memcpy(out + i * sizeof bits, &bits, sizeof bits);
  }
}

uint16_t to_bf16(float value) {
  const uint32_t bits = bits_of(value);
  if (std::isnan(value)) return static_cast<uint16_t>((bits >> 16) | 0x40);  // a quiet one: rounding could make it infinite
  return static_cast<uint16_t>((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
}

float from_bf16(uint16_t bits) { return float_of(uint32_t{bits} << 16); }

// After the definition of binary16 (IEEE 754-2008): the cases are NaN and infinity, overflow, normal, subnormal.
uint16_t to_f16(float value) {
  const uint32_t bits = bits_of(value), sign = (bits >> 16) & 0x8000, magnitude = bits & 0x7FFFFFFF;
  constexpr uint32_t kInfinity = 0x7F800000, kOverflow = 0x477FF000;  // 65520 rounds to infinity
  constexpr uint32_t kLeastNormal = 0x38800000;                       // 2^-14
  if (magnitude > kInfinity) return static_cast<uint16_t>(sign | 0x7E00);
  if (magnitude >= kOverflow) return static_cast<uint16_t>(sign | 0x7C00);
  if (magnitude >= kLeastNormal) {
    const uint32_t rounded = magnitude + 0xFFF + ((magnitude >> 13) & 1);
    return static_cast<uint16_t>(sign | ((rounded - 0x38000000) >> 13));
  }
  // Adding 0.5 leaves the subnormal's 10 bits, rounded to nearest even by the addition itself, at the end of the fraction.
  return static_cast<uint16_t>(sign | (bits_of(float_of(magnitude) + 0.5F) - bits_of(0.5F)));
}

float from_f16(uint16_t bits) {
  const uint32_t sign = uint32_t{bits & 0x8000U} << 16, exponent = (bits >> 10) & 31, fraction = bits & 0x3FFU;
  if (exponent == 31) return float_of(sign | 0x7F800000 | (fraction << 13));
  if (exponent != 0) return float_of(sign | ((exponent + 112) << 23) | (fraction << 13));
  constexpr float kSubnormalStep = 5.9604644775390625e-8F;  // 2^-24
  const float magnitude = static_cast<float>(fraction) * kSubnormalStep;
  return sign != 0 ? -magnitude : magnitude;
}

}  // namespace sotto

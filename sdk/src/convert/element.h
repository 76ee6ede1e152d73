// element.h: the number types of checkpoints, for readers and writers of tensors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/span.h"

namespace sotto {

enum class Element : uint8_t { kF32, kF16, kBF16, kF64 };

size_t size_of(Element element);
std::string_view name_of(Element element);  // "float32"
uint32_t weight_type_of(Element element);   // SOTTO_F32 ...; F64 becomes SOTTO_F32

// Values as float32; F64 is rounded. REQUIRES: bytes.size() == count * size_of(element).
void to_floats(Element element, Span<const uint8_t> bytes, float* out);
// The other way, into SOTTO_F32, SOTTO_F16 or SOTTO_BF16.
void from_floats(uint32_t weight_type, Span<const float> values, uint8_t* out);
// Rounds to nearest, ties to even. A value beyond F16's range becomes infinite.
uint16_t to_f16(float value);
uint16_t to_bf16(float value);
float from_f16(uint16_t bits);
float from_bf16(uint16_t bits);

}  // namespace sotto

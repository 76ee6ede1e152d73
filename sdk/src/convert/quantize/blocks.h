// blocks.h: the encoders and decoders of the block formats.
#pragma once

#include <cstdint>

namespace sotto::quantize {

// `x`: the weights of one block, finite and within the format's range. `w`: how much an error of each counts: not negative,
// around 1, not all zero in any 16 side by side. `out`: the block's bytes.
void encode_q4_0(const float* x, const float* w, uint8_t* out);
void encode_q4_1(const float* x, const float* w, uint8_t* out);
void encode_q5_0(const float* x, const float* w, uint8_t* out);
void encode_q5_1(const float* x, const float* w, uint8_t* out);
void encode_q8_0(const float* x, const float* w, uint8_t* out);
void encode_q4_k(const float* x, const float* w, uint8_t* out);
void encode_q5_k(const float* x, const float* w, uint8_t* out);
void encode_q6_k(const float* x, const float* w, uint8_t* out);

// What a block's bytes mean, to the bit as engines compute it.
void decode_q4_0(const uint8_t* block, float* y);
void decode_q4_1(const uint8_t* block, float* y);
void decode_q5_0(const uint8_t* block, float* y);
void decode_q5_1(const uint8_t* block, float* y);
void decode_q8_0(const uint8_t* block, float* y);
void decode_q4_k(const uint8_t* block, float* y);
void decode_q5_k(const uint8_t* block, float* y);
void decode_q6_k(const uint8_t* block, float* y);

}  // namespace sotto::quantize

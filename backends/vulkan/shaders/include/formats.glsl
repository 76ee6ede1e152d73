// formats.glsl - the block formats of sotto/types.h, each written once: 32 weights at a time as 8 vectors of 4.
// REQUIRES: `uint word(uint which, uint index)`, which reads the 32-bit words of weight buffer `which` (0: weight, 1: gate).
// Only whole words are read, so no device needs 8- or 16-bit storage. `which` and `type` are constants where it is called.

const uint kNone = 0xFFFFFFFFu;
const uint kF32 = 0u, kF16 = 1u, kQ4_0 = 2u, kQ4_1 = 3u, kQ5_0 = 6u, kQ5_1 = 7u, kQ8_0 = 8u, kQ4_K = 12u, kQ5_K = 13u, kQ6_K = 14u,
           kBF16 = 30u;

// Two bytes, and four bytes, from an even address.
uint pair_at(uint which, uint byte) {
  uint w = word(which, byte >> 2);
  return (byte & 2u) != 0u ? w >> 16 : w & 0xFFFFu;
}
uint word_at(uint which, uint byte) {
  uint w = word(which, byte >> 2);
  return (byte & 2u) != 0u ? w >> 16 | word(which, (byte >> 2) + 1u) << 16 : w;
}
uint byte_at(uint which, uint byte) { return word(which, byte >> 2) >> (8u * (byte & 3u)) & 0xFFu; }
float half_at(uint which, uint byte) { return unpackHalf2x16(pair_at(which, byte)).x; }

vec4 bytes_of(uint w) { return vec4(float(w & 0xFFu), float(w >> 8 & 0xFFu), float(w >> 16 & 0xFFu), float(w >> 24)); }
vec4 signed_bytes_of(uint w) {
  int i = int(w);
  return vec4(float(i << 24 >> 24), float(i << 16 >> 24), float(i << 8 >> 24), float(i >> 24));
}
// Bits 0 .. 3 of `bits` as the fifth bit (16) of four bytes.
uint fifth_of(uint bits) { return (bits & 1u) << 4 | (bits & 2u) << 11 | (bits & 4u) << 18 | (bits & 8u) << 25; }

// Scale and minimum of one of the eight parts of a q4_K or q5_K block: 6 bits each in 12 bytes from `byte` on.
uvec2 part_scale(uint which, uint byte, uint part) {
  if (part < 4u) return uvec2(byte_at(which, byte + part) & 63u, byte_at(which, byte + part + 4u) & 63u);
  uint mixed = byte_at(which, byte + part + 4u);
  return uvec2((mixed & 15u) | byte_at(which, byte + part - 4u) >> 6 << 4, mixed >> 4 | byte_at(which, byte + part) >> 6 << 4);
}

// Types of 32 weights in a block: q4_0, q4_1, q5_0, q5_1.
void decode_small(uint which, uint type, uint byte, out vec4 w[8]) {
  bool has_minimum = type == kQ4_1 || type == kQ5_1, has_fifth = type == kQ5_0 || type == kQ5_1;
  float d = half_at(which, byte);
  float m = has_minimum ? half_at(which, byte + 2u) : d * (has_fifth ? -16.0 : -8.0);
  byte += has_minimum ? 4u : 2u;
  uint fifth = 0u;
  if (has_fifth) {
    fifth = word_at(which, byte);
    byte += 4u;
  }
  [[unroll]] for (uint i = 0u; i < 4u; ++i) {
    uint q = word_at(which, byte + 4u * i);
    uint low = q & 0x0F0F0F0Fu, high = q >> 4 & 0x0F0F0F0Fu;
    if (has_fifth) {
      low |= fifth_of(fifth >> (4u * i) & 15u);
      high |= fifth_of(fifth >> (4u * i + 16u) & 15u);
    }
    w[i] = bytes_of(low) * d + m;
    w[i + 4u] = bytes_of(high) * d + m;
  }
}

// q4_K and q5_K: part `part` of the block at `byte`.
void decode_k45(uint which, uint type, uint byte, uint part, out vec4 w[8]) {
  uvec2 scale = part_scale(which, byte + 4u, part);
  vec2 both = unpackHalf2x16(word(which, byte >> 2));
  float d = both.x * float(scale.x), m = both.y * float(scale.y);
  uint q_at = byte + (type == kQ5_K ? 48u : 16u) + (part >> 1) * 32u;
  [[unroll]] for (uint i = 0u; i < 8u; ++i) {
    uint q = word(which, (q_at >> 2) + i) >> (4u * (part & 1u)) & 0x0F0F0F0Fu;
    if (type == kQ5_K) q |= (word(which, (byte >> 2) + 4u + i) >> part & 0x01010101u) << 4;
    w[i] = bytes_of(q) * d - m;
  }
}

// q6_K: its blocks of 210 bytes lie at even addresses.
void decode_k6(uint which, uint byte, uint part, out vec4 w[8]) {
  uint side = part >> 2, quarter = part & 3u;
  float d = half_at(which, byte + 208u);
  uint scales = pair_at(which, byte + 192u + side * 8u + quarter * 2u);
  float d0 = d * float(int(scales << 24) >> 24), d1 = d * float(int(scales << 16) >> 24);
  uint low_at = byte + side * 64u + (quarter & 1u) * 32u, high_at = byte + 128u + side * 32u;
  [[unroll]] for (uint i = 0u; i < 8u; ++i) {
    uint low = word_at(which, low_at + 4u * i) >> ((quarter >> 1) * 4u) & 0x0F0F0F0Fu;
    uint high = word_at(which, high_at + 4u * i) >> (quarter * 2u) & 0x03030303u;
    w[i] = (bytes_of(low | high << 4) - 32.0) * (i < 4u ? d0 : d1);
  }
}

// Weights 32 * unit .. + 31 of the row that begins at `row` (bytes, a multiple of 4).
void decode(uint which, uint type, uint row, uint unit, out vec4 w[8]) {
  if (type == kF32) {
    [[unroll]] for (uint i = 0u; i < 8u; ++i) {
      uint at = (row >> 2) + unit * 32u + 4u * i;
      w[i] = uintBitsToFloat(uvec4(word(which, at), word(which, at + 1u), word(which, at + 2u), word(which, at + 3u)));
    }
  } else if (type == kF16 || type == kBF16) {
    [[unroll]] for (uint i = 0u; i < 8u; ++i) {
      uint at = (row >> 2) + unit * 16u + 2u * i;
      uint a = word(which, at), b = word(which, at + 1u);
      if (type == kF16)
        w[i] = vec4(unpackHalf2x16(a), unpackHalf2x16(b));
      else
        w[i] = uintBitsToFloat(uvec4(a << 16, a & 0xFFFF0000u, b << 16, b & 0xFFFF0000u));
    }
  } else if (type == kQ8_0) {
    uint byte = row + unit * 34u;
    // The scale and 32 bytes lie in 9 words, at one of two places; each word is read once.
    uint at = byte >> 2, before = word(which, at);
    bool is_low = (byte & 2u) == 0u;
    float d = unpackHalf2x16(is_low ? before : before >> 16).x;
    [[unroll]] for (uint i = 0u; i < 8u; ++i) {
      uint next = word(which, at + 1u + i);
      w[i] = signed_bytes_of(is_low ? before >> 16 | next << 16 : next) * d;
      before = next;
    }
  } else if (type == kQ4_0) {
    decode_small(which, kQ4_0, row + unit * 18u, w);
  } else if (type == kQ4_1) {
    decode_small(which, kQ4_1, row + unit * 20u, w);
  } else if (type == kQ5_0) {
    decode_small(which, kQ5_0, row + unit * 22u, w);
  } else if (type == kQ5_1) {
    decode_small(which, kQ5_1, row + unit * 24u, w);
  } else if (type == kQ4_K) {
    decode_k45(which, kQ4_K, row + (unit >> 3) * 144u, unit & 7u, w);
  } else if (type == kQ5_K) {
    decode_k45(which, kQ5_K, row + (unit >> 3) * 176u, unit & 7u, w);
  } else {
    decode_k6(which, row + (unit >> 3) * 210u, unit & 7u, w);
  }
}

// formats.glsl - the block formats of sotto/types.h, each written once: 32 weights at a time as 8 vectors of 4.
// REQUIRES: `uvec4 quad(uint which, uint index)`, which reads 16 bytes of weight buffer `which` (0: weight, 1: gate). Rows begin
// at multiples of 16 bytes. Only whole words are read, four at once, so no device needs 8- or 16-bit storage; with SOTTO_STORAGE16 or
// SOTTO_STORAGE8 blocks at even addresses are read where they begin, by `uint small_word(uint which, uint byte)`. `which` and `type` are
// constants where it is called.

const uint kNone = 0xFFFFFFFFu;
const uint kF32 = 0u, kF16 = 1u, kQ4_0 = 2u, kQ4_1 = 3u, kQ5_0 = 6u, kQ5_1 = 7u, kQ8_0 = 8u, kQ4_K = 12u, kQ5_K = 13u, kQ6_K = 14u,
           kBF16 = 30u;

// Nine words from the one that holds `byte` on (with small storage: from `byte` on), out of `quads` (at most 3) times 16 bytes.
#if defined(SOTTO_STORAGE16) || defined(SOTTO_STORAGE8)
void window(uint which, uint byte, uint quads, out uint t[9]) {
  [[unroll]] for (uint i = 0u; i < 9u; ++i) t[i] = small_word(which, byte + 4u * i);
}
bool begins_odd(uint byte) { return false; }
#else
void window(uint which, uint byte, uint quads, out uint t[9]) {
  uint all[12];
  [[unroll]] for (uint q = 0u; q < 3u; ++q) {
    uvec4 four = q < quads ? quad(which, (byte >> 4) + q) : uvec4(0u);
    [[unroll]] for (uint c = 0u; c < 4u; ++c) all[q * 4u + c] = four[c];
  }
  bool by_one = (byte & 4u) != 0u, by_two = (byte & 8u) != 0u;
  [[unroll]] for (uint i = 0u; i < 9u; ++i)
    t[i] = by_two ? (by_one ? all[i + 3u] : all[i + 2u]) : (by_one ? all[i + 1u] : all[i]);
}
// Whether `byte` is the second half of the window's first word.
bool begins_odd(uint byte) { return (byte & 2u) != 0u; }
#endif
// Word i of what begins two bytes behind (is_odd) or at the window's first word.
uint shifted(uint t[9], uint i, bool is_odd) { return is_odd ? t[i] >> 16 | t[i + 1u] << 16 : t[i]; }

vec4 signed_bytes_of(uint w) {
  int i = int(w);
  return vec4(float(i << 24 >> 24), float(i << 16 >> 24), float(i << 8 >> 24), float(i >> 24));
}
float low_half(uint w) { return unpackHalf2x16(w).x; }
// Bits 0 .. 3 of `bits` as the fifth bit (16) of four bytes.
uint fifth_of(uint bits) { return (bits & 1u) << 4 | (bits & 2u) << 11 | (bits & 4u) << 18 | (bits & 8u) << 25; }

// 32 quantised weights: signed bytes, four to a word; weight i is byte i times scale.x (from 16 on scale.y), plus minimum.
struct Block {
  uint q[8];
  vec2 scale;
  float minimum;
};
// Four bytes below 128, each less `by`, which is a power of two of at most 64 in each byte.
uint less(uint bytes, uint by) { return ((bytes | 0x80808080u) - by) ^ 0x80808080u; }

// Scale and 32 signed bytes.
void read_q8(uint which, uint byte, out Block b) {
  uint t[9];
  window(which, byte, 3u, t);
  bool is_odd = begins_odd(byte);
  b.scale = vec2(low_half(is_odd ? t[0] >> 16 : t[0]));
  b.minimum = 0.0;
  [[unroll]] for (uint i = 0u; i < 8u; ++i) b.q[i] = is_odd ? t[i + 1u] : t[i] >> 16 | t[i + 1u] << 16;
}

// Types of 32 weights of 4 or 5 bits: q4_0, q4_1, q5_0, q5_1. Scale, perhaps minimum, perhaps fifth bits, then 16 bytes: weight i
// low, weight i + 16 high. Without a minimum they are signed by an offset of half their range.
void read_small(uint which, uint type, uint byte, out Block b) {
  bool has_minimum = type == kQ4_1 || type == kQ5_1, has_fifth = type == kQ5_0 || type == kQ5_1;
  uint t[9];
  window(which, byte, has_fifth ? 3u : 2u, t);
  bool is_odd = begins_odd(byte);
  uint first = shifted(t, 0u, is_odd);
  b.scale = vec2(low_half(first));
  b.minimum = has_minimum ? low_half(first >> 16) : 0.0;
  uint rest[5];
  [[unroll]] for (uint i = 0u; i < 5u; ++i)
    rest[i] = has_minimum ? shifted(t, i + 1u, is_odd) : (is_odd ? t[i + 1u] : t[i] >> 16 | t[i + 1u] << 16);
  uint fifth = has_fifth ? rest[0] : 0u;
  [[unroll]] for (uint i = 0u; i < 4u; ++i) {
    uint q = has_fifth ? rest[i + 1u] : rest[i];
    uint low = q & 0x0F0F0F0Fu, high = q >> 4 & 0x0F0F0F0Fu;
    if (has_fifth) {
      low |= fifth_of(fifth >> (4u * i) & 15u);
      high |= fifth_of(fifth >> (4u * i + 16u) & 15u);
    }
    b.q[i] = has_minimum ? low : less(low, has_fifth ? 0x10101010u : 0x08080808u);
    b.q[i + 4u] = has_minimum ? high : less(high, has_fifth ? 0x10101010u : 0x08080808u);
  }
}

uint byte_of(uvec4 four, uint i) { return four[i >> 2] >> (8u * (i & 3u)) & 0xFFu; }

// q4_K and q5_K: part `part` of eight of the block at `byte`, a multiple of 16. In front the scales of scales and minima, then those
// of the parts, 6 bits each in 12 bytes.
void read_k45(uint which, uint type, uint byte, uint part, out Block b) {
  uint at = byte >> 4;
  uvec4 head = quad(which, at);
  uint scale, minimum;
  if (part < 4u) {
    scale = byte_of(head, 4u + part) & 63u;
    minimum = byte_of(head, 8u + part) & 63u;
  } else {
    uint mixed = byte_of(head, 8u + part);
    scale = (mixed & 15u) | byte_of(head, part) >> 6 << 4;
    minimum = mixed >> 4 | byte_of(head, 4u + part) >> 6 << 4;
  }
  vec2 both = unpackHalf2x16(head.x);
  b.scale = vec2(both.x * float(scale));
  b.minimum = -both.y * float(minimum);
  uint low_at = at + (type == kQ5_K ? 3u : 1u) + (part >> 1) * 2u;
  [[unroll]] for (uint i = 0u; i < 2u; ++i) {
    uvec4 q = quad(which, low_at + i) >> (4u * (part & 1u)) & 0x0F0F0F0Fu;
    if (type == kQ5_K) q |= (quad(which, at + 1u + i) >> part & 0x01010101u) << 4;
    [[unroll]] for (uint c = 0u; c < 4u; ++c) b.q[i * 4u + c] = q[c];
  }
}

// q6_K: 128 bytes of low 4 bits, 64 of high 2 bits, 16 signed scales of 16 weights each, the scale of the block; 210 bytes at an
// even address.
void read_k6(uint which, uint byte, uint part, out Block b) {
  uint side = part >> 2, quarter = part & 3u;
  bool is_odd = begins_odd(byte);
  uint low[9], high[9], tail[9];
  window(which, byte + side * 64u + (quarter & 1u) * 32u, 3u, low);
  window(which, byte + 128u + side * 32u, 3u, high);
  window(which, byte + 192u, 2u, tail);
  uint scales = 0u;
  [[unroll]] for (uint i = 0u; i < 4u; ++i)
    if (i == part >> 1) scales = shifted(tail, i, is_odd) >> (16u * (part & 1u));
  float d = low_half(shifted(tail, 4u, is_odd));
  b.scale = d * vec2(float(int(scales << 24) >> 24), float(int(scales << 16) >> 24));
  b.minimum = 0.0;
  [[unroll]] for (uint i = 0u; i < 8u; ++i) {
    uint q = shifted(low, i, is_odd) >> ((quarter >> 1) * 4u) & 0x0F0F0F0Fu;
    q |= (shifted(high, i, is_odd) >> (quarter * 2u) & 0x03030303u) << 4;
    b.q[i] = less(q, 0x20202020u);
  }
}

// Types without blocks.
void decode_float(uint which, uint type, uint byte, out vec4 w[8]) {
  uint at = byte >> 4;
  if (type == kF32) {
    [[unroll]] for (uint i = 0u; i < 8u; ++i) w[i] = uintBitsToFloat(quad(which, at + i));
  } else {
    [[unroll]] for (uint i = 0u; i < 4u; ++i) {
      uvec4 q = quad(which, at + i);
      if (type == kF16) {
        w[2u * i] = vec4(unpackHalf2x16(q.x), unpackHalf2x16(q.y));
        w[2u * i + 1u] = vec4(unpackHalf2x16(q.z), unpackHalf2x16(q.w));
      } else {
        w[2u * i] = uintBitsToFloat(uvec4(q.x << 16, q.x & 0xFFFF0000u, q.y << 16, q.y & 0xFFFF0000u));
        w[2u * i + 1u] = uintBitsToFloat(uvec4(q.z << 16, q.z & 0xFFFF0000u, q.w << 16, q.w & 0xFFFF0000u));
      }
    }
  }
}

// A SPIR-V for one type has no other's code: drivers pass over what a constant rules out many times before they drop it.
#ifdef SOTTO_WEIGHTS
#define SOTTO_READS(kind) (SOTTO_WEIGHTS == kind)
#else
#define SOTTO_READS(kind) 1
#endif

// Weights 32 * unit .. + 31 of the row that begins at `row`, of a type with blocks.
void read_block(uint which, uint type, uint row, uint unit, out Block b) {
#if SOTTO_READS(2)
  if (type == kQ4_0) read_small(which, kQ4_0, row + unit * 18u, b);
#endif
#if SOTTO_READS(3)
  if (type == kQ4_1) read_small(which, kQ4_1, row + unit * 20u, b);
#endif
#if SOTTO_READS(6)
  if (type == kQ5_0) read_small(which, kQ5_0, row + unit * 22u, b);
#endif
#if SOTTO_READS(7)
  if (type == kQ5_1) read_small(which, kQ5_1, row + unit * 24u, b);
#endif
#if SOTTO_READS(8)
  if (type == kQ8_0) read_q8(which, row + unit * 34u, b);
#endif
#if SOTTO_READS(12)
  if (type == kQ4_K) read_k45(which, kQ4_K, row + (unit >> 3) * 144u, unit & 7u, b);
#endif
#if SOTTO_READS(13)
  if (type == kQ5_K) read_k45(which, kQ5_K, row + (unit >> 3) * 176u, unit & 7u, b);
#endif
#if SOTTO_READS(14)
  if (type == kQ6_K) read_k6(which, row + (unit >> 3) * 210u, unit & 7u, b);
#endif
}
bool has_minimum(uint type) { return type == kQ4_1 || type == kQ5_1 || type == kQ4_K || type == kQ5_K; }

// The same of any type, as numbers.
void decode(uint which, uint type, uint row, uint unit, out vec4 w[8]) {
#if SOTTO_READS(0)
  if (type == kF32) decode_float(which, kF32, row + unit * 128u, w);
#endif
#if SOTTO_READS(1)
  if (type == kF16) decode_float(which, kF16, row + unit * 64u, w);
#endif
#if SOTTO_READS(30)
  if (type == kBF16) decode_float(which, kBF16, row + unit * 64u, w);
#endif
  if (type == kF32 || type == kF16 || type == kBF16) return;
  Block b;
  read_block(which, type, row, unit, b);
  [[unroll]] for (uint i = 0u; i < 8u; ++i) {
    w[i] = signed_bytes_of(b.q[i]) * (i < 4u ? b.scale.x : b.scale.y);
    if (has_minimum(type)) w[i] += b.minimum;
  }
}

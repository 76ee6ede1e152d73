// linear_args.glsl - what linear_vec and linear_tile share: bindings, push constants, and what follows the product.
#if defined(SOTTO_DOT) || defined(SOTTO_FLOAT16)
#define SOTTO_ROUNDS  // the inputs to fewer bits (units.glsl)
#endif
#ifdef SOTTO_DOT
#extension GL_EXT_spirv_intrinsics : require
#endif
#ifdef SOTTO_FLOAT16
#extension GL_EXT_shader_explicit_arithmetic_types_float16 : require
#endif
#ifdef SOTTO_STORAGE16
#extension GL_EXT_shader_16bit_storage : require
#endif
#ifdef SOTTO_STORAGE8
#extension GL_EXT_shader_8bit_storage : require
#endif
layout(constant_id = 1) const uint kType = 0u;
layout(constant_id = 2) const uint kGateType = 0xFFFFFFFFu;  // kNone: no gate
layout(constant_id = 3) const uint kRagged = 1u;             // columns are no whole units, or some are skipped

layout(set = 0, binding = 0) buffer Out { float y[]; };
layout(set = 0, binding = 2) readonly buffer Residual { float residual[]; };
layout(set = 0, binding = 5) readonly buffer Vectors { float vectors[]; };
layout(set = 0, binding = 6) readonly buffer Delta { float delta[]; };
layout(set = 0, binding = 7) readonly buffer GateDelta { float gate_delta[]; };

// Mirrors LinearPush in push.h. Columns of y and rows of bias count from 0 at the rank's slice; `first_out` is where this piece
// of the weight begins in them. *_at: in the vectors, 0xFFFFFFFF: none.
layout(push_constant) uniform Args {
  uint rows, outs, columns;
  uint skip, gate_skip;    // stored columns in front of the slice
  uint units, gate_units;  // of 32 stored columns
  uint x_stride, y_stride, residual_stride, delta_stride;  // floats
  uint row_bytes, gate_row_bytes;
  uint first_weight_row, first_gate_row;  // of this dispatch, in the bound pieces
  uint first_out, first_row;
  uint bias_at, gate_bias_at, add_bias_at;
  uint activation, flags;
  float scale, clamp_at, softcap, gate_offset, add_scale;
  uint norm_at;  // the inputs are normalised first (RMS), by these gains; linear_vec alone
  float norm_epsilon;
} a;

const uint kAddsDelta = 1u, kAddsGateDelta = 2u, kAddsResidual = 4u;

// Inputs and weights, 16 bytes at a time: through the texture unit, or as any other buffer.
#ifdef SOTTO_TEXELS
layout(set = 0, binding = 8) uniform utextureBuffer in_texels;
layout(set = 0, binding = 9) uniform utextureBuffer weight_texels;
layout(set = 0, binding = 10) uniform utextureBuffer gate_texels;
vec4 x_quad(uint index) { return uintBitsToFloat(texelFetch(in_texels, int(index))); }
uvec4 quad(uint which, uint index) {
  return which == 0u ? texelFetch(weight_texels, int(index)) : texelFetch(gate_texels, int(index));
}
#else
layout(set = 0, binding = 1) readonly buffer In { vec4 x4[]; };
layout(set = 0, binding = 3) readonly buffer Weight { uvec4 weight_quads[]; };
layout(set = 0, binding = 4) readonly buffer Gate { uvec4 gate_quads[]; };
vec4 x_quad(uint index) { return x4[index]; }
uvec4 quad(uint which, uint index) { return which == 0u ? weight_quads[index] : gate_quads[index]; }
#endif

// The same weights two bytes or one at a time.
#ifdef SOTTO_STORAGE16
layout(set = 0, binding = 3) readonly buffer WeightPairs { uint16_t weight_pairs[]; };
layout(set = 0, binding = 4) readonly buffer GatePairs { uint16_t gate_pairs[]; };
uint pair_at(uint which, uint i) { return which == 0u ? uint(weight_pairs[i]) : uint(gate_pairs[i]); }
uint small_word(uint which, uint byte) { return pair_at(which, byte >> 1) | pair_at(which, (byte >> 1) + 1u) << 16; }
#endif
#ifdef SOTTO_STORAGE8
layout(set = 0, binding = 3) readonly buffer WeightBytes { uint8_t weight_bytes[]; };
layout(set = 0, binding = 4) readonly buffer GateBytes { uint8_t gate_bytes[]; };
uint byte_at(uint which, uint i) { return which == 0u ? uint(weight_bytes[i]) : uint(gate_bytes[i]); }
uint small_word(uint which, uint byte) {
  return byte_at(which, byte) | byte_at(which, byte + 1u) << 8 | byte_at(which, byte + 2u) << 16 | byte_at(which, byte + 3u) << 24;
}
#endif
#include "formats.glsl"
#include "activate.glsl"

// Weights 32 * unit .. of a row, and the inputs they meet; both zero where the slice has no such column.
vec4 inputs_at(uint row, uint unit, uint part, uint skip) {
  if (kRagged == 0u) return x_quad((row * a.x_stride >> 2) + unit * 8u + part);
  vec4 x = vec4(0.0);
  [[unroll]] for (uint c = 0u; c < 4u; ++c) {
    uint column = unit * 32u + part * 4u + c - skip;  // wraps to a large number in front of the slice
    if (column < a.columns) x[c] = x_quad((row * a.x_stride + column) >> 2)[column & 3u];
  }
  return x;
}
void weights_at(uint which, uint type, uint weight_row, uint row_bytes, uint unit, uint skip, out vec4 w[8]) {
  decode(which, type, weight_row * row_bytes, unit, w);
  if (kRagged == 0u) return;
  // What lies behind a row may be no number at all, and 0 times that is none.
  [[unroll]] for (uint i = 0u; i < 32u; ++i)
    if (unit * 32u + i - skip >= a.columns) w[i >> 2][i & 3u] = 0.0;
}

#ifdef SOTTO_ROUNDS
#include "units.glsl"
#endif

// u and g: the products for column n of this piece and batch row `row`.
void deliver(uint row, uint n, float u, float g) {
  uint out_column = a.first_out + n;
  if (a.bias_at != kNone) u += vectors[a.bias_at + out_column];
  if ((a.flags & kAddsDelta) != 0u) u += delta[row * a.delta_stride + out_column];
  float result;
  if (kGateType == kNone) {
    if (a.clamp_at != 0.0) u = clamp(u, -a.clamp_at, a.clamp_at);
    result = activate(a.activation, u);
  } else {
    if (a.gate_bias_at != kNone) g += vectors[a.gate_bias_at + out_column];
    if ((a.flags & kAddsGateDelta) != 0u) g += gate_delta[row * a.delta_stride + out_column];
    if (a.clamp_at != 0.0) {
      u = min(u, a.clamp_at);
      g = clamp(g, -a.clamp_at, a.clamp_at);
    }
    result = activate(a.activation, u) * (g + a.gate_offset);
  }
  result = softcap_of(a.scale * result, a.softcap);
  if ((a.flags & kAddsResidual) != 0u) {
    if (a.add_bias_at != kNone) result += vectors[a.add_bias_at + out_column];
    result = residual[row * a.residual_stride + out_column] + a.add_scale * result;
  }
  y[row * a.y_stride + out_column] = result;
}

// linear_tile.comp - LINEAR for many batch rows: a workgroup of 64 lanes makes 64 outputs of 32 rows, 32 columns at a time through
// shared memory; a lane keeps 8 x 4 sums. Weights are decoded once per 32 rows; limit: multiplying.
// Grid: (outputs / 64, rows / 32). Shared memory: 12.6 KB.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require

layout(local_size_x = 64) in;

#include "linear_args.glsl"

const uint kOuts = 64u, kBatch = 32u, kParts = 8u;  // of 4 columns
// By part, then output or row: lanes side by side read neighbouring vectors. One more, so that lines begin in different banks.
const uint kOutStride = kOuts + 1u, kBatchStride = kBatch + 1u;
#ifdef SOTTO_ROUNDS
shared PART ws[kParts * kOutStride];
shared PART xs[kParts * kBatchStride];
shared vec3 w_scales[kOuts];  // and the minimum
shared vec2 x_scales[kBatch];  // and the sum
#else
shared vec4 ws[kParts * kOutStride];
shared vec4 xs[kParts * kBatchStride];
#endif

#ifdef SOTTO_ROUNDS
// Two lanes round each row together: both need the largest of all its inputs.
void load(uint which, uint type, uint unit, uint skip, uint first_weight_row, uint row_bytes, uint first_out, uint first_row) {
  uint lane = gl_LocalInvocationID.x;
  Weights w = weights_of(which, type, first_weight_row + min(first_out + lane, a.outs - 1u), row_bytes, unit, skip);
  [[unroll]] for (uint i = 0u; i < kParts; ++i) ws[i * kOutStride + lane] = w.parts[i];
  w_scales[lane] = vec3(w.scale, w.minimum);
  uint row = lane >> 1;
  bool is_first = (lane & 1u) == 0u;
  vec4 x[8];
  [[unroll]] for (uint i = 0u; i < kParts; ++i) x[i] = inputs_at(min(first_row + row, a.rows - 1u), unit, i, skip);
  Inputs inputs = inputs_of(x, has_minimum(type));
  [[unroll]] for (uint i = 0u; i < 4u; ++i)
    xs[(is_first ? i : i + 4u) * kBatchStride + row] = is_first ? inputs.parts[i] : inputs.parts[i + 4u];
  if (is_first) x_scales[row] = vec2(inputs.scale, inputs.sum);
}

// What meets in shared memory: halves of 16 columns, each with its scale.
void multiply_shared(inout float sums[32]) {
  uint column = gl_LocalInvocationID.x & 7u, line = gl_LocalInvocationID.x >> 3;
  [[unroll]] for (uint side = 0u; side < 2u; ++side) {
    SUM parts[32];
    [[unroll]] for (uint i = 0u; i < 32u; ++i) parts[i] = SUM(0);
    for (uint k = side * 4u; k < side * 4u + 4u; ++k) {
      PART x[4];
      [[unroll]] for (uint j = 0u; j < 4u; ++j) x[j] = xs[k * kBatchStride + line + 8u * j];
      [[unroll]] for (uint i = 0u; i < 8u; ++i) {
        PART w = ws[k * kOutStride + column + 8u * i];
        [[unroll]] for (uint j = 0u; j < 4u; ++j) parts[i * 4u + j] += product_of(w, x[j]);
      }
    }
    [[unroll]] for (uint i = 0u; i < 8u; ++i) {
      vec3 w = w_scales[column + 8u * i];
      [[unroll]] for (uint j = 0u; j < 4u; ++j) {
        vec2 x = x_scales[line + 8u * j];
        sums[i * 4u + j] += float(parts[i * 4u + j]) * w[side] * x.x;
        if (side == 0u) sums[i * 4u + j] += w.z * x.y;
      }
    }
  }
}
#else
void load(uint which, uint type, uint unit, uint skip, uint first_weight_row, uint row_bytes, uint first_out, uint first_row) {
  uint lane = gl_LocalInvocationID.x;
  vec4 w[8];
  if (first_out + lane < a.outs) {
    weights_at(which, type, first_weight_row + first_out + lane, row_bytes, unit, skip, w);
  } else {
    [[unroll]] for (uint i = 0u; i < kParts; ++i) w[i] = vec4(0.0);
  }
  [[unroll]] for (uint i = 0u; i < kParts; ++i) ws[i * kOutStride + lane] = w[i];
  uint row = lane >> 1, first_part = (lane & 1u) * 4u;
  [[unroll]] for (uint i = 0u; i < 4u; ++i)
    xs[(first_part + i) * kBatchStride + row] =
        first_row + row < a.rows ? inputs_at(first_row + row, unit, first_part + i, skip) : vec4(0.0);
}

void multiply_shared(inout float sums[32]) {
  uint column = gl_LocalInvocationID.x & 7u, line = gl_LocalInvocationID.x >> 3;
  for (uint k = 0u; k < kParts; ++k) {
    vec4 x[4];
    [[unroll]] for (uint j = 0u; j < 4u; ++j) x[j] = xs[k * kBatchStride + line + 8u * j];
    [[unroll]] for (uint i = 0u; i < 8u; ++i) {
      vec4 w = ws[k * kOutStride + column + 8u * i];
      [[unroll]] for (uint j = 0u; j < 4u; ++j) sums[i * 4u + j] += dot(w, x[j]);
    }
  }
}
#endif

void multiply(uint which, uint type, uint units, uint skip, uint first_weight_row, uint row_bytes, uint first_out, uint first_row,
              inout float sums[32]) {
  for (uint unit = 0u; unit < units; ++unit) {
    load(which, type, unit, skip, first_weight_row, row_bytes, first_out, first_row);
    barrier();
    multiply_shared(sums);
    barrier();
  }
}

void main() {
  uint first_out = gl_WorkGroupID.x * kOuts, first_row = a.first_row + gl_WorkGroupID.y * kBatch;
  float u[32], g[32];
  [[unroll]] for (uint i = 0u; i < 32u; ++i) u[i] = g[i] = 0.0;
  multiply(0u, kType, a.units, a.skip, a.first_weight_row, a.row_bytes, first_out, first_row, u);
  if (kGateType != kNone)
    multiply(1u, kGateType, a.gate_units, a.gate_skip, a.first_gate_row, a.gate_row_bytes, first_out, first_row, g);
  uint column = gl_LocalInvocationID.x & 7u, line = gl_LocalInvocationID.x >> 3;
  [[unroll]] for (uint i = 0u; i < 8u; ++i)
    [[unroll]] for (uint j = 0u; j < 4u; ++j) {
      uint n = first_out + column + 8u * i, row = first_row + line + 8u * j;
      if (n < a.outs && row < a.rows) deliver(row, n, u[i * 4u + j], g[i * 4u + j]);
    }
}

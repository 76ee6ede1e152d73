// linear_vec.comp - LINEAR for few batch rows: a workgroup makes kOuts outputs of kBatch rows in registers, its lanes share the
// columns. Reads every weight once for kBatch rows; limit: memory bandwidth, with many rows the loads of inputs.
// Grid: (outputs / kOuts, rows / kBatch). REQUIRES: y is no input.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#ifndef SOTTO_WITHOUT_SUBGROUPS
#extension GL_KHR_shader_subgroup_arithmetic : require
#endif

layout(local_size_x_id = 0) in;
layout(constant_id = 4) const uint kOuts = 4u;
layout(constant_id = 5) const uint kHow = 0u;  // bits below
layout(constant_id = 6) const uint kBatch = 1u;
layout(constant_id = 7) const uint kResults = 4u;  // kOuts * kBatch: glslang takes no product for the same size twice

#include "linear_args.glsl"

const uint kOneSubgroup = 1u;  // the workgroup is one subgroup: no shared memory
const uint kNormalises = 2u;   // the inputs, of one row without ragged columns: a NORM that only products read needs no dispatch

shared float partial[gl_WorkGroupSize.x];

float sum_of_lanes(float x) {
#ifndef SOTTO_WITHOUT_SUBGROUPS
  if ((kHow & kOneSubgroup) != 0u) return subgroupAdd(x);
#endif
  uint lane = gl_LocalInvocationID.x;
  partial[lane] = x;
  barrier();
  for (uint half_size = gl_WorkGroupSize.x / 2u; half_size > 0u; half_size /= 2u) {
    if (lane < half_size) partial[lane] += partial[lane + half_size];
    barrier();
  }
  float sum = partial[0];
  barrier();
  return sum;
}

float squares = 0.0;  // of the inputs that this lane saw

vec4 prepared_inputs(uint which, uint row, uint unit, uint part, uint skip) {
  vec4 x = inputs_at(row, unit, part, skip);
  if ((kHow & kNormalises) == 0u) return x;
  if (which == 0u) squares += dot(x, x);
  uint at = a.norm_at + unit * 32u + part * 4u;
  return x * vec4(vectors[at], vectors[at + 1u], vectors[at + 2u], vectors[at + 3u]);
}

void multiply(uint which, uint type, uint units, uint skip, uint first_weight_row, uint row_bytes, uint row, uint first,
              inout float sums[kResults]) {
  for (uint unit = gl_LocalInvocationID.x; unit < units; unit += gl_WorkGroupSize.x) {
    // What lies behind the last output or row is computed again and not delivered: no lane waits for a branch.
#ifdef SOTTO_ROUNDS
    Weights w[kOuts];
    [[unroll]] for (uint o = 0u; o < kOuts; ++o)
      w[o] = weights_of(which, type, first_weight_row + min(first + o, a.outs - 1u), row_bytes, unit, skip);
    [[unroll]] for (uint b = 0u; b < kBatch; ++b) {
      vec4 x[8];
      [[unroll]] for (uint i = 0u; i < 8u; ++i) x[i] = prepared_inputs(which, min(row + b, a.rows - 1u), unit, i, skip);
      Inputs inputs = inputs_of(x, has_minimum(type));
      [[unroll]] for (uint o = 0u; o < kOuts; ++o) sums[o * kBatch + b] += product(w[o], inputs);
    }
#else
    vec4 w[kOuts][8];
    [[unroll]] for (uint o = 0u; o < kOuts; ++o)
      weights_at(which, type, first_weight_row + min(first + o, a.outs - 1u), row_bytes, unit, skip, w[o]);
    [[unroll]] for (uint b = 0u; b < kBatch; ++b)
      [[unroll]] for (uint i = 0u; i < 8u; ++i) {
        vec4 x = prepared_inputs(which, min(row + b, a.rows - 1u), unit, i, skip);
        [[unroll]] for (uint o = 0u; o < kOuts; ++o) sums[o * kBatch + b] += dot(w[o][i], x);
      }
#endif
  }
}

void main() {
  uint row = a.first_row + gl_WorkGroupID.y * kBatch, first = gl_WorkGroupID.x * kOuts;
  float u[kResults], g[kResults];
  [[unroll]] for (uint i = 0u; i < kResults; ++i) u[i] = g[i] = 0.0;
  multiply(0u, kType, a.units, a.skip, a.first_weight_row, a.row_bytes, row, first, u);
  if (kGateType != kNone) multiply(1u, kGateType, a.gate_units, a.gate_skip, a.first_gate_row, a.gate_row_bytes, row, first, g);
  float scale = 1.0;
  if ((kHow & kNormalises) != 0u) scale = 1.0 / sqrt(sum_of_lanes(squares) / float(a.columns) + a.norm_epsilon);
  // A lane delivers what it is the first to have: one result each where there are as many lanes.
  float mine_u = 0.0, mine_g = 0.0;
  [[unroll]] for (uint i = 0u; i < kResults; ++i) {
    float u_sum = sum_of_lanes(u[i]), g_sum = 0.0;
    if (kGateType != kNone) g_sum = sum_of_lanes(g[i]);
    if (i % gl_WorkGroupSize.x == gl_LocalInvocationID.x) {
      mine_u = u_sum * scale;
      mine_g = g_sum * scale;
    }
    if (i % gl_WorkGroupSize.x == gl_WorkGroupSize.x - 1u || i == kResults - 1u) {
      uint result = i - i % gl_WorkGroupSize.x + gl_LocalInvocationID.x;
      uint n = first + result / kBatch, b = row + result % kBatch;
      if (result <= i && n < a.outs && b < a.rows) deliver(b, n, mine_u, mine_g);
    }
  }
}

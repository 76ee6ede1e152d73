// linear_vec.comp - LINEAR for one batch row: kRows outputs of a row per workgroup, its lanes share the columns.
// Reads every weight once; limit: memory bandwidth. Grid: (outputs / kRows, rows). REQUIRES: y is no input.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#ifndef SOTTO_WITHOUT_SUBGROUPS
#extension GL_KHR_shader_subgroup_arithmetic : require
#endif

layout(local_size_x_id = 0) in;
layout(constant_id = 4) const uint kRows = 4u;
layout(constant_id = 5) const uint kOneSubgroup = 0u;  // the workgroup is one subgroup: no shared memory

#include "linear_args.glsl"

shared float partial[gl_WorkGroupSize.x];

float sum_of_lanes(float x) {
#ifndef SOTTO_WITHOUT_SUBGROUPS
  if (kOneSubgroup != 0u) return subgroupAdd(x);
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

void multiply(uint which, uint type, uint units, uint skip, uint first_weight_row, uint row_bytes, uint row, uint first,
              inout float sums[kRows]) {
  for (uint unit = gl_LocalInvocationID.x; unit < units; unit += gl_WorkGroupSize.x) {
    vec4 x[8];
    [[unroll]] for (uint i = 0u; i < 8u; ++i) x[i] = inputs_at(row, unit, i, skip);
    [[unroll]] for (uint r = 0u; r < kRows; ++r) {
      if (first + r >= a.outs) break;
      vec4 w[8];
      weights_at(which, type, first_weight_row + first + r, row_bytes, unit, skip, w);
      vec4 sum = w[0] * x[0];
      [[unroll]] for (uint i = 1u; i < 8u; ++i) sum = fma(w[i], x[i], sum);
      sums[r] += (sum.x + sum.z) + (sum.y + sum.w);
    }
  }
}

void main() {
  uint row = a.first_row + gl_WorkGroupID.y, first = gl_WorkGroupID.x * kRows;
  float u[kRows], g[kRows];
  [[unroll]] for (uint r = 0u; r < kRows; ++r) u[r] = g[r] = 0.0;
  multiply(0u, kType, a.units, a.skip, a.first_weight_row, a.row_bytes, row, first, u);
  if (kGateType != kNone) multiply(1u, kGateType, a.gate_units, a.gate_skip, a.first_gate_row, a.gate_row_bytes, row, first, g);
  [[unroll]] for (uint r = 0u; r < kRows; ++r) {
    float u_sum = sum_of_lanes(u[r]), g_sum = 0.0;
    if (kGateType != kNone) g_sum = sum_of_lanes(g[r]);
    if (gl_LocalInvocationID.x == 0u && first + r < a.outs) deliver(row, first + r, u_sum, g_sum);
  }
}

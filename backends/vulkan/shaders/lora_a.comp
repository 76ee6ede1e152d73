// lora_a.comp - the inner vector of an adapter: inner[row][d] = strength * scale * A[d] . x[row], for the rows of the class whose
// adapter this is. Grid: (dimensions, rows).
#version 450
#extension GL_GOOGLE_include_directive : require

layout(local_size_x_id = 0) in;
layout(set = 0, binding = 0) buffer Inner { float inner[]; };
layout(set = 0, binding = 1) readonly buffer In { float x[]; };
layout(set = 0, binding = 3) readonly buffer A { float lines[]; };
layout(set = 0, binding = 6) readonly buffer Batch { uint batch[]; };

// Mirrors LoraPush in push.h.
layout(push_constant) uniform Args { uint adapter, dims, columns, outs, x_stride, y_stride, list_at, is_first; float scale; } a;

shared float scratch[gl_WorkGroupSize.x];
uint batch_word(uint i) { return batch[i]; }
#include "rows.glsl"

void main() {
  uint lane = gl_LocalInvocationID.x, d = gl_WorkGroupID.x, i = gl_WorkGroupID.y;
  uint row = listed(a.list_at, i);
  float sum = 0.0;
  if (row_adapter(row) == a.adapter)
    for (uint c = lane; c < a.columns; c += gl_WorkGroupSize.x) sum = fma(lines[d * a.columns + c], x[i * a.x_stride + c], sum);
  scratch[lane] = sum;
  barrier();
  for (uint half_size = gl_WorkGroupSize.x / 2u; half_size > 0u; half_size /= 2u) {
    if (lane < half_size) scratch[lane] += scratch[lane + half_size];
    barrier();
  }
  if (lane == 0u) inner[i * a.dims + d] = scratch[0] * row_strength(row) * a.scale;
}

// lora_b.comp - what an adapter adds to a product: delta[row][n] = B[n] . inner[row] for the rows whose adapter this is; the first
// adapter of a batch clears the others' rows. Grid: (outputs / lanes, rows).
#version 450
#extension GL_GOOGLE_include_directive : require

layout(local_size_x_id = 0) in;
layout(set = 0, binding = 0) buffer Delta { float delta[]; };
layout(set = 0, binding = 1) readonly buffer Inner { float inner[]; };
layout(set = 0, binding = 3) readonly buffer B { float lines[]; };
layout(set = 0, binding = 6) readonly buffer Batch { uint batch[]; };

layout(push_constant) uniform Args { uint adapter, dims, columns, outs, x_stride, y_stride, list_at, is_first; float scale; } a;

uint batch_word(uint i) { return batch[i]; }
#include "rows.glsl"

void main() {
  uint n = gl_WorkGroupID.x * gl_WorkGroupSize.x + gl_LocalInvocationID.x, i = gl_WorkGroupID.y;
  if (n >= a.outs) return;
  bool is_its = row_adapter(listed(a.list_at, i)) == a.adapter;
  float sum = 0.0;
  if (is_its)
    for (uint d = 0u; d < a.dims; ++d) sum = fma(lines[n * a.dims + d], inner[i * a.dims + d], sum);
  if (is_its || a.is_first != 0u) delta[i * a.y_stride + n] = sum;
}

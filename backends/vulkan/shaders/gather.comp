// gather.comp - rows copied: those of a class out of a wider one, a rank's part into the whole row, what the host gave or gets.
// Grid: (width / lanes, rows).
#version 450
#extension GL_GOOGLE_include_directive : require

layout(local_size_x_id = 0) in;
layout(set = 0, binding = 0) buffer Out { float y[]; };
layout(set = 0, binding = 1) readonly buffer In { float x[]; };
layout(set = 0, binding = 6) readonly buffer Batch { uint batch[]; };

// Mirrors GatherPush in push.h.
layout(push_constant) uniform Args { uint width, x_stride, y_stride, y_column, list_at; } a;

uint batch_word(uint i) { return batch[i]; }
#include "rows.glsl"

void main() {
  uint column = gl_WorkGroupID.x * gl_WorkGroupSize.x + gl_LocalInvocationID.x, i = gl_WorkGroupID.y;
  if (column < a.width) y[i * a.y_stride + a.y_column + column] = x[listed(a.list_at, i) * a.x_stride + column];
}

// combine.comp - the parts of a split attention made one: per row, head and split the largest score, the sum of weights and the
// weighted values. Grid: (heads, rows).
#version 450

layout(local_size_x_id = 0) in;
layout(set = 0, binding = 0) buffer Out { float y[]; };
layout(set = 0, binding = 1) readonly buffer Parts { float parts[]; };

// Mirrors CombinePush in push.h.
layout(push_constant) uniform Args { uint head_dim, heads, splits, y_stride, first_row; } a;

void main() {
  uint h = gl_WorkGroupID.x, row = a.first_row + gl_WorkGroupID.y;
  uint part = a.head_dim + 2u, at = (row * a.heads + h) * a.splits * part;
  float most = parts[at];
  for (uint s = 1u; s < a.splits; ++s) most = max(most, parts[at + s * part]);
  float total = 0.0;
  for (uint s = 0u; s < a.splits; ++s) total += parts[at + s * part + 1u] * exp(parts[at + s * part] - most);
  for (uint d = gl_LocalInvocationID.x; d < a.head_dim; d += gl_WorkGroupSize.x) {
    float sum = 0.0;
    for (uint s = 0u; s < a.splits; ++s) sum += parts[at + s * part + 2u + d] * exp(parts[at + s * part] - most);
    y[row * a.y_stride + h * a.head_dim + d] = sum / total;
  }
}

// element.comp - ADD and MUL, and the sum of two ranks (ADD without bias). Grid: (width / lanes, rows).
#version 450
#extension GL_GOOGLE_include_directive : require

layout(local_size_x_id = 0) in;
layout(constant_id = 1) const uint kMultiplies = 0u;
layout(set = 0, binding = 0) buffer Out { float y[]; };
layout(set = 0, binding = 1) readonly buffer First { float first[]; };
layout(set = 0, binding = 2) readonly buffer Second { float second[]; };
layout(set = 0, binding = 5) readonly buffer Vectors { float vectors[]; };

// Mirrors ElementPush in push.h. All three values have one stride.
layout(push_constant) uniform Args { uint width, stride, bias_at, activation; float scale; } a;

#include "activate.glsl"

void main() {
  uint column = gl_WorkGroupID.x * gl_WorkGroupSize.x + gl_LocalInvocationID.x;
  if (column >= a.width) return;
  uint at = gl_WorkGroupID.y * a.stride + column;
  float b = second[at];
  if (kMultiplies != 0u) {
    y[at] = first[at] * activate(a.activation, b);
  } else {
    if (a.bias_at != 0xFFFFFFFFu) b += vectors[a.bias_at + column];
    y[at] = first[at] + a.scale * b;
  }
}

// norm.comp - NORM: a workgroup normalises one row. Grid: (rows).
#version 450

layout(local_size_x_id = 0) in;
layout(set = 0, binding = 0) buffer Out { float y[]; };
layout(set = 0, binding = 1) readonly buffer In { float x[]; };
layout(set = 0, binding = 5) readonly buffer Vectors { float vectors[]; };

// Mirrors NormPush in push.h.
layout(push_constant) uniform Args { uint width, stride, is_layer, weight_at, bias_at; float epsilon; } a;

const uint kAbsent = 0xFFFFFFFFu;
shared float partial[gl_WorkGroupSize.x];

float sum_of_lanes(float sum) {
  uint lane = gl_LocalInvocationID.x;
  partial[lane] = sum;
  barrier();
  for (uint half_size = gl_WorkGroupSize.x / 2u; half_size > 0u; half_size /= 2u) {
    if (lane < half_size) partial[lane] += partial[lane + half_size];
    barrier();
  }
  float all = partial[0];
  barrier();
  return all;
}

void main() {
  uint lane = gl_LocalInvocationID.x, row = gl_WorkGroupID.x * a.stride;
  float mean = 0.0;
  if (a.is_layer != 0u) {
    float sum = 0.0;
    for (uint c = lane; c < a.width; c += gl_WorkGroupSize.x) sum += x[row + c];
    mean = sum_of_lanes(sum) / float(a.width);
  }
  float squares = 0.0;
  for (uint c = lane; c < a.width; c += gl_WorkGroupSize.x) squares += (x[row + c] - mean) * (x[row + c] - mean);
  float scale = 1.0 / sqrt(sum_of_lanes(squares) / float(a.width) + a.epsilon);
  for (uint c = lane; c < a.width; c += gl_WorkGroupSize.x) {
    float z = (x[row + c] - mean) * scale;
    if (a.weight_at != kAbsent) z *= vectors[a.weight_at + c];
    if (a.bias_at != kAbsent) z += vectors[a.bias_at + c];
    y[row + c] = z;
  }
}

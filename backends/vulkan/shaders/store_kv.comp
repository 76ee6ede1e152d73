// store_kv.comp - k (normalised, rotated) and v of one row and KV head into the row's cell. Grid: (KV heads, rows).
#version 450
#extension GL_GOOGLE_include_directive : require

layout(local_size_x_id = 0) in;
layout(constant_id = 1) const uint kKeyType = 0u;
layout(constant_id = 2) const uint kValueType = 0u;
layout(constant_id = 3) const uint kMostDims = 128u;  // head_dim up to a multiple of 32

layout(set = 0, binding = 0) buffer Keys { uint key_cells[]; };
layout(set = 0, binding = 1) readonly buffer K { float k[]; };
layout(set = 0, binding = 2) readonly buffer V { float v[]; };
layout(set = 0, binding = 3) buffer Values { uint value_cells[]; };
layout(set = 0, binding = 5) readonly buffer Vectors { float vectors[]; };
layout(set = 0, binding = 6) readonly buffer Batch { uint batch[]; };

// Mirrors StorePush in push.h.
layout(push_constant) uniform Args {
  uint head_dim, k_stride, v_stride;
  uint key_cell_words, value_cell_words, key_head_words, value_head_words;
  uint norm_at, norm_bias_at;
  float epsilon;
  uint flags, rotary_dim, angles_at;
} a;

shared float head[kMostDims];
shared float scratch[gl_WorkGroupSize.x];

uint batch_word(uint i) { return batch[i]; }
float vector_at(uint i) { return vectors[i]; }
#include "rows.glsl"
#include "head.glsl"
#include "kv.glsl"

void put(bool is_key, uint at, uint w) {
  if (is_key)
    key_cells[at] = w;
  else
    value_cells[at] = w;
}

// A block of 32 by one lane: the largest of them becomes 127.
void put_block(bool is_key, uint block, uint at) {
  float most = 0.0;
  for (uint i = 0u; i < 32u; ++i) most = max(most, abs(head[block * 32u + i]));
  float scale = most / 127.0, inverse = most == 0.0 ? 0.0 : 127.0 / most;
  put(is_key, at, floatBitsToUint(scale));
  for (uint w = 0u; w < 8u; ++w) {
    uint packed = 0u;
    for (uint i = 0u; i < 4u; ++i)
      packed |= (uint(int(roundEven(head[block * 32u + w * 4u + i] * inverse))) & 0xFFu) << (8u * i);
    put(is_key, at + 1u + w, packed);
  }
}

void put_head(bool is_key, uint type, uint at) {
  uint lane = gl_LocalInvocationID.x;
  if (type == kKvF32) {
    for (uint d = lane; d < a.head_dim; d += gl_WorkGroupSize.x) put(is_key, at + d, floatBitsToUint(head[d]));
  } else if (type == kKvF16) {
    for (uint d = lane; 2u * d < a.head_dim; d += gl_WorkGroupSize.x)
      put(is_key, at + d, packHalf2x16(vec2(head[2u * d], head[2u * d + 1u])));
  } else {
    for (uint block = lane; 32u * block < a.head_dim; block += gl_WorkGroupSize.x) put_block(is_key, block, at + block * 9u);
  }
}

void main() {
  uint kv_head = gl_WorkGroupID.x, row = gl_WorkGroupID.y, lane = gl_LocalInvocationID.x;
  uint cell = row_cell(row);
  for (uint d = lane; d < kMostDims; d += gl_WorkGroupSize.x)
    head[d] = d < a.head_dim ? k[row * a.k_stride + kv_head * a.head_dim + d] : 0.0;
  barrier();
  prepare_head(HeadArgs(a.head_dim, a.norm_at, a.norm_bias_at, a.epsilon, a.flags, a.rotary_dim, a.angles_at + row * a.rotary_dim));
  put_head(true, kKeyType, cell * a.key_cell_words + kv_head * a.key_head_words);
  barrier();
  for (uint d = lane; d < a.head_dim; d += gl_WorkGroupSize.x) head[d] = v[row * a.v_stride + kv_head * a.head_dim + d];
  barrier();
  put_head(false, kValueType, cell * a.value_cell_words + kv_head * a.value_head_words);
}

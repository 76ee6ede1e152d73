// attention.comp - ATTENTION of one row and query head over its visible cells, in one pass (online softmax, Milakov and
// Gimelshein 2018; split over the length as in Flash-Decoding, Dao et al. 2023). Lanes share positions for the scores and
// dimensions for the sums. Grid: (heads, rows, splits); with splits the parts go to combine.comp.
#version 450
#extension GL_GOOGLE_include_directive : require

layout(local_size_x_id = 0) in;
layout(constant_id = 1) const uint kKeyType = 0u;
layout(constant_id = 2) const uint kValueType = 0u;
layout(constant_id = 3) const uint kMostDims = 128u;  // head_dim up to a multiple of 32
layout(constant_id = 4) const uint kSums = 4u;        // kMostDims / lanes, rounded up

layout(set = 0, binding = 0) buffer Out { float y[]; };
layout(set = 0, binding = 1) readonly buffer Q { float q[]; };
layout(set = 0, binding = 2) readonly buffer Table { uint cells[]; };
layout(set = 0, binding = 3) readonly buffer Keys { uint key_cells[]; };
layout(set = 0, binding = 4) readonly buffer Values { uint value_cells[]; };
layout(set = 0, binding = 5) readonly buffer Vectors { float vectors[]; };
layout(set = 0, binding = 6) readonly buffer Batch { uint batch[]; };

// Mirrors AttentionPush in push.h.
layout(push_constant) uniform Args {
  uint head_dim, heads, q_stride, y_stride;
  uint first_head, sharing, first_kv_head;  // query head h of the model uses KV head h / sharing
  uint key_cell_words, value_cell_words, key_head_words, value_head_words;
  uint norm_at, norm_bias_at;
  float epsilon;
  uint flags, rotary_dim, angles_at, list_at, sink_at;
  uint window, splits, first_row;
  float scale, softcap;
} a;

const uint kNotCausal = 16u;
const float kLeast = -3.0e38;

shared float head[kMostDims];
shared float scratch[gl_WorkGroupSize.x];
shared float weight[gl_WorkGroupSize.x];
shared uint place[gl_WorkGroupSize.x];

uint batch_word(uint i) { return batch[i]; }
float vector_at(uint i) { return vectors[i]; }
#include "rows.glsl"
#include "head.glsl"
#include "kv.glsl"
#include "activate.glsl"

float max_of_lanes(float x) {
  uint lane = gl_LocalInvocationID.x;
  scratch[lane] = x;
  barrier();
  for (uint half_size = gl_WorkGroupSize.x / 2u; half_size > 0u; half_size /= 2u) {
    if (lane < half_size) scratch[lane] = max(scratch[lane], scratch[lane + half_size]);
    barrier();
  }
  float most = scratch[0];
  barrier();
  return most;
}

float key_product(uint at) {
  float sum = 0.0;
  if (kKeyType == kKvF32) {
    for (uint d = 0u; d < a.head_dim; ++d) sum = fma(head[d], uintBitsToFloat(key_cells[at + d]), sum);
  } else if (kKeyType == kKvF16) {
    for (uint d = 0u; d < a.head_dim; d += 2u) {
      vec2 both = unpackHalf2x16(key_cells[at + d / 2u]);
      sum = fma(head[d], both.x, sum);
      if (d + 1u < a.head_dim) sum = fma(head[d + 1u], both.y, sum);
    }
  } else {
    for (uint block = 0u; block * 32u < kMostDims; ++block) {
      float part = 0.0;
      for (uint i = 0u; i < 8u; ++i) {
        uint w = key_cells[at + block * 9u + 1u + i];
        for (uint c = 0u; c < 4u; ++c) part = fma(head[block * 32u + i * 4u + c], kv_byte(w, c), part);
      }
      sum = fma(part, uintBitsToFloat(key_cells[at + block * 9u]), sum);
    }
  }
  return sum;
}

float value_number(uint at, uint d) {
  if (kValueType == kKvF32) return uintBitsToFloat(value_cells[at + d]);
  if (kValueType == kKvF16) {
    vec2 both = unpackHalf2x16(value_cells[at + d / 2u]);
    return (d & 1u) != 0u ? both.y : both.x;
  }
  uint block = at + d / 32u * 9u;
  return kv_byte(value_cells[block + 1u + (d & 31u) / 4u], d & 3u) * uintBitsToFloat(value_cells[block]);
}

void main() {
  uint lane = gl_LocalInvocationID.x, lanes = gl_WorkGroupSize.x;
  uint h = gl_WorkGroupID.x, i = a.first_row + gl_WorkGroupID.y, split = gl_WorkGroupID.z;
  uint row = listed(a.list_at, i);
  uint kv_head = (a.first_head + h) / a.sharing - a.first_kv_head;
  for (uint d = lane; d < kMostDims; d += lanes) head[d] = d < a.head_dim ? q[i * a.q_stride + h * a.head_dim + d] : 0.0;
  barrier();
  prepare_head(HeadArgs(a.head_dim, a.norm_at, a.norm_bias_at, a.epsilon, a.flags, a.rotary_dim, a.angles_at + row * a.rotary_dim));

  uint position = row_position(row), table = row_table(row);
  uint begin = a.window != 0u && position >= a.window ? position + 1u - a.window : 0u;
  uint end = (a.flags & kNotCausal) != 0u ? row_end(row) : position + 1u;
  uint share = (end - begin + a.splits - 1u) / a.splits;
  begin = min(end, begin + split * share);
  end = min(end, begin + share);

  bool has_sink = a.sink_at != kAbsent && split == 0u;
  float most = has_sink ? vectors[a.sink_at + h] : kLeast, total = has_sink ? 1.0 : 0.0;
  float sums[kSums];
  for (uint s = 0u; s < kSums; ++s) sums[s] = 0.0;
  for (uint first = begin; first < end; first += lanes) {
    uint j = first + lane;
    float score = kLeast;
    if (j < end) {
      uint cell = cells[table + j];
      place[lane] = cell * a.value_cell_words + kv_head * a.value_head_words;
      score = softcap_of(a.scale * key_product(cell * a.key_cell_words + kv_head * a.key_head_words), a.softcap);
    }
    float most_now = max(most, max_of_lanes(score));
    float p = j < end ? exp(score - most_now) : 0.0, fade = exp(most - most_now);
    weight[lane] = p;
    total = total * fade + sum_of_lanes(p);
    most = most_now;
    uint count = min(lanes, end - first);
    for (uint s = 0u; s < kSums; ++s) {
      uint d = lane + s * lanes;
      float sum = sums[s] * fade;
      if (d < a.head_dim)
        for (uint t = 0u; t < count; ++t) sum = fma(weight[t], value_number(place[t], d), sum);
      sums[s] = sum;
    }
    barrier();
  }
  uint at = a.splits == 1u ? i * a.y_stride + h * a.head_dim : ((i * a.heads + h) * a.splits + split) * (a.head_dim + 2u) + 2u;
  if (a.splits != 1u && lane == 0u) {
    y[at - 2u] = most;
    y[at - 1u] = total;
  }
  for (uint s = 0u; s < kSums; ++s) {
    uint d = lane + s * lanes;
    if (d < a.head_dim) y[at + d] = a.splits == 1u ? sums[s] / total : sums[s];
  }
}

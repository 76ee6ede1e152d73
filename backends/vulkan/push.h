// push.h - the push constants of the shaders, each the mirror of the `Args` block of its .comp file: 32-bit fields in order, no
// more than kPushBytes.
#pragma once

#include <cstdint>

#include "shaders.h"
#include "sotto/base.h"

namespace sotto::vulkan {

struct LinearPush {
  uint32_t rows, outs, columns;
  uint32_t skip, gate_skip;
  uint32_t units, gate_units;
  uint32_t x_stride, y_stride, residual_stride, delta_stride;
  uint32_t row_bytes, gate_row_bytes;
  uint32_t first_weight_row, first_gate_row;
  uint32_t first_out, first_row;
  uint32_t bias_at, gate_bias_at, add_bias_at;
  uint32_t activation, flags;
  float scale, clamp_at, softcap, gate_offset, add_scale;
  uint32_t norm_at;
  float norm_epsilon;
};
static_assert(sizeof(LinearPush) == 29 * 4);
constexpr uint32_t kAddsDelta = 1, kAddsGateDelta = 2, kAddsResidual = 4;

struct EmbedPush {
  uint32_t rows, width, y_stride, list_at;
  uint32_t skip, row_bytes, first, count, piece_first, piece_count;
  uint32_t position_skip, position_row_bytes, position_first, position_count;
  uint32_t writes_absent;
  float scale;
};
static_assert(sizeof(EmbedPush) == 16 * 4);

struct GatherPush {
  uint32_t width, x_stride, y_stride, y_column, list_at;
};

struct ElementPush {
  uint32_t width, stride, bias_at, activation;
  float scale;
};

struct NormPush {
  uint32_t width, stride, is_layer, weight_at, bias_at;
  float epsilon;
};

// Bits of `flags` of the two below.
constexpr uint32_t kNormAfter = 1, kLayerNorm = 2, kHalves = 4, kInterleaved = 8, kNotCausal = 16;

struct StorePush {
  uint32_t head_dim, k_stride, v_stride;
  uint32_t key_cell_words, value_cell_words, key_head_words, value_head_words;
  uint32_t norm_at, norm_bias_at;
  float epsilon;
  uint32_t flags, rotary_dim, angles_at;
};
static_assert(sizeof(StorePush) == 13 * 4);

struct AttentionPush {
  uint32_t head_dim, heads, q_stride, y_stride;
  uint32_t first_head, sharing, first_kv_head;
  uint32_t key_cell_words, value_cell_words, key_head_words, value_head_words;
  uint32_t norm_at, norm_bias_at;
  float epsilon;
  uint32_t flags, rotary_dim, angles_at, list_at, sink_at;
  uint32_t window, splits, first_row;
  float scale, softcap;
};
static_assert(sizeof(AttentionPush) == 24 * 4 && sizeof(AttentionPush) <= kPushBytes);

struct CombinePush {
  uint32_t head_dim, heads, splits, y_stride, first_row;
};

struct LoraPush {
  uint32_t adapter, dims, columns, outs, x_stride, y_stride, list_at, is_first;
  float scale;
};

}  // namespace sotto::vulkan

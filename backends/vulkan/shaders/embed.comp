// embed.comp - EMBED: a lane makes one column of one row's table (and positions) entry. Rows that another rank or another
// piece of the table holds: see Args. Grid: (width / lanes, rows).
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require

layout(local_size_x_id = 0) in;
layout(constant_id = 1) const uint kType = 0u;
layout(constant_id = 2) const uint kPositionType = 0xFFFFFFFFu;

layout(set = 0, binding = 0) buffer Out { float y[]; };
layout(set = 0, binding = 3) readonly buffer Table { uvec4 table_quads[]; };
layout(set = 0, binding = 4) readonly buffer Positions { uvec4 position_quads[]; };
layout(set = 0, binding = 6) readonly buffer Batch { uint batch[]; };

// Mirrors EmbedPush in push.h. A rank has the ids first .. first + count - 1 of a table, this piece `piece_first` .. of those.
layout(push_constant) uniform Args {
  uint rows, width, y_stride, list_at;
  uint skip, row_bytes, first, count, piece_first, piece_count;
  uint position_skip, position_row_bytes, position_first, position_count;
  uint writes_absent;  // this dispatch writes the rows that no piece holds
  float scale;
} a;

uint batch_word(uint i) { return batch[i]; }
uvec4 quad(uint which, uint index) { return which == 0u ? table_quads[index] : position_quads[index]; }
#include "formats.glsl"
#include "rows.glsl"

float y_part(uint which, uint type, uint row, uint skip, uint column) {
  vec4 w[8];
  decode(which, type, row, (column + skip) >> 5, w);
  uint i = (column + skip) & 31u;
  return w[i >> 2][i & 3u];
}

void main() {
  uint column = (gl_WorkGroupID.x * gl_WorkGroupSize.x + gl_LocalInvocationID.x), i = gl_WorkGroupID.y;
  if (column >= a.width) return;
  uint row = listed(a.list_at, i);
  uint id = row_token(row) - a.first;  // wraps to a large number below the slice
  bool is_here = id < a.count && id >= a.piece_first && id - a.piece_first < a.piece_count;
  if (!is_here && !(a.writes_absent != 0u && id >= a.count)) return;
  float sum = 0.0;
  if (is_here) sum = y_part(0u, kType, (id - a.piece_first) * a.row_bytes, a.skip, column);
  uint position = row_position(row) - a.position_first;
  if (kPositionType != kNone && position < a.position_count)
    sum += y_part(1u, kPositionType, position * a.position_row_bytes, a.position_skip, column);
  y[i * a.y_stride + column] = a.scale * sum;
}

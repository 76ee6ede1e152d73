// step_attention.cc - ATTENTION: rows into the cache, then tiles of queries that share a KV head over its pages.
//
// A row's context is summed in splits of kSplitPages pages that are merged in order, whoever computes them: a tile does its
// splits one after the other; few tiles with a long context have theirs spread over the threads. The bits are the same.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "kernels/prefetch.h"
#include "program.h"

namespace sotto::cpu {
namespace {

constexpr float kNoScore = -3.0e38f;

struct Shape {
  const Step& step;
  const sotto_attention_args& args;
  uint32_t head_dim;
  uint32_t padded;
};

// q or k of one head: normalised and rotated, in place.
void prepare_head(const Run& run, const Op& op, const Shape& shape, uint32_t rank, uint32_t batch_row, uint32_t norm_weight,
                  uint32_t norm_bias, float* x) {
  const sotto_attention_args& a = shape.args;
  const auto normalise = [&] {
    if (norm_weight == SOTTO_NONE) return;
    run.kernels().norm(
        {x, x, run.vector(norm_weight, rank), run.vector(norm_bias, rank), shape.head_dim, a.norm_kind, a.norm_epsilon});
  };
  const bool after = (a.flags & SOTTO_ATTENTION_NORM_AFTER) != 0;
  if (!after) normalise();
  if (op.rotary != SOTTO_NONE) {
    const float* table = run.rotary(op.rotary, batch_row);
    run.kernels().rotate(
        {x, table, table + a.rotary_dim / 2, a.rotary_dim, a.rotation == SOTTO_ROTATION_INTERLEAVED ? 1u : 0u});
  }
  if (after) normalise();
}

// K and V of head h of one batch row into the cache; `head`: room for one head.
void fill_head(const Run& run, const Op& op, const Shape& shape, uint32_t rank, uint32_t h, uint32_t i, float* head) {
  const CacheLayout& layout = run.cache.layout;
  const sotto_batch_row& at = run.batch_row(0, i);
  const float* k = run.row(shape.step.in[1], rank, 0, i) + uint64_t{h} * shape.head_dim;
  const float* v = run.row(shape.step.in[2], rank, 0, i) + uint64_t{h} * shape.head_dim;
  const uint32_t page = at.position / kPageTokens;
  const uint32_t token = at.position % kPageTokens;
  std::memcpy(head, k, shape.head_dim * sizeof(float));
  prepare_head(run, op, shape, rank, i, shape.args.k_norm, shape.args.k_norm_bias, head);
  run.kernels().store_row({run.cache.part(layout.keys(shape.args.slot, rank, h), at.sequence, page), run.cache.options.k_type,
                           1, token, shape.head_dim, shape.padded},
                          head);
  run.kernels().store_row({run.cache.part(layout.values(shape.args.slot, rank, h), at.sequence, page), run.cache.options.v_type,
                           0, token, shape.head_dim, shape.padded},
                          v);
}

// As many neighbours as a page has tokens go to one thread: the keys of a page's tokens lie in the same lines.
bool fill_cache(const Run& run, const Op& op, const Shape& shape) {
  const uint32_t count = run.count(0), ranks = run.program.lowered.local_ranks, threads = run.pool().threads();
  const uint32_t grain = std::min((count + threads - 1) / threads, kPageTokens), items = (count + grain - 1) / grain;
  return run.pool().run(items * ranks, run.watch, [&](uint32_t item, uint32_t thread) {
    const uint32_t rank = item / items, first = item % items * grain;
    const uint32_t heads = run.cache.layout.slots[shape.args.slot].parts[rank].heads.kv_heads;
    for (uint32_t i = first; i < std::min(first + grain, count); ++i)
      for (uint32_t h = 0; h < heads; ++h) fill_head(run, op, shape, rank, h, i, run.attention(thread));
  });
}

// Rows of the class in blocks of at most `most` neighbours of one sequence.
void find_blocks(const Run& run, uint32_t row_class, uint32_t most) {
  std::vector<RowBlock>& blocks = run.program.blocks;
  blocks.clear();
  for (uint32_t i = 0; i < run.count(row_class); ++i) {
    const bool joins = !blocks.empty() && blocks.back().count < most &&
                       run.batch_row(row_class, i).sequence == run.batch_row(row_class, blocks.back().first).sequence;
    if (joins) {
      ++blocks.back().count;
    } else {
      blocks.push_back({i, 1});
    }
  }
}

// Whether a tile's own rows are all that is new in its sequence and head: it writes them itself then, and nobody waits.
bool tiles_fill(const Run& run, const Op& op, const Shape& shape) {
  if ((shape.args.flags & SOTTO_ATTENTION_READ_ONLY) != 0 || run.count(op.row_class) != run.count(0)) return false;
  if (op.head_groups.empty() || !op.is_one_group_a_head) return false;
  return std::all_of(run.program.blocks.begin(), run.program.blocks.end(), [&](const RowBlock& block) {
    return run.program.added[run.batch_row(op.row_class, block.first).sequence] == block.count;
  });
}

// The queries of one tile, row after row, head after head.
struct Tile {
  const HeadGroup* group;
  RowBlock block;
  uint32_t sequence;
  uint32_t begin[kTileQueries], end[kTileQueries];
  uint32_t first_split, end_split;
  uint32_t queries() const { return group->heads * block.count; }
};

Tile make_tile(const Run& run, const Op& op, const Shape& shape, const HeadGroup& group, RowBlock block) {
  Tile tile = {};
  tile.group = &group;
  tile.block = block;
  tile.sequence = run.batch_row(op.row_class, block.first).sequence;
  uint32_t first = UINT32_MAX, last = 0;
  for (uint32_t i = 0; i < block.count; ++i) {
    const uint32_t position = run.batch_row(op.row_class, block.first + i).position;
    const bool causal = (shape.args.flags & SOTTO_ATTENTION_NOT_CAUSAL) == 0;
    const uint32_t end = causal ? position + 1 : run.cache.length(tile.sequence) + run.program.added[tile.sequence];
    const uint32_t window = shape.args.window;
    const uint32_t begin = window != 0 && position + 1 > window ? position + 1 - window : 0;
    for (uint32_t h = 0; h < group.heads; ++h) {
      tile.begin[i * group.heads + h] = begin;
      tile.end[i * group.heads + h] = end;
    }
    first = std::min(first, begin);
    last = std::max(last, end);
  }
  constexpr uint32_t kSplitTokens = kSplitPages * kPageTokens;
  tile.first_split = first / kSplitTokens;
  tile.end_split = (last + kSplitTokens - 1) / kSplitTokens;
  return tile;
}

void load_queries(const Run& run, const Op& op, const Shape& shape, const Tile& tile, float* q) {
  for (uint32_t i = 0; i < tile.block.count; ++i) {
    const float* x = run.row(shape.step.in[0], tile.group->rank, op.row_class, tile.block.first + i);
    const uint32_t batch_row = run.program.class_rows[op.row_class][tile.block.first + i];
    for (uint32_t h = 0; h < tile.group->heads; ++h, q += shape.padded) {
      std::memcpy(q, x + uint64_t{tile.group->first_head + h} * shape.head_dim, shape.head_dim * sizeof(float));
      prepare_head(run, op, shape, tile.group->rank, batch_row, shape.args.q_norm, shape.args.q_norm_bias, q);
      std::fill(q + shape.head_dim, q + shape.padded, 0.0f);
    }
  }
}

void clear(const SoftmaxState& state, uint32_t queries, uint32_t padded) {
  std::fill_n(state.sums, uint64_t{queries} * padded, 0.0f);
  std::fill_n(state.weight, queries, 0.0f);
  std::fill_n(state.top, queries, kNoScore);
}

void attend_split(const Run& run, const Shape& shape, const Tile& tile, uint32_t split, const float* q,
                  const SoftmaxState& state) {
  const CacheLayout& layout = run.cache.layout;
  const sotto_cache::Sequence& s = run.cache.sequences[tile.sequence];
  AttentionTask t = {};
  const Region& keys = layout.keys(shape.args.slot, tile.group->rank, tile.group->kv_head);
  const Region& values = layout.values(shape.args.slot, tile.group->rank, tile.group->kv_head);
  t.cache = {run.cache.memory.get() + keys.first,
             run.cache.memory.get() + values.first,
             keys.part_bytes,
             values.part_bytes,
             s.pages.get(),
             shape.padded,
             run.cache.options.k_type,
             run.cache.options.v_type};
  t.q = q;
  t.queries = tile.queries();
  t.begin = tile.begin;
  t.end = tile.end;
  t.first_page = split * kSplitPages;
  t.end_page = std::min((split + 1) * kSplitPages, s.page_count);
  t.scale = shape.args.scale == 0.0f ? 1.0f / std::sqrt(static_cast<float>(shape.head_dim)) : shape.args.scale;
  t.softcap = shape.args.softcap;
  t.state = state;
  clear(state, t.queries, shape.padded);
  run.kernels().attend(t);
}

SoftmaxState query_state(const SoftmaxState& s, uint32_t query, uint32_t padded) {
  return {s.sums + uint64_t{query} * padded, s.weight + query, s.top + query};
}

void finish_tile(const Run& run, const Op& op, const Shape& shape, const Tile& tile, const SoftmaxState& total) {
  const float* sinks = run.vector(shape.args.sink, tile.group->rank);
  for (uint32_t i = 0; i < tile.block.count; ++i) {
    float* y = run.row(shape.step.out, tile.group->rank, op.row_class, tile.block.first + i);
    for (uint32_t h = 0; h < tile.group->heads; ++h) {
      const uint32_t head = tile.group->first_head + h;
      run.kernels().finish(query_state(total, i * tile.group->heads + h, shape.padded),
                           sinks == nullptr ? nullptr : sinks + head, y + uint64_t{head} * shape.head_dim, shape.head_dim);
    }
  }
}

// A thread's scratch: queries, total and part.
struct Scratch {
  float* q;
  SoftmaxState total, part;
};
Scratch scratch_of(const Run& run, uint32_t thread, uint32_t padded) {
  float* p = run.attention(thread);
  const uint64_t rows = uint64_t{kTileQueries} * padded;
  float* small = p + 3 * rows;
  return {p, {p + rows, small, small + kTileQueries}, {p + 2 * rows, small + 2 * kTileQueries, small + 3 * kTileQueries}};
}

void fill_tile(const Run& run, const Op& op, const Shape& shape, const Tile& tile, float* head) {
  for (uint32_t i = 0; i < tile.block.count; ++i)
    fill_head(run, op, shape, tile.group->rank, tile.group->kv_head, tile.block.first + i, head);
}

// Asks memory for the keys that the tile after this one begins with: those of the first pages that it sees, and of the page
// that it writes a new token into. A thread's items are neighbours.
void ask_for_keys(const Run& run, const Op& op, const Shape& shape, const HeadGroup& group, RowBlock block) {
  const sotto_batch_row& row = run.batch_row(op.row_class, block.first);
  const uint32_t window = shape.args.window;
  const uint32_t begin = window != 0 && row.position + 1 > window ? row.position + 1 - window : 0;
  const Region& region = run.cache.layout.keys(shape.args.slot, group.rank, group.kv_head);
  const auto ask = [&](uint32_t page) {
    const uint8_t* keys = run.cache.part(region, row.sequence, page);
    for (uint64_t line = 0; line < region.part_bytes; line += 64) ask_memory(keys + line);
  };
  const uint32_t first = begin / kPageTokens, last = row.position / kPageTokens;
  for (uint32_t page = first; page < first + kBlockPages && page < last; ++page) ask(page);
  ask(last);
}

bool attend_tiles(const Run& run, const Op& op, const Shape& shape, bool fills) {
  const auto groups = static_cast<uint32_t>(op.head_groups.size());
  const auto blocks = static_cast<uint32_t>(run.program.blocks.size());
  return run.pool().run(groups * blocks, run.watch, [&](uint32_t item, uint32_t thread) {
    const Tile tile = make_tile(run, op, shape, op.head_groups[item % groups], run.program.blocks[item / groups]);
    const Scratch scratch = scratch_of(run, thread, shape.padded);
    if (fills) fill_tile(run, op, shape, tile, scratch.total.sums);
    if (const uint32_t next = item + 1; next < groups * blocks)
      ask_for_keys(run, op, shape, op.head_groups[next % groups], run.program.blocks[next / groups]);
    load_queries(run, op, shape, tile, scratch.q);
    attend_split(run, shape, tile, tile.first_split, scratch.q, scratch.total);
    for (uint32_t split = tile.first_split + 1; split < tile.end_split; ++split) {
      if (run.pool().stopping(thread, run.watch)) return;
      attend_split(run, shape, tile, split, scratch.q, scratch.part);
      for (uint32_t i = 0; i < tile.queries(); ++i) {
        run.kernels().merge(query_state(scratch.total, i, shape.padded), query_state(scratch.part, i, shape.padded),
                            shape.padded);
      }
    }
    finish_tile(run, op, shape, tile, scratch.total);
  });
}

// One row's head groups, each with its splits' states in the cache's memory.
struct Splits {
  uint32_t first, count;
  uint64_t stride;  // numbers of one state
  bool fills;       // the last one writes the row
};

bool attend_splits(const Run& run, const Op& op, const Shape& shape, const Splits& splits) {
  const auto groups = static_cast<uint32_t>(op.head_groups.size());
  const RowBlock block = run.program.blocks[0];
  float* memory = reinterpret_cast<float*>(run.cache.partials.get());
  const auto state_of = [&](uint32_t group, uint32_t split) -> SoftmaxState {
    float* p = memory + (uint64_t{group} * splits.count + split) * splits.stride;
    return {p, p + splits.stride - 2 * kTileQueries, p + splits.stride - kTileQueries};
  };
  std::vector<uint32_t>& held = run.program.held_queries;
  std::fill(held.begin(), held.end(), SOTTO_NONE);
  const bool done = run.pool().run(groups * splits.count, run.watch, [&](uint32_t item, uint32_t thread) {
    const uint32_t group = item / splits.count, split = item % splits.count;
    const Tile tile = make_tile(run, op, shape, op.head_groups[group], block);
    const Scratch scratch = scratch_of(run, thread, shape.padded);
    if (splits.fills && split + 1 == splits.count) fill_tile(run, op, shape, tile, scratch.total.sums);
    if (held[thread] != group) load_queries(run, op, shape, tile, scratch.q);
    held[thread] = group;
    attend_split(run, shape, tile, splits.first + split, scratch.q, state_of(group, split));
  });
  if (!done) return false;
  return run.pool().run(groups, run.watch, [&](uint32_t group, uint32_t thread) {
    const Tile tile = make_tile(run, op, shape, op.head_groups[group], block);
    const SoftmaxState total = scratch_of(run, thread, shape.padded).total;
    clear(total, tile.queries(), shape.padded);
    for (uint32_t split = 0; split < splits.count; ++split) {
      for (uint32_t i = 0; i < tile.queries(); ++i) {
        run.kernels().merge(query_state(total, i, shape.padded), query_state(state_of(group, split), i, shape.padded),
                            shape.padded);
      }
    }
    finish_tile(run, op, shape, tile, total);
  });
}

uint64_t state_floats(uint32_t most_heads, uint32_t padded) {
  return round_up(uint64_t{most_heads} * padded, 16) + 2 * kTileQueries;
}

uint32_t most_heads(const Op& op) {
  uint32_t most = 1;
  for (const HeadGroup& g : op.head_groups) most = std::max(most, g.heads);
  return most;
}

}  // namespace

uint64_t partial_floats(const Lowered& lowered, uint64_t tokens) {
  const uint64_t splits = (tokens + kSplitPages * kPageTokens - 1) / (kSplitPages * kPageTokens);
  uint64_t most = 0;
  for (const Op& op : lowered.ops) {
    if (op.kind != OpKind::kAttention || splits < 2) continue;
    const auto padded = static_cast<uint32_t>(round_up(lowered.steps[op.step].args.attention.head_dim, kMaxLanes));
    most = std::max(most, op.head_groups.size() * splits * state_floats(most_heads(op), padded));
  }
  return most;
}

bool run_attention(const Run& run, const Op& op) {
  const Step& s = run.program.lowered.steps[op.step];
  const sotto_attention_args& args = s.args.attention;
  const Shape shape = {s, args, args.head_dim, static_cast<uint32_t>(round_up(args.head_dim, kMaxLanes))};
  const uint32_t heads = most_heads(op);
  find_blocks(run, op.row_class, kTileQueries / heads);
  const bool fills = tiles_fill(run, op, shape);
  if (!fills && (args.flags & SOTTO_ATTENTION_READ_ONLY) == 0 && !fill_cache(run, op, shape)) return false;
  if (op.head_groups.empty() || run.count(op.row_class) == 0) return true;
  const std::vector<RowBlock>& blocks = run.program.blocks;
  if (blocks.size() == 1 && blocks[0].count == 1 && run.pool().threads() > 1) {
    const Tile tile = make_tile(run, op, shape, op.head_groups[0], blocks[0]);
    const Splits splits = {tile.first_split, tile.end_split - tile.first_split, state_floats(heads, shape.padded), fills};
    if (splits.count > 1 && op.head_groups.size() * splits.count * splits.stride <= run.cache.partial_floats) {
      return attend_splits(run, op, shape, splits);
    }
  }
  return attend_tiles(run, op, shape, fills);
}

float* Run::rotary(uint32_t index, uint32_t row) const {
  uint64_t before = 0;
  for (uint32_t i = 0; i < index; ++i) before += program.lowered.rotaries[i].dim / 2 * 2;
  float* table = reinterpret_cast<float*>(program.rotary.get());
  return table + before * program.lowered.max_batch + uint64_t{row} * (program.lowered.rotaries[index].dim / 2 * 2);
}

// Once per batch row and table of frequencies, for all layers and heads. The C library's sine: angles reach 10^5 and more.
bool prepare_rotary(const Run& run) {
  const std::vector<Rotary>& rotaries = run.program.lowered.rotaries;
  if (rotaries.empty()) return true;
  return run.pool().run(run.count(0), run.watch, [&](uint32_t row, uint32_t) {
    const float position = static_cast<float>(run.program.rows[row].position);
    for (uint32_t r = 0; r < rotaries.size(); ++r) {
      const uint32_t half = rotaries[r].dim / 2;
      const float* frequencies = run.vector(rotaries[r].inv_freq, 0);
      float* table = run.rotary(r, row);
      for (uint32_t i = 0; i < half; ++i) {
        const float angle = position * frequencies[i];
        table[i] = std::cos(angle) * rotaries[r].magnitude;
        table[half + i] = std::sin(angle) * rotaries[r].magnitude;
      }
    }
  });
}

}  // namespace sotto::cpu

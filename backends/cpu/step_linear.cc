// step_linear.cc - LINEAR: cut into items of neighbouring weight rows by neighbouring batch rows, each finished with bias,
// gate, activation and adapters while its results are in the nearest cache.
#include <algorithm>

#include "program.h"

namespace sotto::cpu {
namespace {

constexpr uint32_t kRowGrain = 16;           // weight rows of an item: a multiple of every kernel's lanes and tiles
constexpr uint32_t kShortRows = 8;           // up to here an item's weights pass in a microsecond, and taking one tells
constexpr uint32_t kRowsOfThread = 64;       // fewer share a panel of weights
constexpr uint64_t kFloatInputs = 1u << 17;  // numbers of a float input that stay in the second-level cache

// Multiply-adds of an item: a few ms on the slowest core of its kind, so that a stop is noticed.
uint64_t item_products(const Kernels& kernels) { return kernels.lanes > 4 ? 1ull << 24 : 1ull << 22; }
uint32_t row_grain(const Kernels& kernels) { return std::max(kRowGrain, kPanelGroups * kernels.lanes); }

// How one LINEAR is cut: rank after rank, weight rows, then batch rows.
struct Cut {
  uint32_t weight_rows;  // of one item
  uint32_t batch_rows;
};

// Batch rows of one item, at most `most`. Blocks come as many times as there are threads where they are large enough that
// unfolding the weights for each costs little: then a thread keeps its rows from step to step in its core's cache.
uint64_t rows_of_block(uint64_t most, uint64_t batch, uint64_t threads) {
  uint64_t blocks = (batch + most - 1) / most;
  if (threads > 1 && batch >= threads * kRowsOfThread) blocks = (blocks + threads - 1) / threads * threads;
  return (batch + blocks - 1) / blocks;
}

Cut cut_of(const Run& run, const Op& op, uint32_t columns, uint32_t width, uint32_t ranks) {
  const uint32_t batch = run.count(op.row_class);
  const uint64_t k = std::max<uint32_t>(columns, 1), grain = row_grain(run.kernels()), products = item_products(run.kernels());
  uint64_t rows = std::clamp<uint64_t>(products / (k * grain), 32, kGateFloats / grain);
  if (op.quants[0] == SOTTO_NONE) rows = std::clamp<uint64_t>(kFloatInputs / k, 8, rows);
  rows = rows_of_block(std::min<uint64_t>(rows, batch), batch, run.pool().threads() / ranks);
  // Enough items that the threads end together, large enough that taking one costs nothing.
  const uint64_t even = uint64_t{width} * ranks / (uint64_t{run.pool().threads()} * (batch <= kShortRows ? 8 : 16));
  const uint64_t most = std::min<uint64_t>(kGateFloats / rows, products / (k * rows));
  const uint64_t weights = std::clamp<uint64_t>(even, grain, std::max<uint64_t>(most, grain));
  return {static_cast<uint32_t>(weights / grain * grain), static_cast<uint32_t>(rows)};
}

// u[row][n] += strength * scale * B[n] . (A x), for the rows of an item.
void add_adapters(const Run& run, const Op& op, uint32_t which, uint32_t rank, const LinearTask& t, uint32_t first_batch_row) {
  const sotto_linear_args& args = run.program.lowered.steps[op.step].args.linear;
  for (uint32_t i = 0; i < t.row_count; ++i) {
    const sotto_batch_row& row = run.batch_row(op.row_class, first_batch_row + i);
    if (row.adapter == nullptr) continue;
    const sotto_adapter::Pair* pair = row.adapter->pair_of(which == 0 ? args.weight : args.gate);
    if (pair == nullptr) continue;
    const uint64_t at = (uint64_t{rank} * run.program.lowered.max_batch + first_batch_row + i) * 2 + which;
    const float* inner = run.program.adapter_inner.data() + at * run.program.adapter_dims;
    const float factor = row.strength * pair->scale;
    for (uint32_t n = t.first_row; n < t.end_row; ++n) {
      const float* b = pair->b[rank].data() + uint64_t{n} * pair->rank_dim;
      t.out[i * t.out_stride + n - t.first_row] += factor * run.kernels().dot(b, inner, pair->rank_dim);
    }
  }
}

// A x of every row with an adapter, for the weight and the gate of this step.
bool run_adapter_inner(const Run& run, const Op& op, uint32_t ranks) {
  const Step& s = run.program.lowered.steps[op.step];
  const uint32_t count = run.count(op.row_class);
  return run.pool().run(count * ranks, run.watch, [&](uint32_t item, uint32_t) {
    const uint32_t rank = item / count, i = item % count;
    const sotto_adapter* adapter = run.batch_row(op.row_class, i).adapter;
    const uint32_t weights[2] = {s.args.linear.weight, s.args.linear.gate};
    for (uint32_t which = 0; adapter != nullptr && which < 2; ++which) {
      const sotto_adapter::Pair* pair = weights[which] == SOTTO_NONE ? nullptr : adapter->pair_of(weights[which]);
      if (pair == nullptr) continue;
      const float* x = run.row(s.in[0], rank, op.row_class, i);
      const uint32_t columns = run.width(s.in[0], rank);
      const uint64_t at = (uint64_t{rank} * run.program.lowered.max_batch + i) * 2 + which;
      float* inner = run.program.adapter_inner.data() + at * run.program.adapter_dims;
      for (uint32_t d = 0; d < pair->rank_dim; ++d) {
        inner[d] = run.kernels().dot(pair->a[rank].data() + uint64_t{d} * columns, x, columns);
      }
    }
  });
}

struct Item {
  uint32_t rank;
  uint32_t first_weight, end_weight;
  uint32_t first_row, row_count;
};

// W or G times the item's rows; out gets [row_count] rows of `stride`.
void multiply(const Run& run, const Op& op, uint32_t which, const Item& item, float* out, uint64_t stride, uint32_t thread) {
  const Step& s = run.program.lowered.steps[op.step];
  const Weight& w = run.program.weights.weights[which == 0 ? s.args.linear.weight : s.args.linear.gate];
  const WeightPart& part = w.parts[item.rank];
  LinearTask t = {};
  t.first_row = item.first_weight;
  t.end_row = item.end_weight;
  t.row_count = item.row_count;
  t.out = out;
  t.out_stride = stride;
  if (part.rows == nullptr && part.packed == nullptr) {  // no columns on this rank
    for (uint32_t i = 0; i < item.row_count; ++i) std::fill_n(out + i * stride, item.end_weight - item.first_weight, 0.0f);
  } else {
    const bool packed = part.packed != nullptr;
    t.weights = packed ? part.packed : part.rows;
    t.stride = packed ? part.group_stride : part.stride;
    t.scratch = run.panel(thread);
    if (op.quants[which] != SOTTO_NONE) {
      t.quants = run.quants(run.program.lowered.quants[op.quants[which]], item.rank);
      t.quants.base += item.first_row * t.quants.stride;
    }
    if (w.type->block == 1) {
      if (!packed) t.weights += part.slice.skip_columns * w.type->bytes;
      t.columns = static_cast<uint32_t>(part.slice.columns);
      t.rows = run.program.row_list.data() + uint64_t{item.rank} * run.program.lowered.max_batch + item.first_row;
    }
    (packed ? run.kernels().packing[w.type->type]->linear : run.kernels().linear[w.type->type])(t);
  }
  if (run.program.has_adapters) add_adapters(run, op, which, item.rank, t, item.first_row);
}

void finish_item(const Run& run, const sotto_linear_args& args, const Item& item, float* u, uint64_t stride, const float* g,
                 uint64_t gate_stride) {
  const float* bias = run.vector(args.bias, item.rank);
  const float* gate_bias = run.vector(args.gate_bias, item.rank);
  const float scale = args.scale == 0.0f ? 1.0f : args.scale;
  if (bias == nullptr && g == nullptr && args.activation == SOTTO_ACT_NONE && args.clamp == 0.0f && args.softcap == 0.0f &&
      scale == 1.0f) {
    return;
  }
  for (uint32_t i = 0; i < item.row_count; ++i) {
    run.kernels().epilogue({u + i * stride, g == nullptr ? nullptr : g + i * gate_stride,
                            bias == nullptr ? nullptr : bias + item.first_weight,
                            gate_bias == nullptr ? nullptr : gate_bias + item.first_weight, item.end_weight - item.first_weight,
                            args.activation, scale, args.clamp, args.softcap, args.gate_offset});
  }
}

}  // namespace

bool run_linear(const Run& run, const Op& op) {
  const Step& s = run.program.lowered.steps[op.step];
  const uint32_t batch = run.count(op.row_class);
  const uint32_t ranks = op.shared ? 1 : run.program.lowered.local_ranks;
  uint32_t widest = 0, columns = 0;
  for (uint32_t r = 0; r < ranks; ++r) {
    widest = std::max(widest, run.width(s.out, r));
    columns = std::max(columns, run.width(s.in[0], r));
    for (uint32_t i = 0; i < batch; ++i) {
      run.program.row_list[uint64_t{r} * run.program.lowered.max_batch + i] = run.row(s.in[0], r, op.row_class, i);
    }
  }
  if (run.program.has_adapters && !run_adapter_inner(run, op, ranks)) return false;
  const Cut cut = cut_of(run, op, columns, widest, ranks);
  // Every rank gets the items of the widest; those past its own rows are empty.
  const uint32_t per_rows = (widest + cut.weight_rows - 1) / cut.weight_rows;
  const uint32_t per_rank = (batch + cut.batch_rows - 1) / cut.batch_rows * per_rows;
  return run.pool().run(per_rank * ranks, run.watch, [&](uint32_t index, uint32_t thread) {
    Item item;
    item.rank = index / per_rank;
    item.first_row = index % per_rank / per_rows * cut.batch_rows;
    item.first_weight = index % per_rank % per_rows * cut.weight_rows;
    const uint32_t width = run.width(s.out, item.rank);
    if (item.first_weight >= width) return;
    item.end_weight = std::min(width, item.first_weight + cut.weight_rows);
    item.row_count = std::min(batch - item.first_row, cut.batch_rows);
    float* u = run.row(s.out, item.rank, op.row_class, item.first_row) + item.first_weight;
    float* g = s.args.linear.gate == SOTTO_NONE ? nullptr : run.gate(thread);
    multiply(run, op, 0, item, u, width, thread);
    if (g != nullptr) multiply(run, op, 1, item, g, cut.weight_rows, thread);
    finish_item(run, s.args.linear, item, u, width, g, cut.weight_rows);
  });
}

}  // namespace sotto::cpu

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

// How one LINEAR is cut: rank after rank, part after part of the batch, weight rows, then blocks of the part's batch rows.
struct Cut {
  uint32_t weight_rows;  // of one item
  uint32_t batch_rows;
  uint32_t parts;
  uint32_t blocks;  // of a part
};

// A part for each thread, where these are large enough that unfolding the weights for each costs little: then a thread keeps
// its rows from step to step in its core's cache. (Of BF16, where nothing is unfolded, reading the weights once is worth more.)
uint32_t parts_of(const Run& run, const Op& op, uint32_t ranks) {
  const uint32_t threads = run.pool().threads() / ranks;
  const bool unfolds = op.quants[0] != SOTTO_NONE && !run.program.lowered.quants[op.quants[0]].is_bf16;
  return unfolds && threads > 1 && run.count(op.row_class) >= threads * kRowsOfThread ? threads : 1;
}

Cut cut_of(const Run& run, const Op& op, uint32_t columns, uint32_t width, uint32_t ranks) {
  const uint32_t batch = run.count(op.row_class);
  const uint64_t k = std::max<uint32_t>(columns, 1), grain = row_grain(run.kernels()), products = item_products(run.kernels());
  uint64_t rows = std::clamp<uint64_t>(products / (k * grain), 32, kGateFloats / grain);
  if (op.quants[0] == SOTTO_NONE) rows = std::clamp<uint64_t>(kFloatInputs / k, 8, rows);
  const uint64_t parts = parts_of(run, op, ranks), part = (batch + parts - 1) / parts;
  const uint64_t blocks = (part + rows - 1) / rows;
  rows = (part + blocks - 1) / blocks;
  // Enough items that the threads end together, large enough that taking one costs nothing.
  const uint64_t even = uint64_t{width} * ranks / (uint64_t{run.pool().threads()} * (batch <= kShortRows ? 8 : 16));
  const uint64_t most = std::min<uint64_t>(kGateFloats / rows, products / (k * rows));
  const uint64_t weights = std::clamp<uint64_t>(even, grain, std::max<uint64_t>(most, grain));
  return {static_cast<uint32_t>(weights / grain * grain), static_cast<uint32_t>(rows), static_cast<uint32_t>(parts),
          static_cast<uint32_t>(blocks)};
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

// How a LINEAR is spread over the pool. Every rank gets the items of the widest; those past its own rows are empty, and so are
// blocks past the batch.
struct Spread {
  Cut cut;
  uint32_t ranks, per_part, per_rank;

  uint32_t items() const { return per_rank * ranks; }
  uint32_t first_weight(uint32_t item) const { return item % per_part / cut.blocks * cut.weight_rows; }
  uint32_t first_row(uint32_t item) const {
    return (item % per_rank / per_part * cut.blocks + item % per_part % cut.blocks) * cut.batch_rows;
  }
};

Spread spread_of(const Run& run, const Op& op) {
  const Step& s = run.program.lowered.steps[op.step];
  Spread spread = {};
  spread.ranks = op.shared ? 1 : run.program.lowered.local_ranks;
  uint32_t widest = 0, columns = 0;
  for (uint32_t r = 0; r < spread.ranks; ++r) {
    widest = std::max(widest, run.width(s.out, r));
    columns = std::max(columns, run.width(s.in[0], r));
  }
  spread.cut = cut_of(run, op, columns, widest, spread.ranks);
  spread.per_part = (widest + spread.cut.weight_rows - 1) / spread.cut.weight_rows * spread.cut.blocks;
  spread.per_rank = spread.per_part * spread.cut.parts;
  return spread;
}

// The next LINEAR behind `op` that has rows; null: none.
const Op* next_linear(const Run& run, const Op& op) {
  const std::vector<Op>& ops = run.program.lowered.ops;
  const Op* const end = ops.data() + ops.size();
  const Op* next = &op + 1;
  while (next < end && (next->kind != OpKind::kLinear || run.count(next->row_class) == 0)) ++next;
  return next < end ? next : nullptr;
}

// The repacked weights that item `item` begins with; null: it has none.
const uint8_t* weights_of(const Run& run, const Op& op, const Spread& spread, uint32_t item) {
  const Weight& w = run.program.weights.weights[run.program.lowered.steps[op.step].args.linear.weight];
  const WeightPart& part = w.parts[item / spread.per_rank];
  if (part.packed == nullptr) return nullptr;
  return part.packed + uint64_t{spread.first_weight(item)} / run.kernels().lanes * part.group_stride;
}

}  // namespace

bool run_linear(const Run& run, const Op& op) {
  const Step& s = run.program.lowered.steps[op.step];
  const uint32_t batch = run.count(op.row_class);
  const Spread spread = spread_of(run, op);
  for (uint32_t r = 0; r < spread.ranks; ++r) {
    for (uint32_t i = 0; i < batch; ++i) {
      run.program.row_list[uint64_t{r} * run.program.lowered.max_batch + i] = run.row(s.in[0], r, op.row_class, i);
    }
  }
  if (run.program.has_adapters && !run_adapter_inner(run, op, spread.ranks)) return false;
  // Few rows wait for weights: those of the next LINEAR are asked for by who has nothing else to do.
  const Op* const next = batch <= kShortRows ? next_linear(run, op) : nullptr;
  const Spread next_spread = next != nullptr ? spread_of(run, *next) : Spread{};
  const auto item_body = [&](uint32_t index, uint32_t thread) {
    Item item;
    item.rank = index / spread.per_rank;
    item.first_weight = spread.first_weight(index);
    item.first_row = spread.first_row(index);
    const uint32_t width = run.width(s.out, item.rank);
    if (item.first_weight >= width || item.first_row >= batch) return;
    item.end_weight = std::min(width, item.first_weight + spread.cut.weight_rows);
    item.row_count = std::min(batch - item.first_row, spread.cut.batch_rows);
    float* u = run.row(s.out, item.rank, op.row_class, item.first_row) + item.first_weight;
    float* g = s.args.linear.gate == SOTTO_NONE ? nullptr : run.gate(thread);
    multiply(run, op, 0, item, u, width, thread);
    if (g != nullptr) multiply(run, op, 1, item, g, spread.cut.weight_rows, thread);
    finish_item(run, s.args.linear, item, u, width, g, spread.cut.weight_rows);
  };
  return run.pool().run(spread.items(), run.watch, item_body, [&](uint32_t thread) {
    const auto items = static_cast<uint64_t>(next_spread.items());
    return items == 0 ? nullptr
                      : weights_of(run, *next, next_spread, static_cast<uint32_t>(thread * items / run.pool().threads()));
  });
}

}  // namespace sotto::cpu

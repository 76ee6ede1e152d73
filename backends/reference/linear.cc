// linear.cc - LINEAR: a row of the weights is read once and meets every row of the batch.
#include <algorithm>

#include "numeric.h"
#include "run.h"

namespace sotto::reference {
namespace {

// What a row's adapter adds to one weight: strength * scale * B (A x). `inner` is strength * scale * A x.
struct Addition {
  const sotto_adapter::Pair* pair = nullptr;
  std::vector<float> inner;

  double at(uint32_t rank, uint64_t weight_row) const {
    if (pair == nullptr) return 0;
    return dot(pair->b[rank].data() + weight_row * pair->rank_dim, inner.data(), pair->rank_dim);
  }
};

Addition addition_of(const Run& run, uint32_t weight, uint32_t rank, uint32_t batch_row, const float* x, uint32_t width) {
  Addition made;
  const sotto_batch_row& row = run.program.rows[batch_row];
  if (weight == SOTTO_NONE || row.adapter == nullptr) return made;
  const sotto_adapter::Pair* pair = row.adapter->find(weight);
  if (pair == nullptr || pair->a[rank].empty()) return made;
  made.pair = pair;
  for (uint32_t d = 0; d < pair->rank_dim; ++d)
    made.inner.push_back(static_cast<float>(static_cast<double>(row.strength) * pair->scale *
                                            dot(pair->a[rank].data() + size_t{d} * width, x, width)));
  return made;
}

struct Row {
  const float* x;
  float* y;
  Addition weight, gate;
};

double finish(const sotto_linear_args& a, bool has_gate, double u, double g) {
  double y;
  if (has_gate) {
    const double bounded = a.clamp == 0 ? u : std::min(u, static_cast<double>(a.clamp));
    y = activate(a.activation, bounded) * (clamp(g, a.clamp) + static_cast<double>(a.gate_offset));
  } else {
    y = activate(a.activation, clamp(u, a.clamp));
  }
  return softcap(or_one(a.scale) * y, a.softcap);
}

sotto_status run_rank(const Run& run, const Step& step, uint32_t rank) {
  sotto_program& p = run.program;
  const sotto_linear_args& a = step.args.linear;
  const bool has_gate = a.gate != SOTTO_NONE;
  const uint32_t in = p.width(step.in[0], rank), out = p.width(step.out, rank);
  std::vector<Row> rows;
  for (uint32_t i = 0; i < run.row_count(); ++i) {
    if (!run.wants(step.out, i)) continue;
    const float* x = p.row(step.in[0], rank, i);
    rows.push_back(
        {x, p.row(step.out, rank, i), addition_of(run, a.weight, rank, i, x, in), addition_of(run, a.gate, rank, i, x, in)});
    if (run.watch.worked(in)) return run.stopped();
  }
  if (rows.empty()) return SOTTO_OK;
  const float* bias = p.vector(a.bias, rank);
  const float* gate_bias = p.vector(a.gate_bias, rank);
  for (uint32_t n = 0; n < out; ++n) {
    // A rank without columns has no bytes to read; its sums are empty.
    if (in != 0) p.weights.weights[a.weight].read_row(rank, n, p.weight_row.data());
    if (in != 0 && has_gate) p.weights.weights[a.gate].read_row(rank, n, p.gate_row.data());
    for (const Row& row : rows) {
      const double u =
          dot(p.weight_row.data(), row.x, in) + (bias == nullptr ? 0.0 : static_cast<double>(bias[n])) + row.weight.at(rank, n);
      double g = 0;
      if (has_gate)
        g = dot(p.gate_row.data(), row.x, in) + (gate_bias == nullptr ? 0.0 : static_cast<double>(gate_bias[n])) +
            row.gate.at(rank, n);
      row.y[n] = static_cast<float>(finish(a, has_gate, u, g));
      if (run.watch.worked(in)) return run.stopped();
    }
  }
  return SOTTO_OK;
}

}  // namespace

sotto_status run_linear(const Run& run, const Step& step) {
  for (uint32_t rank = 0; rank < run.local_ranks(); ++rank)
    if (const sotto_status s = run_rank(run, step, rank); s != SOTTO_OK) return s;
  return SOTTO_OK;
}

}  // namespace sotto::reference

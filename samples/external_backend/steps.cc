// steps.cc: every step but ATTENTION, each as plan.h says it, for one row at a time.
#include <algorithm>

#include "arithmetic.h"
#include "faults.h"
#include "run.h"

namespace external {
namespace {

// body(rank, batch row, width, out) for each row that wants the step's value.
template <class Body>
void for_each_row(const Run& run, const Step& step, Body body) {
  for (uint32_t rank = 0; rank < run.ranks(); ++rank) {
    const uint32_t width = run.program.width(step.out, rank);
    for (uint32_t i = 0; i < run.row_count(); ++i) {
      if (!run.wants(step.out, i)) continue;
      body(rank, i, width, run.program.row(step.out, rank, i));
      run.watch.did(width);
    }
  }
}

// Adds the rank's row `id` of a table; another rank's row reads as zero.
void add_table_row(const Run& run, uint32_t table, uint32_t rank, uint64_t id, uint32_t width, float* out) {
  if (table == SOTTO_NONE) return;
  const sotto_slice& slice = run.program.weights.table[table].slices[rank];
  if (is_empty(slice) || id < slice.first_row || id - slice.first_row >= slice.rows) return;
  const float* row = run.program.weights.row(table, rank, id - slice.first_row);
  for (uint32_t c = 0; c < width; ++c) out[c] += row[c];
}

// y += strength * scale * B (A x), where the row's adapter changes the weight.
void add_adapter(const Run& run, const sotto_batch_row& row, uint32_t weight, uint32_t rank, const float* x, float* y) {
  const sotto_adapter::Pair* pair = row.adapter == nullptr ? nullptr : row.adapter->find(weight);
  if (pair == nullptr || pair->a[rank].empty()) return;
  const size_t dims = pair->dims, in = pair->a[rank].size() / dims, out = pair->b[rank].size() / dims;
  std::vector<float>& inner = run.program.inner;
  inner.resize(dims);
  for (size_t d = 0; d < dims; ++d) {
    inner[d] = row.strength * pair->scale * dot(pair->a[rank].data() + d * in, x, in);
    run.watch.did(in);
  }
  for (size_t n = 0; n < out; ++n) {
    y[n] += dot(pair->b[rank].data() + n * dims, inner.data(), dims);
    run.watch.did(dims);
  }
}

// A product in the making: u = x W^T + bias, of all rows that want it. row_of(batch row) is where u goes.
template <class RowOf>
void multiply(const Run& run, const Step& step, uint32_t rank, uint32_t weight, uint32_t bias, RowOf row_of) {
  sotto_program& p = run.program;
  const uint32_t in = p.width(step.in[0], rank), out = p.width(step.out, rank);
  const float* biases = faults::kLostBias ? nullptr : p.weights.vector(bias, rank);
  for (uint32_t n = 0; n < out; ++n) {
    // A rank without columns has no bytes; its sums are empty.
    const float* w = in == 0 ? nullptr : p.weights.row(weight, rank, n);
    for (uint32_t i = 0; i < run.row_count(); ++i) {
      if (!run.wants(step.out, i)) continue;
      row_of(i)[n] = dot(w, p.row(step.in[0], rank, i), in) + (biases == nullptr ? 0 : biases[n]);
      run.watch.did(in);
    }
  }
  for (uint32_t i = 0; i < run.row_count(); ++i)
    if (run.wants(step.out, i)) add_adapter(run, p.rows[i], weight, rank, p.row(step.in[0], rank, i), row_of(i));
}

}  // namespace

void run_input(const Run& run, const Step& step) {
  const float* given = run.batch.inputs[step.args<sotto_input_args>().input];
  for_each_row(run, step,
               [&](uint32_t, uint32_t i, uint32_t width, float* out) { std::copy_n(given + size_t{i} * width, width, out); });
}

void run_embed(const Run& run, const Step& step) {
  const auto a = step.args<sotto_embed_args>();
  for_each_row(run, step, [&](uint32_t rank, uint32_t i, uint32_t width, float* out) {
    std::fill_n(out, width, 0.0f);
    add_table_row(run, a.table, rank, run.program.rows[i].token, width, out);
    add_table_row(run, a.positions, rank, run.program.rows[i].position, width, out);
    for (uint32_t c = 0; c < width; ++c) out[c] *= or_one(a.scale);
  });
}

void run_norm(const Run& run, const Step& step) {
  const auto a = step.args<sotto_norm_args>();
  const sotto_weights& weights = run.program.weights;
  for_each_row(run, step, [&](uint32_t rank, uint32_t i, uint32_t width, float* out) {
    normalise({a.kind, a.epsilon, weights.vector(a.weight, rank), weights.vector(a.bias, rank)},
              run.program.row(step.in[0], rank, i), width, out);
  });
}

void run_linear(const Run& run, const Step& step) {
  sotto_program& p = run.program;
  const auto a = step.args<sotto_linear_args>();
  const bool has_gate = a.gate != SOTTO_NONE;
  for (uint32_t rank = 0; rank < run.ranks(); ++rank) {
    const auto u = [&](uint32_t i) { return p.row(step.out, rank, i); };
    const auto g = [&](uint32_t i) { return p.gates.get() + size_t{i} * p.plan.gate_width; };
    multiply(run, step, rank, a.weight, a.bias, u);
    if (has_gate) multiply(run, step, rank, a.gate, a.gate_bias, g);
    for (uint32_t i = 0; i < run.row_count(); ++i) {
      if (!run.wants(step.out, i)) continue;
      float* y = u(i);
      for (uint32_t n = 0; n < p.width(step.out, rank); ++n) {
        if (has_gate) {
          const float bounded = a.clamp == 0 ? y[n] : std::min(y[n], a.clamp);
          y[n] = activate(a.activation, bounded) * (clamp(g(i)[n], a.clamp) + a.gate_offset);
        } else {
          y[n] = activate(a.activation, clamp(y[n], a.clamp));
        }
        y[n] = softcap(or_one(a.scale) * y[n], a.softcap);
      }
      run.watch.did(p.width(step.out, rank));
    }
  }
}

void run_add(const Run& run, const Step& step) {
  const auto a = step.args<sotto_add_args>();
  for_each_row(run, step, [&](uint32_t rank, uint32_t i, uint32_t width, float* out) {
    const float *x = run.program.row(step.in[0], rank, i), *y = run.program.row(step.in[1], rank, i);
    const float* bias = run.program.weights.vector(a.bias, rank);
    for (uint32_t c = 0; c < width; ++c) out[c] = x[c] + or_one(a.scale) * (y[c] + (bias == nullptr ? 0 : bias[c]));
  });
}

void run_mul(const Run& run, const Step& step) {
  const uint32_t activation = step.args<sotto_mul_args>().activation;
  for_each_row(run, step, [&](uint32_t rank, uint32_t i, uint32_t width, float* out) {
    const float *x = run.program.row(step.in[0], rank, i), *y = run.program.row(step.in[1], rank, i);
    for (uint32_t c = 0; c < width; ++c) out[c] = x[c] * activate(activation, y[c]);
  });
}

// In rank order on every rank, so that all get the same bits.
void run_all_reduce(const Run& run, const Step& step) {
  for_each_row(run, step, [&](uint32_t, uint32_t i, uint32_t width, float* out) {
    std::copy_n(run.program.row(step.in[0], 0, i), width, out);
    for (uint32_t from = 1; from < run.ranks(); ++from)
      for (uint32_t c = 0; c < width; ++c) out[c] += run.program.row(step.in[0], from, i)[c];
  });
}

void run_all_gather(const Run& run, const Step& step) {
  for_each_row(run, step, [&](uint32_t, uint32_t i, uint32_t, float* out) {
    for (uint32_t from = 0; from < run.ranks(); ++from)
      out = std::copy_n(run.program.row(step.in[0], from, i), run.program.width(step.in[0], from), out);
  });
}

// The value is the same on every rank: the first one's is delivered.
void run_output(const Run& run, const Step& step) {
  const uint32_t output = step.args<sotto_output_args>().output, width = run.program.width(step.in[0], 0);
  for (uint32_t i = 0; i < run.row_count(); ++i) {
    if ((run.program.rows[i].outputs >> output & 1u) == 0) continue;
    const float* row = run.program.row(step.in[0], 0, i);
    run.program.outputs[output].insert(run.program.outputs[output].end(), row, row + width);
    run.watch.did(width);
  }
}

}  // namespace external
